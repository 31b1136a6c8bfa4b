/** Every place where the API takes a reference, each with an operation; and workspaces with things to refer to. */
import { type GraphQLInputType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { graphqlSchema } from '../../src/schema';
import { rowsOf } from './database';
import { createKey } from './keys';
import { type Ask, dataOf } from './server';
import {
  authorize,
  createConnection,
  createConnector,
  readyConnector,
  staticConfigs,
  staticCredentials,
} from './story';

/** The things of one workspace that can be referred to. */
export interface Things {
  readonly draft: string;
  readonly connector: string;
  readonly scope: string;
  readonly connection: string;
  readonly grant: string;
  readonly flow: string;
  readonly event: string;
  readonly key: string;
  /** The key that did all of it. */
  readonly actor: string;
  readonly deed: string;
  readonly workspace: string;
  readonly connectorLink: string;
  readonly connectionLink: string;
}

/** Those that are nowhere. */
export const missing: Things = {
  draft: 'cnr_00000000000070008000000000000000',
  connector: 'cnr_00000000000070008000000000000000',
  scope: 'scp_00000000000070008000000000000000',
  connection: 'cnn_00000000000070008000000000000000',
  grant: 'grt_00000000000070008000000000000000',
  flow: 'flw_00000000000070008000000000000000',
  event: 'evt_00000000000070008000000000000000',
  key: 'key_00000000000070008000000000000000',
  actor: 'key_00000000000070008000000000000001',
  deed: 'aud_00000000000070008000000000000000',
  workspace: 'wsp_00000000000070008000000000000000',
  connectorLink: 'nobodys_connector',
  connectionLink: 'nobodys_connection',
};

/** Fills a workspace with one thing of each kind; `link`: what their link names begin with. `dataDir`: of the server that `ask` asks. */
export async function furnish(dataDir: string, ask: Ask, link: string, workspace: string): Promise<Things> {
  const draft = await createConnector(ask, { name: `${link} draft` });
  const connector = await readyConnector(ask, { name: link, linkName: `${link}_connector` }, staticConfigs.basic);
  const { scopesAdd } = await dataOf(
    ask(`mutation { scopesAdd(connectorId: "${draft}", scopes: [{ name: "Read", value: "read" }]) { scopes { id } } }`),
  );
  const connection = await createConnection(ask, {
    connector: { id: connector },
    name: link,
    linkName: `${link}_connection`,
  });
  const flow = await authorize(ask, connection, staticCredentials.basic);
  const grants = await dataOf(ask(`{ connection(by: { id: "${connection}" }) { grants { nodes { id } } } }`));
  const [event] = await rowsOf(dataDir, 'SELECT id FROM happening WHERE "connectionId" = ?', connection);
  const { auditEvents } = await dataOf(
    ask(`{ auditEvents(filter: { subjectId: "${draft}" }) { nodes { id actor { id } } } }`),
  );
  return {
    draft,
    connector,
    scope: scopesAdd.scopes[0].id,
    connection,
    grant: grants.connection.grants.nodes[0].id,
    flow,
    event: `${event?.id}`,
    key: (await createKey(ask, 'VIEWER')).id,
    actor: auditEvents.nodes[0].actor.id,
    deed: auditEvents.nodes[0].id,
    workspace,
    connectorLink: `${link}_connector`,
    connectionLink: `${link}_connection`,
  };
}

const errors = 'userErrors { __typename code message path }';
const authorization = 'credentials: { basic: { username: "u", password: "p" } }';
/** One pixel: PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Each place where a reference is taken, as `Root.field path`, with an operation that has it from `them` and the rest from `us`. */
export const operations: Record<string, (them: Things, us: Things) => string> = {
  'Query.connector by.id': (them) => `{ connector(by: { id: "${them.connector}" }) { id } }`,
  'Query.connector by.linkName': (them) => `{ connector(by: { linkName: "${them.connectorLink}" }) { id } }`,
  'Query.connection by.id': (them) => `{ connection(by: { id: "${them.connection}" }) { id } }`,
  'Query.connection by.linkName': (them) => `{ connection(by: { linkName: "${them.connectionLink}" }) { id } }`,
  'Query.connections filter.connectorId': (them) =>
    `{ connections(filter: { connectorId: "${them.connector}" }) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }`,
  'Query.authorizationFlow id': (them) => `{ authorizationFlow(id: "${them.flow}") { id } }`,
  'Query.auditEvents filter.actorId': (them) =>
    `{ auditEvents(filter: { actorId: "${them.actor}" }) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }`,
  'Query.auditEvents filter.subjectId': (them) =>
    `{ auditEvents(filter: { subjectId: "${them.connector}" }) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }`,
  'Query.node id': ({ draft, connector, scope, connection, grant, flow, key, deed, workspace }) =>
    `{ ${[draft, connector, scope, connection, grant, flow, key, deed, workspace]
      .map((id, index) => `n${index}: node(id: "${id}") { __typename }`)
      .join(' ')} }`,
  'Query.invokePreview input.connection.id': (them) =>
    `{ invokePreview(input: { connection: { id: "${them.connection}" }, method: GET, url: "https://a.example/" }) { request { url } ${errors} } }`,
  'Query.invokePreview input.connection.linkName': (them) =>
    `{ invokePreview(input: { connection: { linkName: "${them.connectionLink}" }, method: GET, url: "https://a.example/" }) { request { url } ${errors} } }`,
  'Mutation.apiKeyRevoke id': (them) => `mutation { apiKeyRevoke(id: "${them.key}") { revokedId ${errors} } }`,
  'Mutation.sessionTokenCreate input.connection.id': (them) =>
    `mutation { sessionTokenCreate(input: { connection: { id: "${them.connection}" } }) { token ${errors} } }`,
  'Mutation.sessionTokenCreate input.connection.linkName': (them) =>
    `mutation { sessionTokenCreate(input: { connection: { linkName: "${them.connectionLink}" } }) { token ${errors} } }`,
  'Mutation.connectorUpdate id': (them) =>
    `mutation { connectorUpdate(id: "${them.connector}", input: { name: "Taken" }) { connector { id } ${errors} } }`,
  'Mutation.connectorSetAuthConfig id': (them) =>
    `mutation { connectorSetAuthConfig(id: "${them.draft}", authConfig: { bearerToken: {} }) { connector { id } ${errors} } }`,
  'Mutation.connectorMarkReady id': (them) =>
    `mutation { connectorMarkReady(id: "${them.draft}") { connector { id } ${errors} } }`,
  'Mutation.connectorRotateClientSecret id': (them) =>
    `mutation { connectorRotateClientSecret(id: "${them.connector}", secret: "s") { connector { id } ${errors} } }`,
  'Mutation.connectorSetLogo id': (them) =>
    `mutation { connectorSetLogo(id: "${them.connector}", imageBase64: "${PIXEL}") { connector { id } ${errors} } }`,
  'Mutation.connectorClone id': (them) =>
    `mutation { connectorClone(id: "${them.connector}", input: { name: "Copy" }) { connector { id } ${errors} } }`,
  'Mutation.connectorDelete id': (them) => `mutation { connectorDelete(id: "${them.draft}") { deletedId ${errors} } }`,
  'Mutation.scopesAdd connectorId': (them) =>
    `mutation { scopesAdd(connectorId: "${them.draft}", scopes: [{ name: "W", value: "w" }]) { scopes { id } ${errors} } }`,
  'Mutation.scopeUpdate id': (them) =>
    `mutation { scopeUpdate(id: "${them.scope}", input: { name: "Mine" }) { scope { id } ${errors} } }`,
  'Mutation.scopesDelete ids': (them) => `mutation { scopesDelete(ids: ["${them.scope}"]) { deletedIds ${errors} } }`,
  'Mutation.connectionCreate input.connector.id': (them) =>
    `mutation { connectionCreate(input: { connector: { id: "${them.connector}" }, name: "Mine" }) { connection { id } ${errors} } }`,
  'Mutation.connectionCreate input.connector.linkName': (them) =>
    `mutation { connectionCreate(input: { connector: { linkName: "${them.connectorLink}" }, name: "Mine" }) { connection { id } ${errors} } }`,
  'Mutation.connectionCreate input.scopeIds': (them, us) =>
    `mutation { connectionCreate(input: { connector: { id: "${us.connector}" }, name: "Mine", scopeIds: ["${them.scope}"] }) { connection { id } ${errors} } }`,
  'Mutation.connectionUpdate id': (them) =>
    `mutation { connectionUpdate(id: "${them.connection}", input: { name: "Mine" }) { connection { id } ${errors} } }`,
  'Mutation.connectionUpdate input.scopeIds': (them, us) =>
    `mutation { connectionUpdate(id: "${us.connection}", input: { scopeIds: ["${them.scope}"] }) { connection { id } ${errors} } }`,
  'Mutation.connectionRefresh id': (them) =>
    `mutation { connectionRefresh(id: "${them.connection}") { connection { id } ${errors} } }`,
  'Mutation.connectionRevoke id': (them) =>
    `mutation { connectionRevoke(id: "${them.connection}") { connection { id } ${errors} } }`,
  'Mutation.connectionDelete id': (them) =>
    `mutation { connectionDelete(id: "${them.connection}") { deletedId ${errors} } }`,
  'Mutation.connectionAuthorize input.connection.id': (them) =>
    `mutation { connectionAuthorize(input: { connection: { id: "${them.connection}" }, ${authorization} }) { flow { id } connection { id } ${errors} } }`,
  'Mutation.connectionAuthorize input.connection.linkName': (them) =>
    `mutation { connectionAuthorize(input: { connection: { linkName: "${them.connectionLink}" }, ${authorization} }) { flow { id } connection { id } ${errors} } }`,
  'Mutation.invokeUrl input.connection.id': (them) =>
    `mutation { invokeUrl(input: { connection: { id: "${them.connection}" }, method: GET, url: "https://a.example/" }) { response { status } ${errors} } }`,
  'Mutation.invokeUrl input.connection.linkName': (them) =>
    `mutation { invokeUrl(input: { connection: { linkName: "${them.connectionLink}" }, method: GET, url: "https://a.example/" }) { response { status } ${errors} } }`,
  'Subscription.authorizationFlow id': (them) => `subscription { authorizationFlow(id: "${them.flow}") { id } }`,
  'Subscription.connectionEvents after': (them) => `subscription { connectionEvents(after: "${them.event}") { kind } }`,
  'Subscription.connectionEvents filter.connectionId': (them) =>
    `subscription { connectionEvents(filter: { connectionId: "${them.connection}" }) { kind } }`,
};

/** The paths below `type` at which a reference is taken: an ID, or the link name of a connector or a connection. */
function referencesIn(type: GraphQLInputType, path: string): string[] {
  if (isNonNullType(type) || isListType(type)) return referencesIn(type.ofType, path);
  if (isInputObjectType(type)) {
    const isReference = ['ConnectorRef', 'ConnectionRef'].includes(type.name);
    return Object.values(type.getFields()).flatMap((field) =>
      isReference ? [`${path}.${field.name}`] : referencesIn(field.type, `${path}.${field.name}`),
    );
  }
  return type.name === 'ID' ? [path] : [];
}

const schema = graphqlSchema();
/** Every place where the schema takes a reference, as `Root.field path`. */
export const references = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (type) =>
    Object.values(type?.getFields() ?? {}).flatMap((field) =>
      field.args.flatMap((arg) => referencesIn(arg.type, arg.name).map((path) => `${type}.${field.name} ${path}`)),
    ),
);
