/** Reading the audit log: filters, pages, who may, and that it tells of every mutation. */
import type { GraphQLObjectType } from 'graphql';
import { AuditAction } from '../../src/audit/action';
import { graphqlSchema } from '../../src/schema';
import { auditPage, type Told } from '../support/audit';
import { clockAt } from '../support/clock';
import { createKey, createSessionToken, createWorkspace } from '../support/keys';
import { type Ask, startTestServer, type TestServer } from '../support/server';
import { createConnection, createConnector, readyConnector, staticConfigs } from '../support/story';

const clock = clockAt('2030-01-01T00:00:00Z');

let server: TestServer;
let all: readonly Told[];
let adminId: string;
let connector: string;
let connection: string;
const asks = new Map<string, Ask>();

beforeAll(async () => {
  server = await startTestServer({ now: clock.now });
  const admin = await createKey(server.ask, 'ADMIN');
  adminId = admin.id;
  const ask = server.askAs(admin.secret);
  connector = await readyConnector(ask, { name: 'Basics' }, staticConfigs.basic);
  clock.pass(60);
  connection = await createConnection(server.ask, { connector: { id: connector }, name: 'Basics' });
  for (let index = 0; index < 5; index += 1) {
    clock.pass(60);
    await createConnector(index % 2 ? ask : server.ask, { name: `Connector ${index}` });
  }
  const other = server.askAs((await createWorkspace(server.ask, 'Other')).secret);
  await createConnector(other, { name: 'Theirs' });
  asks.set('ADMIN', ask).set('OTHER', other);
  for (const role of ['INTEGRATOR', 'VIEWER'] as const)
    asks.set(role, server.askAs((await createKey(server.ask, role)).secret));
  asks.set('SESSION', server.askAs(await createSessionToken(server.ask, connection)));
  all = (await auditPage(server.ask, { first: 100 })).nodes;
});
afterAll(() => server.remove());

test('the whole log is numbered without gaps, oldest first, and each entry bears the hash of the one before', () => {
  expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, index) => index + 1));
  expect(all.map(({ formerHash }) => formerHash)).toEqual([
    '0'.repeat(64),
    ...all.slice(0, -1).map(({ hash }) => hash),
  ]);
  expect(new Set(all.map(({ hash }) => hash)).size).toBe(all.length);
  expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort());
});

