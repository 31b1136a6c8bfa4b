/** Coming back: a subscriber who knows the last event it was told gets those since, once each, and then what happens next. */
import type { GraphQLFormattedError } from 'graphql';
import { deleteConnection, updateConnection } from '../support/acts';
import { change } from '../support/database';
import { createSessionToken, createWorkspace } from '../support/keys';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { openSocket, type Socket } from '../support/sockets';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let server: TestServer;
let connector: { id: string };
let socket: Socket;

beforeAll(async () => {
  server = await startTestServer();
  connector = { id: await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic) };
  socket = openSocket(server.url, OWNER_KEY);
});
afterAll(async () => {
  socket.close();
  await server.remove();
});

const EVENTS = `subscription ($filter: ConnectionEventFilter, $after: ID) {
  connectionEvents(filter: $filter, after: $after) { id kind userId connection { name } }
}`;
const connect = (name: string, more: object = {}) => createConnection(server.ask, { connector, name, ...more });
const rename = (id: string, name: string) => updateConnection(server.ask, id, { name });

interface Told {
  readonly id: string;
  readonly kind: string;
}

/** What a subscriber who comes back is told, so many. */
async function toldSince(after: string, count: number, filter: object = {}, by = socket): Promise<Told[]> {
  const watch = by.subscribe(EVENTS, { after, filter });
  const told: Told[] = [];
  while (told.length < count) told.push((await watch.next()).connectionEvents);
  watch.stop();
  return told;
}

/** Why a subscriber who comes back is told nothing. */
async function refusal(by: Socket, after: string): Promise<GraphQLFormattedError> {
  const { ended, told } = by.subscribe(EVENTS, { after });
  const end = await ended;
  const errors = Array.isArray(end) ? end : told.flatMap((result) => result.errors ?? []);
  expect(errors).toHaveLength(1);
  return { message: errors[0].message, extensions: errors[0].extensions };
}

/** Makes a connection; gives its id and that of the event. */
async function begin(name: string): Promise<{ id: string; created: string }> {
  const watch = await socket.watch(EVENTS);
  const id = await connect(name);
  const created = (await watch.next()).connectionEvents.id;
  watch.stop();
  return { id, created };
}

test('what was missed comes first, in order, then what happens next; nothing twice', async () => {
  const { id, created } = await begin('Away');
  await rename(id, 'One');
  await rename(id, 'Two');
  const watch = await socket.watch(EVENTS, { after: created });
  await deleteConnection(server.ask, id);
  const told = [];
  for (let index = 0; index < 3; index += 1) told.push((await watch.next()).connectionEvents);
  expect(told.map(({ kind }) => kind)).toEqual(['UPDATED', 'UPDATED', 'DELETED']);
  expect(new Set(told.map((event) => event.id)).size).toBe(3);
  const [, second, third] = told;
  watch.stop();
  expect((await toldSince(second.id, 1)).map((event) => event.id)).toEqual([third.id]);
});

test('a filter holds for what was missed, too', async () => {
  const { id, created } = await begin('Filtered');
  const other = await connect('Beside');
  await rename(id, 'Renamed');
  await rename(other, 'Renamed beside');
  await authorize(server.ask, id, staticCredentials.basic);
  const ofOne = await toldSince(created, 2, { connectionId: id });
  expect(ofOne.map(({ kind }) => kind)).toEqual(['UPDATED', 'AUTHORIZED']);
  const ofKind = await toldSince(created, 3, { kinds: ['UPDATED', 'AUTHORIZED'] });
  expect(ofKind.map(({ kind }) => kind)).toEqual(['UPDATED', 'UPDATED', 'AUTHORIZED']);
});

test('a session token is told what it missed of its own user, and of nobody else', async () => {
  const watch = await socket.watch(EVENTS);
  const id = await connect('Users', { authorizationLevel: 'LOGGED_IN_USER' });
  const { id: created } = (await watch.next()).connectionEvents;
  watch.stop();
  for (const user of ['bert', 'anna', 'bert']) await authorize(server.ask, id, staticCredentials.basic, user);
  await rename(id, 'For all');
  const anna = openSocket(server.url, await createSessionToken(server.ask, id, { userId: 'anna' }));
  const told = await toldSince(created, 2, {}, anna);
  anna.close();
  expect(told).toMatchObject([
    { kind: 'AUTHORIZED', userId: 'anna' },
    { kind: 'UPDATED', userId: null },
  ]);
});

test('an event of another workspace, one that never was, and one that is too old are answered alike', async () => {
  const { id, created } = await begin('Foreign');
  const stranger = openSocket(server.url, (await createWorkspace(server.ask, 'Strangers')).secret);
  const missing = await refusal(socket, `evt_${'0'.repeat(32)}`);
  expect(missing).toMatchObject({
    message: expect.stringContaining('There is no such event'),
    extensions: { code: 'BAD_USER_INPUT' },
  });
  expect(await refusal(stranger, created)).toEqual(missing);
  stranger.close();
  expect(await change(server.dataDir, 'DELETE FROM happening WHERE id = ?', created)).toBe(1);
  expect(await refusal(socket, created)).toEqual(missing);
  expect(await dataOf(server.ask(`{ connection(by: { id: "${id}" }) { name } }`))).toEqual({
    connection: { name: 'Foreign' },
  });
});

test('whoever missed more than a thousand is told to read the state anew', async () => {
  const { created } = await begin('Long away');
  const columns = 'kind, at, "workspaceId", "connectionId"';
  const many = `INSERT INTO happening (id, ${columns}) WITH RECURSIVE numbers(number) AS
    (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < CAST(? AS integer))
    SELECT 'evt_' || number, ${columns} FROM happening, numbers WHERE id = ?`;
  expect(await change(server.dataDir, many, 1000, created)).toBe(1000);
  expect(await toldSince(created, 1000)).toHaveLength(1000);
  expect(await change(server.dataDir, many.replace("'evt_'", "'evt_more_'"), 1, created)).toBe(1);
  expect(await refusal(socket, created)).toMatchObject({
    message: expect.stringContaining('More than 1000 events have happened'),
  });
});
