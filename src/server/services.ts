/** Puts the services together by hand, each given what it needs, and the resolvers that stand in front of them. */
import { ApiKeys } from '../access/api-keys';
import { AuditResolver } from '../access/audit-resolver';
import { AccessResolver } from '../access/resolver';
import { SessionTokens } from '../access/session-tokens';
import { Workspaces } from '../access/workspaces';
import { Authorizations } from '../authorization/authorizations';
import { ClockJumps } from '../authorization/clock-jumps';
import { Confirmations } from '../authorization/confirmations';
import { DueRefreshes } from '../authorization/due-refreshes';
import { Endings } from '../authorization/endings';
import { Expirations } from '../authorization/expirations';
import { FlowStore } from '../authorization/flow-store';
import { Flows } from '../authorization/flows';
import { Journeys } from '../authorization/journeys';
import { Leftovers } from '../authorization/leftovers';
import { Providers } from '../authorization/provider';
import { Refresher } from '../authorization/refresher';
import { Refreshes } from '../authorization/refreshes';
import { Renewals } from '../authorization/renewals';
import { AuthorizationResolver } from '../authorization/resolver';
import { Revocations } from '../authorization/revocations';
import { Sweeper } from '../authorization/sweeper';
import type { Config } from '../config';
import { Connections, countConnections } from '../connections/connections';
import { ConnectionEvents } from '../connections/events';
import { ConnectionEventsResolver } from '../connections/events-resolver';
import { ConnectionFieldResolver } from '../connections/field-resolver';
import { GrantFieldResolver } from '../connections/grant-resolver';
import { Grants } from '../connections/grants';
import { ConnectionResolver } from '../connections/resolver';
import { Usage } from '../connections/usage';
import { AuthConfigs } from '../connectors/auth-configs';
import { Connectors } from '../connectors/connectors';
import { ConnectorFieldResolver } from '../connectors/field-resolver';
import { Logos } from '../connectors/logos';
import { ConnectorResolver } from '../connectors/resolver';
import { ScopeResolver } from '../connectors/scope-resolver';
import { Scopes } from '../connectors/scopes';
import { Setups } from '../connectors/setups';
import type { EventBus } from '../events/bus';
import { Invocations } from '../invoke/invocations';
import { InvokeResolver } from '../invoke/resolver';
import type { Links } from '../links';
import type { Log } from '../log';
import { NodeResolver } from '../node-resolver';
import type { Outbound } from '../outbound';
import type { Store } from '../storage/store';
import type { Vault } from '../storage/vault';
import type { Telemetry } from '../telemetry';

/** What services stand on. */
export interface Ground {
  readonly store: Store;
  readonly events: EventBus;
  readonly vault: Vault;
  readonly outbound: Outbound;
  readonly links: Links;
  readonly config: Config;
  readonly log: Log;
  readonly now: () => Date;
  readonly telemetry: Telemetry;
  /** Told the id of each API key that was revoked. */
  readonly keyEnded: (keyId: string) => void;
}

export interface Services {
  /** The instances by their classes. */
  readonly resolvers: ReadonlyMap<unknown, object>;
  readonly logos: Logos;
  readonly journeys: Journeys;
  /** To be started when all else is, and stopped before what it uses. */
  readonly sweeper: Sweeper;
  /** Has facts that wait to be written; to be flushed before the store closes. */
  readonly usage: Usage;
}

export function createServices({
  store,
  events,
  vault,
  outbound,
  links,
  config,
  log,
  now,
  telemetry,
  keyEnded,
}: Ground): Services {
  const setups = new Setups(vault);
  const grants = new Grants(vault);
  const usage = new Usage(store, grants, events, now, log);

  const connections = new Connections(store, vault, grants, events, now);
  const scopes = new Scopes(store, countConnections, now);
  const logos = new Logos(store, links, now);
  const connectors = new Connectors(store, setups, countConnections, now);
  const authConfigs = new AuthConfigs(store, setups, config.requireHttps, now);
  const providers = new Providers(vault, setups, links, outbound, telemetry, now);
  const flowStore = new FlowStore(store, vault, grants, events, now, telemetry);
  const authorizations = new Authorizations(store, flowStore, providers, now);
  const flows = new Flows(store, events, flowStore, links);
  const confirmations = new Confirmations(store, flowStore, now);
  const leftovers = new Leftovers(store, providers, log);
  const journeys = new Journeys(store, flowStore, providers, confirmations, leftovers, now);
  const renewals = new Renewals(store, grants, providers, events, now, log, telemetry);
  const refresher = new Refresher(store, renewals, now);
  const refreshes = new Refreshes(store, grants, refresher);
  const revocations = new Revocations(store, connections, grants, providers, flowStore, log);
  const sweeper = new Sweeper(
    new DueRefreshes(store, refresher, now, log),
    refresher,
    new Expirations(store, flowStore, leftovers, now, log),
    leftovers,
    new Endings(store, grants, events, now),
    new ClockJumps(store, grants, now, log),
    log,
  );
  const invocations = new Invocations(store, setups, grants, usage, refresher, outbound, telemetry, now);

  const resolvers = [
    new AccessResolver(
      new Workspaces(store, now),
      new ApiKeys(store, keyEnded, now),
      new SessionTokens(store, connections, now),
    ),
    new AuditResolver(store),
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
  ];
  const byClass = new Map(resolvers.map((resolver) => [resolver.constructor, resolver]));
  return { resolvers: byClass, logos, journeys, sweeper, usage };
}
