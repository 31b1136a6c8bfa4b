/** Who is told of which connection events: what the filter says, and whom it concerns; nobody else. */

import { callApi, deleteConnection, revokeConnection, updateConnection } from '../support/acts';
import { type Clock, clockAt } from '../support/clock';
import { createKey, createSessionToken, createWorkspace } from '../support/keys';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { codesOf, openSocket, type Socket } from '../support/sockets';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let clock: Clock;
let server: TestServer;
let peer: PeerApi;
let connector: { id: string };
let socket: Socket;

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  peer = await startPeerApi();
  server = await startTestServer({ now: clock.now });
  const id = await readyConnector(server.ask, { name: 'Basics', allowedHosts: [peer.host] }, staticConfigs.basic);
  connector = { id };
  socket = openSocket(server.url, OWNER_KEY);
});
afterAll(async () => {
  socket.close();
  await peer.close();
  await server.remove();
});

const EVENTS = `subscription ($filter: ConnectionEventFilter) {
  connectionEvents(filter: $filter) { id kind at userId connection { id status name health { remedy } } }
}`;

const connect = (name: string, more: object = {}) => createConnection(server.ask, { connector, name, ...more });
const update = (id: string, input: object) => updateConnection(server.ask, id, input);
const revoke = (id: string, userId?: string) => revokeConnection(server.ask, id, userId);
const remove = (id: string) => deleteConnection(server.ask, id);
const call = (id: string, status: number, userId?: string) => callApi(server.ask, peer, id, status, userId);
const kindOf = async (watch: { next(): Promise<{ connectionEvents: { kind: string } }> }) =>
  (await watch.next()).connectionEvents.kind;

describe('a filter', () => {
  test('by connection and by kinds tells what fits both', async () => {
    const [wanted, other] = [await connect('Wanted'), await connect('Other')];
    const all = await socket.watch(EVENTS, { filter: null });
    const ofOne = await socket.watch(EVENTS, { filter: { connectionId: wanted } });
    const ofKinds = await socket.watch(EVENTS, { filter: { kinds: ['AUTHORIZED', 'DELETED'] } });
    const ofBoth = await socket.watch(EVENTS, { filter: { connectionId: wanted, kinds: ['AUTHORIZED'] } });
    for (const id of [other, wanted]) {
      await update(id, { name: 'Changed' });
      await authorize(server.ask, id, staticCredentials.basic);
    }
    for (const id of [other, wanted]) await remove(id);
    const last = await connect('Last');
    while ((await all.next()).connectionEvents.connection?.id !== last);
    const heard = (watch: typeof all) => watch.told.map(({ connectionEvents: { kind } }) => kind);
    expect(heard(all)).toEqual(['UPDATED', 'AUTHORIZED', 'UPDATED', 'AUTHORIZED', 'DELETED', 'DELETED', 'CREATED']);
    await authorize(server.ask, last, staticCredentials.basic);
    expect([
      await kindOf(ofKinds),
      await kindOf(ofKinds),
      await kindOf(ofKinds),
      await kindOf(ofKinds),
      await kindOf(ofKinds),
    ]).toEqual(['AUTHORIZED', 'AUTHORIZED', 'DELETED', 'DELETED', 'AUTHORIZED']);
    expect(heard(ofOne)).toEqual(['UPDATED', 'AUTHORIZED', 'DELETED']);
    expect(heard(ofBoth)).toEqual(['AUTHORIZED']);
    for (const watch of [all, ofOne, ofKinds, ofBoth]) watch.stop();
  });

  test('by a connection that is not there is BAD_USER_INPUT', async () => {
    const watch = socket.subscribe(EVENTS, { filter: { connectionId: 'cnn_0' } });
    expect(await codesOf(watch)).toEqual(['BAD_USER_INPUT']);
  });
});

test('another workspace hears nothing of it', async () => {
  const { secret } = await createWorkspace(server.ask, 'Deaf');
  const ask = server.askAs(secret);
  const theirs = await readyConnector(ask, { name: 'x' }, staticConfigs.basic);
  const deaf = openSocket(server.url, secret);
  const watch = await deaf.watch(EVENTS);
  const id = await connect('Ours');
  await authorize(server.ask, id, staticCredentials.basic);
  await remove(id);
  const own = await createConnection(ask, { connector: { id: theirs }, name: 'Theirs' });
  expect((await watch.next()).connectionEvents).toMatchObject({ kind: 'CREATED', connection: { id: own } });
  expect(watch.told.length).toBe(1);
  deaf.close();
});

test('a viewer hears all of the workspace', async () => {
  const viewer = openSocket(server.url, (await createKey(server.ask, 'VIEWER')).secret);
  const watch = await viewer.watch(EVENTS);
  await connect('Seen');
  expect(await kindOf(watch)).toBe('CREATED');
  viewer.close();
});

describe('a session token', () => {
  test('hears of its connection and its user only', async () => {
    const id = await connect('Personal', { authorizationLevel: 'LOGGED_IN_USER' });
    const session = openSocket(server.url, await createSessionToken(server.ask, id, { userId: 'anna' }));
    const watch = await session.watch(EVENTS);
    const named = await session.watch(EVENTS, { filter: { connectionId: id, kinds: ['AUTHORIZED', 'DELETED'] } });
    await connect('Of no concern');
    for (const userId of ['bert', 'anna']) await authorize(server.ask, id, staticCredentials.basic, userId);
    await call(id, 401, 'bert');
    await call(id, 200, 'bert');
    await revoke(id, 'bert');
    await update(id, { name: 'For all' });
    await revoke(id);
    const heard = [];
    for (let count = 0; count < 3; count += 1) {
      const { kind, userId } = (await watch.next()).connectionEvents;
      heard.push([kind, userId]);
    }
    expect(heard).toEqual([
      ['AUTHORIZED', 'anna'],
      ['UPDATED', null],
      ['REVOKED', null],
    ]);
    expect((await named.next()).connectionEvents).toMatchObject({ kind: 'AUTHORIZED', userId: 'anna' });
    expect(named.told.length).toBe(1);
    session.close();
  });

  test('cannot listen to another connection, which it sees as one that is not there', async () => {
    const [own, other] = [await connect('Own'), await connect('Not own')];
    const session = openSocket(server.url, await createSessionToken(server.ask, own));
    const refused = session.subscribe(EVENTS, { filter: { connectionId: other } });
    const missing = session.subscribe(EVENTS, { filter: { connectionId: 'cnn_0' } });
    expect([await codesOf(refused), await codesOf(missing)]).toEqual([['BAD_USER_INPUT'], ['BAD_USER_INPUT']]);
    expect(refused.told).toEqual(missing.told);
    session.close();
  });
});
