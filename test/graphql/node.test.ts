/** `node(id)`: every kind by its id, for those who may read it; and what ids look like. */
import { kindOf, newId } from '../../src/graphql/node';
import { createKey, createSessionToken, createWorkspace } from '../support/keys';
import { type Ask, dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let server: TestServer;
const ids = new Map<string, string>();
const asks = new Map<string, Ask>();

beforeAll(async () => {
  server = await startTestServer();
  const { ask } = server;
  const connector = await readyConnector(ask, { name: 'Basics' }, staticConfigs.basic);
  const { scopesAdd } = await dataOf(
    ask('mutation ($id: ID!) { scopesAdd(connectorId: $id, scopes: [{ name: "R", value: "r" }]) { scopes { id } } }', {
      id: connector,
    }),
  );
  const connection = await createConnection(ask, { connector: { id: connector }, name: 'Basics' });
  const flow = await authorize(ask, connection, staticCredentials.basic);
  const { connection: found, viewer } = await dataOf(
    ask('query ($id: ID!) { connection(by: { id: $id }) { grant { id } } viewer { workspace { id } } }', {
      id: connection,
    }),
  );
  const key = await createKey(ask, 'VIEWER', { name: 'A key' });
  ids.set('Workspace', viewer.workspace.id).set('ApiKey', key.id).set('Connector', connector);
  ids.set('Scope', scopesAdd.scopes[0].id).set('Connection', connection).set('Grant', found.grant.id);
  ids.set('AuthorizationFlow', flow);
  ids.set('AuditEvent', (await dataOf(ask('{ auditEvents(first: 1) { nodes { id } } }'))).auditEvents.nodes[0].id);
  asks.set('OWNER', server.askAs(OWNER_KEY)).set('VIEWER', server.askAs(key.secret));
  for (const role of ['ADMIN', 'INTEGRATOR'] as const)
    asks.set(role, server.askAs((await createKey(ask, role)).secret));
});
afterAll(() => server.remove());

const NODE = `query ($id: ID!) {
  node(id: $id) {
    __typename id
    ... on Workspace { wname: name } ... on ApiKey { kname: name } ... on Connector { cname: name }
    ... on Scope { value } ... on Connection { linkName } ... on Grant { gstatus: status }
    ... on AuthorizationFlow { fstatus: status } ... on AuditEvent { action }
  }
}`;
const nodeOf = async (id: string, ask: Ask = server.ask) => (await dataOf(ask(NODE, { id }))).node;

test.each<[string, string, object, string]>([
  ['Workspace', 'wsp', { wname: 'Default' }, 'OWNER ADMIN INTEGRATOR VIEWER'],
  ['ApiKey', 'key', { kname: 'A key' }, 'OWNER ADMIN'],
  ['Connector', 'cnr', { cname: 'Basics' }, 'OWNER ADMIN INTEGRATOR'],
  ['Scope', 'scp', { value: 'r' }, 'OWNER ADMIN INTEGRATOR'],
  ['Connection', 'cnn', { linkName: 'Basics' }, 'OWNER ADMIN INTEGRATOR VIEWER'],
  ['Grant', 'grt', { gstatus: 'CONNECTED' }, 'OWNER ADMIN INTEGRATOR VIEWER'],
  ['AuditEvent', 'aud', { action: 'WORKSPACE_CREATED' }, 'OWNER ADMIN'],
  ['AuthorizationFlow', 'flw', { fstatus: 'AUTHORIZED' }, 'OWNER ADMIN INTEGRATOR VIEWER'],
])('a %s (%s_…) is found by those who may read it, as %j', async (kind, prefix, fields, readers) => {
  const id = ids.get(kind)!;
  expect(id).toMatch(new RegExp(`^${prefix}_[0-9a-f]{32}$`));
  const found = [];
  for (const [role, ask] of asks) {
    const node = await nodeOf(id, ask);
    if (node) {
      expect(node).toEqual({ __typename: kind, id, ...fields });
      found.push(role);
    }
  }
  expect(found.sort()).toEqual(readers.split(' ').sort());
});

test.each([
  '',
  'x',
  '_',
  'cnn',
  'cnn_',
  'cnn_0',
  'CNN_0',
  'ses_00000000000070008000000000000000',
  'evt_00000000000070008000000000000000',
  'xyz_00000000000070008000000000000000',
  'toString_0',
  '__proto___0',
  "cnn_' OR '1'='1",
  'cnn_\u0000',
  `cnn_${'0'.repeat(100_000)}`,
])('%j is nothing', async (id) => {
  expect(await nodeOf(id)).toBeNull();
});

test('the right id under the prefix of another kind is nothing', async () => {
  const [, digits] = ids.get('Connection')!.split('_');
  for (const prefix of ['wsp', 'key', 'cnr', 'scp', 'grt', 'flw'])
    expect(await nodeOf(`${prefix}_${digits}`)).toBeNull();
});

test('what is of another workspace is nothing, even to its owner', async () => {
  const ask = server.askAs((await createWorkspace(server.ask, 'Other')).secret);
  for (const id of ids.values()) expect(await nodeOf(id, ask)).toBeNull();
});

test('a session token may not ask', async () => {
  const token = await createSessionToken(server.ask, ids.get('Connection')!);
  const { errors = [] } = await server.askAs(token)(NODE, { id: ids.get('Connection') });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
});

describe('ids', () => {
  test('of many made at once are all different, and in the order in which they were made', () => {
    const made = Array.from({ length: 10_000 }, () => newId('Connection'));
    expect(new Set(made).size).toBe(made.length);
    expect([...made].sort()).toEqual(made);
  });

  test('tell their kind by their prefix', () => {
    for (const kind of ['Workspace', 'ApiKey', 'SessionToken', 'Connector', 'Scope', 'Connection', 'Grant'] as const)
      expect(kindOf(newId(kind))).toBe(kind);
    for (const id of ['', 'cnn', '_x', `${newId('Grant')}0`, newId('Grant').slice(1), newId('Grant').toUpperCase()])
      expect(kindOf(id)).toBeUndefined();
  });
});
