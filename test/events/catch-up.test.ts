/** Events of other processes: heard by way of the database where nothing else is between them, once each, and forgotten in time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { updateConnection } from '../support/acts';
import { clockAt } from '../support/clock';
import { change, dropDatabase, rowsOf } from '../support/database';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { openSocket } from '../support/sockets';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

const clock = clockAt('2026-03-01T10:00:00.000Z');
const dataDir = mkdtempSync(join(tmpdir(), 'grapnel-catch-up-'));
let servers: TestServer[];

beforeAll(async () => {
  servers = [
    await startTestServer({ dataDir, now: clock.now, env: { REDIS_URL: '' } }),
    await startTestServer({ dataDir, now: clock.now, env: { REDIS_URL: '' } }),
  ];
});
afterAll(async () => {
  for (const server of servers) await server.close();
  await dropDatabase(dataDir);
  rmSync(dataDir, { recursive: true });
});

const EVENTS = 'subscription { connectionEvents { id kind connection { name } } }';

test('what one server does is told by the other, in order, each once', async () => {
  const [one, other] = servers as [TestServer, TestServer];
  const sockets = servers.map(({ url }) => openSocket(url, OWNER_KEY));
  const watches = [];
  for (const socket of sockets) watches.push(await socket.watch(EVENTS));
  const connector = { id: await readyConnector(one.ask, { name: 'Basics' }, staticConfigs.basic) };
  const id = await createConnection(one.ask, { connector, name: 'Here' });
  await updateConnection(other.ask, id, { name: 'There' });
  await updateConnection(one.ask, id, { name: 'Here again' });
  for (const watch of watches) {
    const told = [];
    for (let count = 0; count < 3; count += 1) told.push((await watch.next()).connectionEvents);
    // What a server hears of itself comes at once, of the other one later; each comes once.
    expect(told.map(({ kind }) => kind).sort()).toEqual(['CREATED', 'UPDATED', 'UPDATED']);
    expect(new Set(told.map((event) => event.id)).size).toBe(3);
  }
  const before = watches.map(({ told }) => told.length);
  await createConnection(other.ask, { connector, name: 'Last' });
  for (const watch of watches) expect((await watch.next()).connectionEvents).toMatchObject({ kind: 'CREATED' });
  expect(watches.map(({ told }) => told.length)).toEqual(before.map((count) => count + 1));
  for (const socket of sockets) socket.close();
});

test('what happened more than a week ago is forgotten when something happens', async () => {
  const [one] = servers as [TestServer, TestServer];
  const count = async () => (await rowsOf(dataDir, 'SELECT id FROM happening')).length;
  expect(await count()).toBeGreaterThan(3);
  const aged = await change(dataDir, 'UPDATE happening SET at = ?', clock.now().getTime() - 7 * 86_400_000 - 1);
  expect(aged).toBe(await count());
  const connector = { id: await readyConnector(one.ask, { name: 'Others' }, staticConfigs.basic) };
  const socket = openSocket((servers[1] as TestServer).url, OWNER_KEY);
  const watch = await socket.watch(EVENTS);
  for (let index = 0; ; index += 1) {
    // Each event has the other server look.
    await createConnection(one.ask, { connector, name: `New ${index}` });
    await watch.next();
    if ((await count()) === index + 1) break;
  }
  socket.close();
});
