/** Puts the whole server together by hand, part by part, and starts and stops it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '../ormconfig';
import { ApiKeys } from './access/api-keys';
import { Authenticator } from './access/authenticate';
import type { Context } from './access/context';
import { AccessResolver } from './access/resolver';
import { SessionTokens } from './access/session-tokens';
import { Workspaces } from './access/workspaces';
import { Authorizations } from './authorization/authorizations';
import { Confirmations } from './authorization/confirmations';
import { Endings } from './authorization/endings';
import { FlowStore } from './authorization/flow-store';
import { Flows } from './authorization/flows';
import { Journeys } from './authorization/journeys';
import { Providers } from './authorization/provider';
import { Refresher } from './authorization/refresher';
import { Refreshes } from './authorization/refreshes';
import { Renewals } from './authorization/renewals';
import { AuthorizationResolver } from './authorization/resolver';
import { Revocations } from './authorization/revocations';
import { Sweeper } from './authorization/sweeper';
import type { Config } from './config';
import { Connections, countConnections } from './connections/connections';
import { ConnectionEvents } from './connections/events';
import { ConnectionEventsResolver } from './connections/events-resolver';
import { ConnectionFieldResolver, GrantFieldResolver } from './connections/field-resolver';
import { Grants } from './connections/grants';
import { ConnectionResolver } from './connections/resolver';
import { Usage } from './connections/usage';
import { AuthConfigs } from './connectors/auth-configs';
import { Connectors } from './connectors/connectors';
import { ConnectorFieldResolver } from './connectors/field-resolver';
import { Logos } from './connectors/logo';
import { ConnectorResolver } from './connectors/resolver';
import { ScopeResolver } from './connectors/scope-resolver';
import { Scopes } from './connectors/scopes';
import { Setups } from './connectors/setups';
import { EventBus } from './events/bus';
import { createGraphqlHttp } from './http/graphql-http';
import { createGraphqlWs } from './http/graphql-ws';
import { playground } from './http/playground';
import { createRouter, graphqlPath } from './http/router';
import { Invocations } from './invoke/invocations';
import { InvokeResolver } from './invoke/resolver';
import { Links } from './links';
import type { Log } from './log';
import { NodeResolver } from './node-resolver';
import { createOutbound } from './outbound';
import { graphqlSchema } from './schema';
import { keysOfDataDir } from './storage/key-file';
import { Store } from './storage/store';
import { Vault } from './storage/vault';

export interface RunningServer {
  /** The origin it is reached at, without a slash at the end. */
  readonly url: string;
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
}

/** Connects, migrates, wires and listens. Throws when one of that cannot be done. */
export async function startServer(
  config: Config,
  log: Log,
  { now = () => new Date(), ca }: Surroundings = {},
): Promise<RunningServer> {
  // Keys first: without them no secret could be kept, and nothing should have happened yet.
  const vault = new Vault(config.encryptionKeys ?? keysOfDataDir(config.dataDir, log));
  const outbound = createOutbound({ allow: config.outboundAllow, requireHttps: config.requireHttps, ca });
  const { writer, reader } = await connect(config);
  const store = new Store(writer, reader);
  const events = new EventBus();
  const links = new Links(config.publicUrl ?? '');
  const setups = new Setups(vault);
  const grants = new Grants(vault);
  const usage = new Usage(store, grants, events, now, log);

  const apiKeys = new ApiKeys(store, now);
  const workspaces = new Workspaces(store, apiKeys, now);
  const connections = new Connections(store, vault, grants, events, now);
  const scopes = new Scopes(store, countConnections);
  const logos = new Logos(store, links, now);
  const connectors = new Connectors(store, setups, countConnections, now);
  const authConfigs = new AuthConfigs(store, setups, config.requireHttps, now);
  const providers = new Providers(vault, setups, links, outbound, now);
  const flowStore = new FlowStore(store, vault, grants, events, now);
  const authorizations = new Authorizations(store, flowStore, providers, now);
  const flows = new Flows(store, events, flowStore, links);
  const confirmations = new Confirmations(store, flowStore, now);
  const journeys = new Journeys(store, flowStore, providers, confirmations, now);
  const renewals = new Renewals(store, grants, providers, events, now, log);
  const refresher = new Refresher(store, renewals, now);
  const refreshes = new Refreshes(store, grants, refresher);
  const revocations = new Revocations(store, connections, grants, providers, log);
  const endings = new Endings(store, grants, events, now);
  const sweeper = new Sweeper(store, refresher, flowStore, endings, apiKeys, now, log);
  const invocations = new Invocations(store, setups, grants, usage, refresher, outbound, now);

  const resolvers = new Map<unknown, object>(
    [
      new AccessResolver(workspaces, apiKeys, new SessionTokens(store, connections, now)),
      new AuthorizationResolver(authorizations, flows, confirmations, refreshes, revocations, connections),
      new ConnectionEventsResolver(new ConnectionEvents(store, events)),
      new ConnectionFieldResolver(store, usage),
      new ConnectionResolver(connections),
      new ConnectorFieldResolver(connectors, scopes, logos, setups, links),
      new ConnectorResolver(connectors, authConfigs, logos),
      new GrantFieldResolver(usage),
      new InvokeResolver(invocations),
      new NodeResolver(store),
      new ScopeResolver(scopes),
    ].map((resolver) => [resolver.constructor, resolver]),
  );

  const authenticator = new Authenticator(store, now);
  const transport = {
    schema: graphqlSchema(),
    log,
    origins: config.allowedOrigins,
    contextOf: async ({
      authorization,
      requestId,
    }: {
      authorization: string | undefined;
      requestId: string;
    }): Promise<Context> => ({
      requestId,
      caller: await authenticator.authenticate(authorization),
      resolvers,
    }),
  };
  let stopping = false;
  const graphql = createGraphqlHttp(transport);
  const sockets = createGraphqlWs({ ...transport, publicOrigin: config.publicUrl });
  const http = createServer(
    createRouter({
      authorization: { journeys, links, origins: config.allowedOrigins },
      graphql,
      playground: playground(),
      logos,
      store,
      log,
      isStopping: () => stopping,
    }),
  );
  sockets.attach(http, graphqlPath);

  const generatedKey = await apiKeys.bootstrap(config.bootstrapApiKey);
  await graphql.start();
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(config.port, config.host, resolve);
  });
  const url = config.publicUrl ?? originOf(http.address() as AddressInfo);
  links.setOrigin(url);
  sweeper.start();

  return {
    url,
    generatedKey,
    async close() {
      stopping = true;
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeIdleConnections();
      await sockets.close();
      await closed;
      await graphql.stop();
      await sweeper.stop();
      await outbound.close();
      await usage.flush();
      await store.close();
    },
  };
}

function originOf({ address, family, port }: AddressInfo): string {
  const anywhere = address === '0.0.0.0' || address === '::';
  const host = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
