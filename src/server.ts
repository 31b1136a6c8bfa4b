/** Starts and stops the whole server: opens what it needs, in order, and closes it in the opposite one. */
import { Admission } from './access/admission';
import { Authenticator } from './access/authenticate';
import { bootstrapOwner } from './access/bootstrap';
import type { Context } from './access/context';
import { Holdings } from './access/holdings';
import { type Audience, KeyWatch } from './access/key-watch';
import type { Config } from './config';
import { EventBus } from './events/bus';
import { CatchUp } from './events/catch-up';
import { redisRelay } from './events/redis-relay';
import { createGraphqlHttp } from './http/graphql-http';
import { createGraphqlSse } from './http/graphql-sse';
import { createGraphqlWs } from './http/graphql-ws';
import { createHttpServer } from './http/http-server';
import { listen } from './http/listen';
import { metricsPage } from './http/metrics';
import { playground } from './http/playground';
import { createRouter, graphqlPath } from './http/router';
import type { PresentedCredentials, Quota } from './http/transport';
import { Links } from './links';
import type { Log } from './log';
import { createOutbound, type Resolve } from './outbound';
import { connectRedis, IMPATIENT } from './redis';
import { graphqlSchema } from './schema';
import { addFigures } from './server/figures';
import { openStore } from './server/open-store';
import { Opened } from './server/opened';
import { createServices } from './server/services';
import { createTelemetry } from './telemetry';

export interface RunningServer {
  /** The origin it is reached at, without a slash at the end. */
  readonly url: string;
  /** The origin that is listened on, which differs behind a proxy. */
  readonly address: string;
  /** The owner's key, when this start generated it. */
  readonly generatedKey: string | undefined;
  /** Stops: takes nothing new, finishes what is under way, writes what waits. */
  close(): Promise<void>;
}

/** What tests put in the place of the real thing. */
export interface Surroundings {
  readonly now?: () => Date;
  /** PEM certificates that calls to APIs trust instead of the usual ones. */
  readonly ca?: string;
  /** How the names of APIs and providers become addresses. */
  readonly resolve?: Resolve;
}

/** Connects, migrates, wires and listens. Rejects when one of that cannot be done, with everything closed again. */
export async function startServer(config: Config, log: Log, surroundings: Surroundings = {}): Promise<RunningServer> {
  const opened = new Opened();
  try {
    return await start(config, log, surroundings, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function start(
  config: Config,
  log: Log,
  { now = () => new Date(), ca, resolve }: Surroundings,
  opened: Opened,
): Promise<RunningServer> {
  const telemetry = createTelemetry(config.tracing, log);
  opened.add(() => telemetry.close());
  const { store, vault } = await openStore(config, log);
  opened.add(() => store.close());
  const relay = config.redisUrl === undefined ? undefined : redisRelay(config.redisUrl, log);
  if (relay) opened.add(() => relay.close());
  const bus = new EventBus(relay);
  const catchUp = new CatchUp(store, bus, now, log);
  opened.add(() => catchUp.stop());
  await catchUp.start();
  const outbound = createOutbound({ allow: config.outboundAllow, requireHttps: config.requireHttps, ca, resolve });
  const links = new Links(config.publicUrl ?? '');
  const authenticator = new Authenticator(store, now, log);
  const keyEnded = (keyId: string) => {
    authenticator.end(keyId);
    keyWatch.endKey(keyId);
  };
  const services = createServices({
    store,
    events: bus,
    vault,
    outbound,
    links,
    config,
    log,
    now,
    telemetry,
    keyEnded,
  });
  const { resolvers, logos, journeys, sweeper, usage } = services;
  opened.add(() => usage.flush());
  opened.add(() => outbound.close());
  opened.add(() => sweeper.stop());

  const counter =
    config.redisUrl && connectRedis(config.redisUrl, log, 'each process counts requests for itself', IMPATIENT);
  if (counter) opened.add(() => counter.disconnect());
  const admission = new Admission(authenticator, config.rateLimit, counter || undefined);
  const transport = {
    schema: graphqlSchema(),
    log,
    origins: config.allowedOrigins,
    operations: telemetry,
    introspection: config.introspection,
    subscriptions: quotaOf(new Holdings(config.subscriptionLimit)),
    async contextOf({ authorization, requestId, remote }: PresentedCredentials): Promise<Context> {
      const caller = await admission.admit(authorization, requestId, remote);
      const authenticate = () => authenticator.authenticate(authorization, requestId);
      const charge = (points: number) => admission.charge(caller, points);
      return { requestId, caller, authenticate, charge, resolvers };
    },
  };
  const graphql = createGraphqlHttp(transport);
  await graphql.start();
  opened.add(() => graphql.stop());
  const events = createGraphqlSse(transport);
  const quota = quotaOf(new Holdings(config.socketLimit));
  const sockets = createGraphqlWs({ ...transport, publicOrigin: config.publicUrl, quota });
  // Transports know no callers; what `contextOf` gave them is a Context all the same.
  const keyWatch = new KeyWatch(store, [events, sockets] as unknown as Audience[], now, log);
  opened.add(() => keyWatch.stop());

  addFigures(telemetry.metrics, { store, now, sockets, events });
  let stopping = false;
  const http = createHttpServer(
    createRouter({
      authorization: { journeys, links, origins: config.allowedOrigins },
      graphql,
      events,
      playground: playground(),
      logos,
      store,
      metrics: metricsPage(telemetry.metrics, config.metricsToken, admission),
      telemetry,
      log,
      isStopping: () => stopping,
    }),
  );
  sockets.attach(http, graphqlPath);
  const listening = await listen(http, config, (err) => log.error({ err }, 'a connection could not be taken'));
  opened.add(async () => {
    stopping = true;
    events.close();
    await Promise.all([listening.stop(), sockets.close()]);
  });
  const { origin: address } = listening;
  const url = config.publicUrl ?? address;
  links.setOrigin(url);

  // Last of all: a key that is generated is told once, so nothing after it may fail.
  const generatedKey = await bootstrapOwner(store, config.bootstrapApiKey, now());
  sweeper.start();
  keyWatch.start();
  return { url, address, generatedKey, close: () => opened.close() };
}

/** Transports know no callers; what `contextOf` gave them is a Context all the same. */
const quotaOf = (holdings: Holdings): Quota => ({ hold: (context) => holdings.hold((context as Context).caller) });
