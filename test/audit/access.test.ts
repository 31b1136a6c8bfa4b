/** The audit log of keys, session tokens and workspaces; whom it names, and who may read it. */
import { auditPage, deedsOf, inShort, verified } from '../support/audit';
import { createKey, createSessionToken, createWorkspace, revokeKey } from '../support/keys';
import { type Ask, dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { createConnection, createConnector, readyConnector, staticConfigs } from '../support/story';

let server: TestServer;
let ownerId: string;
let workspaceId: string;

const viewer = async (ask: Ask) => (await dataOf(ask('{ viewer { workspace { id name } } }'))).viewer.workspace;

beforeAll(async () => {
  server = await startTestServer();
  workspaceId = (await viewer(server.ask)).id;
  ownerId = (await dataOf(server.ask('{ apiKeys { nodes { id } } }'))).apiKeys.nodes[0].id;
});
afterAll(() => server.remove());

const byServer = { kind: 'SERVER', id: null, name: null, role: null, userId: null };
const byOwner = () => ({ kind: 'KEY', id: ownerId, name: 'Owner', role: 'OWNER', userId: null });

test('the log begins with what the server did by itself: the workspace and the key of its owner', async () => {
  const { nodes } = await auditPage(server.ask, { first: 2 });
  expect(nodes.map(inShort)).toEqual([
    ['WORKSPACE_CREATED', 'WORKSPACE', workspaceId, 'Default', {}],
    ['API_KEY_CREATED', 'KEY', ownerId, 'Owner', { role: 'OWNER' }],
  ]);
  expect(nodes.map(({ actor, requestId, sequence }) => [actor, requestId, sequence])).toEqual([
    [byServer, null, 1],
    [byServer, null, 2],
  ]);
});

test('a key that is made and ended, by whom', async () => {
  const expiresAt = '2099-01-01T00:00:00.000Z';
  const { deeds, gave: key } = await deedsOf(server.ask, () =>
    createKey(server.ask, 'ADMIN', { name: 'Ops', expiresAt }),
  );
  expect(deeds.map(inShort)).toEqual([['API_KEY_CREATED', 'KEY', key.id, 'Ops', { role: 'ADMIN', expiresAt }]]);
  expect(deeds[0]?.actor).toEqual(byOwner());

  const { deeds: its } = await deedsOf(server.ask, () => createConnector(server.askAs(key.secret), { name: 'By ops' }));
  const byOps = { kind: 'KEY', id: key.id, name: 'Ops', role: 'ADMIN', userId: null };
  expect(its[0]?.actor).toEqual(byOps);

  const { deeds: end } = await deedsOf(server.ask, () => revokeKey(server.ask, key.id));
  expect(end.map(inShort)).toEqual([['API_KEY_REVOKED', 'KEY', key.id, 'Ops', { role: 'ADMIN' }]]);
  // What it did stays its deed.
  expect((await auditPage(server.ask, { filter: { actorId: key.id } })).nodes).toEqual(its);
});

test('a session token', async () => {
  const connector = await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic);
  const input = { connector: { id: connector }, name: 'Basics', authorizationLevel: 'LOGGED_IN_USER' };
  const connection = await createConnection(server.ask, input);
  const { deeds } = await deedsOf(server.ask, () => createSessionToken(server.ask, connection, { userId: 'ann' }));
  const details = { connection, userId: 'ann', expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) };
  const id = expect.stringMatching(/^ses_[0-9a-f]{32}$/);
  expect(deeds.map(inShort)).toEqual([['SESSION_TOKEN_CREATED', 'SESSION_TOKEN', id, null, details]]);
  expect(deeds[0]?.actor).toEqual(byOwner());
});

test('the workspace', async () => {
  const query = `mutation ($input: WorkspaceUpdateInput!) { workspaceUpdate(input: $input) { userErrors { code } } }`;
  const input = { name: 'Renamed', returnToUrls: ['https://app.example/done?secret=1'] };
  const { deeds } = await deedsOf(server.ask, () => dataOf(server.ask(query, { input })));
  expect(deeds.map(inShort)).toEqual([
    ['WORKSPACE_UPDATED', 'WORKSPACE', workspaceId, 'Renamed', { fields: 'name, returnToUrls', formerName: 'Default' }],
  ]);
  expect((await deedsOf(server.ask, () => dataOf(server.ask(query, { input: {} })))).deeds).toEqual([]);
});