test('pages forward and backward: every entry once, in the same order', async () => {
  const forward: Told[] = [];
  let after: string | null = null;
  for (;;) {
    const page = await auditPage(server.ask, { first: 3, after });
    forward.push(...page.nodes);
    expect(page.totalCount).toBe(all.length);
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  expect(forward).toEqual(all);
  const { nodes, pageInfo, edges } = await auditPage(server.ask, { last: 4 });
  expect([nodes, pageInfo.hasPreviousPage, pageInfo.hasNextPage]).toEqual([all.slice(-4), true, false]);
  expect((await auditPage(server.ask, { last: 2, before: edges[0]?.cursor })).nodes).toEqual(all.slice(-6, -4));
});

const from = '2030-01-01T00:01:00.000Z';
const to = '2030-01-01T00:03:00.000Z';
const ofAdmin = ({ actor }: Told) => actor.id === adminId;
const isMade = ({ action }: Told) => ['CONNECTOR_CREATED', 'CONNECTION_CREATED'].includes(action);

test.each<[string, () => object, (entry: Told) => boolean, number]>([
  ['who did it', () => ({ actorId: adminId }), ofAdmin, 5],
  ['what it was done to', () => ({ subjectId: connector }), ({ subject }) => subject.id === connector, 3],
  ['one kind of deed', () => ({ actions: ['CONNECTION_CREATED'] }), ({ action }) => action === 'CONNECTION_CREATED', 1],
  ['several', () => ({ actions: ['CONNECTOR_CREATED', 'CONNECTION_CREATED', 'CONNECTOR_CREATED'] }), isMade, 7],
  ['no kind of deed', () => ({ actions: [] }), () => false, 0],
  ['since when, and before when', () => ({ from, to }), ({ at }) => at >= from && at < to, 2],
  [
    'all of that',
    () => ({ actorId: adminId, actions: ['CONNECTOR_CREATED'], from }),
    (e) => ofAdmin(e) && isMade(e) && e.at >= from,
    2,
  ],
  ['nothing', () => ({ actorId: null, actions: null, subjectId: null, from: null, to: null }), () => true, 16],
])('the filter by %s', async (_what, filter, holds, count) => {
  const { nodes, totalCount } = await auditPage(server.ask, { filter: filter(), first: 100 });
  expect(nodes).toEqual(all.filter(holds));
  expect([nodes.length, totalCount]).toEqual([count, count]);
});

test('a filter and pages go together', async () => {
  const filter = { actions: ['CONNECTOR_CREATED'] };
  const first = await auditPage(server.ask, { filter, first: 2 });
  const second = await auditPage(server.ask, { filter, first: 100, after: first.pageInfo.endCursor });
  expect([...first.nodes, ...second.nodes]).toEqual(all.filter(({ action }) => action === 'CONNECTOR_CREATED'));
});

test.each([
  ['INTEGRATOR', 'FORBIDDEN'],
  ['VIEWER', 'FORBIDDEN'],
  ['SESSION', 'FORBIDDEN'],
  ['ADMIN', undefined],
])('a key (or token) of %s: %s', async (who, code) => {
  const { errors } = (await asks.get(who)?.('{ auditEvents { totalCount } }')) ?? {};
  expect(errors?.[0].extensions.code).toBe(code);
});

test('another workspace sees none of it, not by its id either', async () => {
  const other = asks.get('OTHER') as Ask;
  const { nodes } = await auditPage(other, { first: 100 });
  expect(nodes.map(({ action }) => action)).toEqual(['WORKSPACE_CREATED', 'API_KEY_CREATED', 'CONNECTOR_CREATED']);
  const { data } = await other('query ($id: ID!) { node(id: $id) { id } }', { id: all[0]?.id });
  expect(data).toEqual({ node: null });
});

/** The deeds of each mutation; none: it only calls. */
const deeds: Record<string, readonly string[]> = {
  apiKeyCreate: ['API_KEY_CREATED'],
  apiKeyRevoke: ['API_KEY_REVOKED'],
  authorizationConfirm: ['CONNECTION_AUTHORIZED'],
  connectionAuthorize: ['AUTHORIZATION_BEGUN', 'CONNECTION_AUTHORIZED', 'AUTHORIZATION_DENIED', 'AUTHORIZATION_FAILED'],
  connectionCreate: ['CONNECTION_CREATED'],
  connectionDelete: ['CONNECTION_DELETED'],
  connectionRefresh: ['CONNECTION_REFRESHED'],
  connectionRevoke: ['CONNECTION_REVOKED'],
  connectionUpdate: ['CONNECTION_UPDATED'],
  connectorClone: ['CONNECTOR_CLONED'],
  connectorCreate: ['CONNECTOR_CREATED'],
  connectorDelete: ['CONNECTOR_DELETED'],
  connectorMarkReady: ['CONNECTOR_MARKED_READY'],
  connectorRotateClientSecret: ['CONNECTOR_SECRET_ROTATED'],
  connectorSetAuthConfig: ['CONNECTOR_AUTH_CONFIG_SET'],
  connectorSetLogo: ['CONNECTOR_LOGO_SET'],
  connectorUpdate: ['CONNECTOR_UPDATED'],
  invokeUrl: [],
  scopeUpdate: ['SCOPE_UPDATED'],
  scopesAdd: ['SCOPE_ADDED'],
  scopesDelete: ['SCOPE_DELETED'],
  sessionTokenCreate: ['SESSION_TOKEN_CREATED'],
  workspaceCreate: ['WORKSPACE_CREATED', 'API_KEY_CREATED'],
  workspaceUpdate: ['WORKSPACE_UPDATED'],
};

test('every mutation has its deeds in this table, and every deed is that of a mutation', () => {
  const mutations = Object.keys((graphqlSchema().getMutationType() as GraphQLObjectType).getFields());
  expect(Object.keys(deeds).sort()).toEqual(mutations.sort());
  expect([...new Set(Object.values(deeds).flat())].sort()).toEqual(Object.keys(AuditAction).sort());
});
