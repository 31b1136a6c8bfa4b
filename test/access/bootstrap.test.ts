/** The owner's first key: from BOOTSTRAP_API_KEY, or generated at the first start. */

import { createKey, createSessionToken } from '../support/keys';
import { type Ask, dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

const OTHER_KEY = 'other-key-of-the-tests-0123456789abcdef';
const open: TestServer[] = [];

/** Starts a server on the data of the one before, if any. */
async function start(bootstrapKey: string, former?: TestServer): Promise<TestServer> {
  await former?.close();
  const server = await startTestServer({ env: { BOOTSTRAP_API_KEY: bootstrapKey }, dataDir: former?.dataDir });
  open.push(server);
  return server;
}

afterEach(async () => {
  const servers = open.splice(0);
  await Promise.all(servers.map((server) => server.close()));
  await servers[0]?.remove();
});

const roleOf = async (ask: Ask) => {
  const { status, data } = await ask('{ viewer { role } }');
  return status === 401 ? 'nobody' : data.viewer.role;
};
const keysOf = async (ask: Ask) => (await dataOf(ask('{ apiKeys { nodes { id name role } } }'))).apiKeys.nodes;

test('a key that is given is the owner’s, the same over restarts, and not told', async () => {
  const first = await start(OWNER_KEY);
  expect([first.generatedKey, await roleOf(first.ask)]).toEqual([undefined, 'OWNER']);
  const keys = await keysOf(first.ask);
  expect(keys).toEqual([{ id: expect.any(String), name: 'Owner', role: 'OWNER' }]);
  const second = await start(OWNER_KEY, first);
  expect([second.generatedKey, await keysOf(second.ask)]).toEqual([undefined, keys]);
});

test('another value takes the place of the former, with its session tokens; the workspace and other keys stay', async () => {
  const first = await start(OWNER_KEY);
  const { secret } = await createKey(first.ask, 'ADMIN');
  const connector = await readyConnector(first.ask, { name: 'Kept' }, staticConfigs.basic);
  const connection = await createConnection(first.ask, { connector: { id: connector }, name: 'Kept' });
  const token = await createSessionToken(first.ask, connection);
  const second = await start(OTHER_KEY, first);
  expect(await roleOf(second.askAs(OWNER_KEY))).toBe('nobody');
  expect(await roleOf(second.askAs(OTHER_KEY))).toBe('OWNER');
  expect(await roleOf(second.askAs(secret))).toBe('ADMIN');
  expect((await second.askAs(token)(`{ connection(by: { id: "${connection}" }) { id } }`)).status).toBe(401);
  expect((await dataOf(second.askAs(OTHER_KEY)('{ connections { totalCount } }'))).connections.totalCount).toBe(1);
});

test('without one, a key is generated and told at the first start only', async () => {
  const first = await start('');
  const { generatedKey } = first;
  expect(generatedKey).toMatch(/^gk_[A-Za-z0-9_-]{43}$/);
  expect(await roleOf(first.askAs(generatedKey))).toBe('OWNER');
  expect(first.logLines.join('')).not.toContain(generatedKey);
  const second = await start('', first);
  expect([second.generatedKey, await roleOf(second.askAs(generatedKey))]).toEqual([undefined, 'OWNER']);
});

test('a key that is given later stands beside one that was generated, in the same workspace', async () => {
  const first = await start('');
  const workspaceOf = async (ask: Ask) => (await dataOf(ask('{ viewer { workspace { id } } }'))).viewer.workspace.id;
  const workspace = await workspaceOf(first.askAs(first.generatedKey));
  const second = await start(OWNER_KEY, first);
  expect(await roleOf(second.askAs(first.generatedKey))).toBe('OWNER');
  expect(await workspaceOf(second.ask)).toBe(workspace);
});

test('a key that was given stays the owner’s when none is given any more', async () => {
  const first = await start(OWNER_KEY);
  const second = await start('', first);
  expect([second.generatedKey, await roleOf(second.ask)]).toEqual([undefined, 'OWNER']);
});
