/** Connection events: each kind, told to those it concerns and to nobody else; every operation runs on sockets too. */

import { callApi, callUrl, deleteConnection, revokeConnection, updateConnection } from '../support/acts';
import { type Clock, clockAt } from '../support/clock';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { openSocket, type Socket } from '../support/sockets';
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
  await callUrl(server.ask, id, `${peer.url}/`);
  expect(await remedy()).toBe('WAIT');
  await call(id, 401);
  expect(await remedy()).toBe('REAUTHORIZE');
  watch.stop();
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