test('another workspace: told where it was made, and to itself without the key that made it', async () => {
  const { deeds, gave: other } = await deedsOf(server.ask, () => createWorkspace(server.ask, 'Other'));
  expect(deeds.map(inShort)).toEqual([['WORKSPACE_CREATED', 'WORKSPACE', other.id, 'Other', {}]]);
  expect(deeds[0]?.actor).toEqual(byOwner());

  const { nodes, totalCount } = await auditPage(server.askAs(other.secret));
  const [key] = (await dataOf(server.askAs(other.secret)('{ apiKeys { nodes { id } } }'))).apiKeys.nodes;
  expect(nodes.map(inShort)).toEqual([
    ['WORKSPACE_CREATED', 'WORKSPACE', other.id, 'Other', {}],
    ['API_KEY_CREATED', 'KEY', key.id, 'First key', { role: 'ADMIN' }],
  ]);
  const stranger = { kind: 'KEY', id: null, name: null, role: 'OWNER', userId: null };
  expect(nodes.map(({ actor, sequence }) => [actor, sequence])).toEqual([
    [stranger, 1],
    [stranger, 2],
  ]);
  expect(totalCount).toBe(2);
  // What is done there is told there and nowhere else.
  const { deeds: here } = await deedsOf(server.ask, async () => {
    const { deeds: there } = await deedsOf(server.askAs(other.secret), () =>
      createConnector(server.askAs(other.secret), { name: 'Theirs' }),
    );
    expect(there).toHaveLength(1);
  });
  expect(here).toEqual([]);
});

test('what is refused leaves no entry', async () => {
  const admin = server.askAs((await createKey(server.ask, 'ADMIN')).secret);
  const mutations = [
    'mutation { apiKeyCreate(input: { name: "!", role: VIEWER }) { userErrors { code } } }',
    'mutation { apiKeyCreate(input: { name: "Too much", role: OWNER }) { userErrors { code } } }',
    `mutation { apiKeyRevoke(id: "${ownerId}") { userErrors { code } } }`,
    'mutation { workspaceCreate(input: { name: "!" }) { userErrors { code } } }',
    'mutation { workspaceCreate(input: { name: "Not for me" }) { userErrors { code } } }',
    'mutation { workspaceUpdate(input: { returnToUrls: ["no URL"] }) { userErrors { code } } }',
    'mutation { sessionTokenCreate(input: { connection: { linkName: "none" } }) { userErrors { code } } }',
  ];
  const { deeds, gave } = await deedsOf(server.ask, async () => {
    const refusals = [];
    for (const mutation of mutations) {
      const { data, errors } = await admin(mutation);
      refusals.push(errors ? errors.length : Object.values<{ userErrors: [] }>(data)[0]?.userErrors.length);
    }
    return refusals;
  });
  expect(gave).toEqual([1, 1, 1, 1, 1, 1, 1]);
  expect(deeds).toEqual([]);
});

test('the request is named as its answer names it', async () => {
  const requestId = 'request-of-the-audit-test';
  const { deeds } = await deedsOf(server.ask, () =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${OWNER_KEY}`, 'x-request-id': requestId },
      body: JSON.stringify({ query: 'mutation { connectorCreate(input: { name: "R" }) { userErrors { code } } }' }),
    }),
  );
  expect(deeds.map((deed) => deed.requestId)).toEqual([requestId]);
});

test('a bootstrap key that takes the place of another one: both told, as the deed of the server', async () => {
  const first = await startTestServer();
  const former = (await dataOf(first.ask('{ apiKeys { nodes { id } } }'))).apiKeys.nodes[0].id;
  await first.close();
  const other = 'other-key-of-the-tests-0123456789abcdef';
  const second = await startTestServer({ dataDir: first.dataDir, env: { BOOTSTRAP_API_KEY: other } });
  const ask = second.askAs(other);
  const latter = (await dataOf(ask('{ apiKeys { nodes { id } } }'))).apiKeys.nodes[0].id;
  const { nodes } = await auditPage(ask);
  expect(nodes.slice(2).map((deed) => [...inShort(deed), deed.actor])).toEqual([
    ['API_KEY_REVOKED', 'KEY', former, 'Owner', { role: 'OWNER' }, byServer],
    ['API_KEY_CREATED', 'KEY', latter, 'Owner', { role: 'OWNER' }, byServer],
  ]);
  await second.close();
  // Another start with the same key is no deed.
  const third = await startTestServer({ dataDir: first.dataDir, env: { BOOTSTRAP_API_KEY: other } });
  expect((await auditPage(third.askAs(other))).totalCount).toBe(4);
  await third.close();
  expect(await verified(first.dataDir)).toEqual([expect.objectContaining({ entries: 4, fault: undefined })]);
  await first.remove();
});
