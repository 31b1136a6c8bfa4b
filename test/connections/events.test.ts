/** Connection events: each kind, told to those it concerns and to nobody else; every operation runs on sockets too. */

import { type Clock, clockAt } from '../support/clock';
import { createKey, createSessionToken, createWorkspace } from '../support/keys';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { type Ask, dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
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

const connect = (name: string, more: object = {}, ask: Ask = server.ask) =>
  createConnection(ask, { connector, name, ...more });
const update = (id: string, input: object, ask: Ask = server.ask) =>
  dataOf(
    ask(
      'mutation ($id: ID!, $input: ConnectionUpdateInput!) { connectionUpdate(id: $id, input: $input) { userErrors { code } } }',
      {
        id,
        input,
      },
    ),
  );
const revoke = (id: string, userId?: string) =>
  dataOf(
    server.ask(
      'mutation ($id: ID!, $userId: String) { connectionRevoke(id: $id, userId: $userId) { userErrors { code } } }',
      { id, userId },
    ),
  );
const remove = (id: string) =>
  dataOf(server.ask('mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }', { id }));
const call = (id: string, status: number, userId?: string) => {
  peer.answer((_received, response) => response.writeHead(status).end());
  const input = { connection: { id }, userId, method: 'GET', url: `${peer.url}/` };
  return dataOf(
    server.ask('mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { response { status } } }', { input }),
  );
};
const kindOf = async (watch: { next(): Promise<{ connectionEvents: { kind: string } }> }) =>
  (await watch.next()).connectionEvents.kind;

test('each kind is told, in order, with the connection as it then is', async () => {
  const watch = await socket.watch(EVENTS);
  const next = async () => {
    const { kind, at, userId, connection } = (await watch.next()).connectionEvents;
    expect(at).toBe(clock.in(0));
    return [kind, userId, connection && [connection.id, connection.name, connection.status, connection.health.remedy]];
  };
  const id = await connect('Story');
  expect(await next()).toEqual(['CREATED', null, [id, 'Story', 'UNAUTHORIZED', 'AUTHORIZE']]);
  clock.pass(1);
  await update(id, { name: 'Told' });
  expect(await next()).toEqual(['UPDATED', null, [id, 'Told', 'UNAUTHORIZED', 'AUTHORIZE']]);
  clock.pass(1);
  await authorize(server.ask, id, staticCredentials.basic);
  expect(await next()).toEqual(['AUTHORIZED', null, [id, 'Told', 'CONNECTED', 'NONE']]);
  clock.pass(1);
  await call(id, 401);
  expect(await next()).toEqual(['TROUBLED', null, [id, 'Told', 'CONNECTED', 'REAUTHORIZE']]);
  clock.pass(1);
  await call(id, 200);
  expect(await next()).toEqual(['RECOVERED', null, [id, 'Told', 'CONNECTED', 'NONE']]);
  clock.pass(1);
  await revoke(id);
  expect(await next()).toEqual(['REVOKED', null, [id, 'Told', 'REVOKED', 'AUTHORIZE']]);
  clock.pass(1);
  await remove(id);
  expect(await next()).toEqual(['DELETED', null, null]);
  watch.stop();
});

test('events have ids of their own, the same for all who hear', async () => {
  const [one, other] = [await socket.watch(EVENTS), await socket.watch(EVENTS)];
  await connect('Ids');
  await connect('More ids');
  const ids = [];
  for (const watch of [one, one, other, other]) ids.push((await watch.next()).connectionEvents.id);
  expect(ids[0]).toMatch(/^evt_[0-9a-f]{32}$/);
  expect(ids.slice(2)).toEqual(ids.slice(0, 2));
  expect(ids[0]).not.toBe(ids[1]);
  for (const watch of [one, other]) watch.stop();
});

test('what changes nothing is not told', async () => {
  const id = await connect('Quiet');
  await authorize(server.ask, id, staticCredentials.basic);
  await call(id, 401);
  const watch = await socket.watch(EVENTS, { filter: { connectionId: id } });
  await update(id, {});
  await update(id, { name: '' });
  await call(id, 401);
  await revoke(id, 'nobody');
  await call(id, 200);
  expect(await kindOf(watch)).toBe('RECOVERED');
  await call(id, 200);
  await remove(id);
  expect(await kindOf(watch)).toBe('DELETED');
  expect(watch.told.length).toBe(2);
  watch.stop();
});

test('trouble that asks for something else is told again', async () => {
  const id = await connect('Worse');
  await authorize(server.ask, id, staticCredentials.basic);
  const watch = await socket.watch(EVENTS, { filter: { connectionId: id, kinds: ['TROUBLED'] } });
  const remedy = async () => (await watch.next()).connectionEvents.connection.health.remedy;
  peer.answer((_received, response) => response.destroy());
  const input = { connection: { id }, method: 'GET', url: `${peer.url}/` };
  await dataOf(
    server.ask('mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { userErrors { code } } }', { input }),
  );
  expect(await remedy()).toBe('WAIT');
  await call(id, 401);
  expect(await remedy()).toBe('REAUTHORIZE');
  watch.stop();
});

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

test('what an event tells of the connection is read anew for each event', async () => {
  const id = await connect('Fresh');
  const query = `subscription ($filter: ConnectionEventFilter) {
    connectionEvents(filter: $filter) { connection { name connector { name } grants { totalCount } } }
  }`;
  const watch = await socket.watch(query, { filter: { connectionId: id } });
  await update(id, { name: 'One' });
  expect((await watch.next()).connectionEvents.connection).toEqual({
    name: 'One',
    connector: { name: 'Basics' },
    grants: { totalCount: 0 },
  });
  const rename =
    'mutation ($id: ID!, $name: String!) { connectorUpdate(id: $id, input: { name: $name }) { userErrors { code } } }';
  await dataOf(server.ask(rename, { id: connector.id, name: 'Renamed' }));
  await authorize(server.ask, id, staticCredentials.basic);
  expect((await watch.next()).connectionEvents.connection).toEqual({
    name: 'One',
    connector: { name: 'Renamed' },
    grants: { totalCount: 1 },
  });
  watch.stop();
});

test('queries and mutations run on a socket as they do on HTTP', async () => {
  const { data } = await socket.ask(
    `mutation ($input: ConnectionCreateInput!) {
      connectionCreate(input: $input) { connection { id name linkName status } userErrors { code } }
    }`,
    { input: { connector, name: 'By socket' } },
  );
  const { connection } = data.connectionCreate;
  expect(connection).toMatchObject({ name: 'By socket', linkName: 'By_socket', status: 'UNAUTHORIZED' });
  const query = 'query ($by: ConnectionRef!) { connection(by: $by) { id name linkName status } }';
  const variables = { by: { id: connection.id } };
  expect((await socket.ask(query, variables)).data).toEqual(await dataOf(server.ask(query, variables)));
  expect((await socket.ask(query, variables)).data.connection).toEqual(connection);
});
