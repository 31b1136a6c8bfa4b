/** Status and health say what happened, since when, and what to do; `since` moves only when there is news. */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { callApi, callUrl, revokeConnection } from '../support/acts';
import { type Clock, clockAt } from '../support/clock';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let clock: Clock;
let server: TestServer;
let peer: PeerApi;
/** A host where nobody listens. */
let deserted: string;
let connector: { id: string };

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  peer = await startPeerApi();
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  deserted = `127.0.0.1:${(socket.address() as AddressInfo).port}`;
  socket.close();
  await once(socket, 'close');
  server = await startTestServer({ now: clock.now });
  const allowedHosts = [peer.host, deserted];
  connector = { id: await readyConnector(server.ask, { name: 'Basics', allowedHosts }, staticConfigs.basic) };
});
afterAll(async () => {
  await peer.close();
  await server.remove();
});

const HEALTH = 'status health { state reason remedy since lastSuccessAt lastErrorAt }';

const read = async (id: string) => {
  const { status, health } = (
    await dataOf(server.ask(`query ($id: ID!) { connection(by: { id: $id }) { ${HEALTH} } }`, { id }))
  ).connection;
  return { status, ...health };
};
const readGrant = async (id: string, userId?: string) => {
  const query = `query ($id: ID!, $userId: String) { connection(by: { id: $id }) { grant(userId: $userId) { ${HEALTH} } } }`;
  const { status, health } = (await dataOf(server.ask(query, { id, userId }))).connection.grant;
  return { status, ...health };
};
/** `status state remedy since lastSuccessAt lastErrorAt`, moments as seconds since the start of the story. */
const brief = (start: number, { status, state, remedy, since, lastSuccessAt, lastErrorAt }: Record<string, string>) => {
  const seconds = (moment: string | undefined | null) => (moment ? (Date.parse(moment) - start) / 1000 : '-');
  return [status, state, remedy, seconds(since), seconds(lastSuccessAt), seconds(lastErrorAt)].join(' ');
};

/** Calls the API with a connection; it answers with `status`, or, without, is not there. */
const call = (id: string, status: number | undefined, userId?: string) =>
  status === undefined
    ? callUrl(server.ask, id, `http://${deserted}/`, userId)
    : callApi(server.ask, peer, id, status, userId);
const revoke = (id: string, userId?: string) => revokeConnection(server.ask, id, userId);

test('the story of a shared connection', async () => {
  const start = clock.now().getTime();
  const id = await createConnection(server.ask, { connector, name: 'Story' });
  const isNow = async (expected: string) => {
    expect(brief(start, await read(id))).toBe(expected);
    if (!expected.startsWith('UNAUTHORIZED')) expect(brief(start, await readGrant(id))).toBe(expected);
  };
  const then = (seconds: number) => clock.pass(seconds - (clock.now().getTime() - start) / 1000);

  await isNow('UNAUTHORIZED UNKNOWN AUTHORIZE 0 - -');

  then(10);
  await authorize(server.ask, id, staticCredentials.basic);
  await isNow('CONNECTED OK NONE 10 - -');
  then(20);
  await authorize(server.ask, id, staticCredentials.basic);
  await isNow('CONNECTED OK NONE 10 - -');

  then(30);
  expect(await call(id, 200)).toBe(200);
  await isNow('CONNECTED OK NONE 10 30 -');
  then(40);
  // What the API says of the request is no word about the credentials.
  for (const status of [204, 400, 403, 404, 429, 500, 503]) expect(await call(id, status)).toBe(status);
  await isNow('CONNECTED OK NONE 10 40 -');

  then(50);
  expect(await call(id, 401)).toBe(401);
  await isNow('CONNECTED DEGRADED REAUTHORIZE 50 40 50');
  then(60);
  await call(id, 401);
  await isNow('CONNECTED DEGRADED REAUTHORIZE 50 40 60');

  then(70);
  expect(await call(id, undefined)).toBe('NO_ANSWER');
  await isNow('CONNECTED DEGRADED WAIT 70 40 70');

  then(80);
  await call(id, 200);
  await isNow('CONNECTED OK NONE 80 80 70');
  then(90);
  await call(id, 200);
  await isNow('CONNECTED OK NONE 80 90 70');

  then(100);
  await call(id, 401);
  then(110);
  await authorize(server.ask, id, staticCredentials.basic);
  await isNow('CONNECTED OK NONE 110 90 100');

  then(120);
  await revoke(id);
  await isNow('REVOKED BROKEN AUTHORIZE 120 90 100');
  then(130);
  expect(await call(id, 200)).toBe('NOT_AUTHORIZED');
  await isNow('REVOKED BROKEN AUTHORIZE 120 90 100');

  then(140);
  await authorize(server.ask, id, staticCredentials.basic);
  await isNow('CONNECTED OK NONE 140 90 100');
});

test('each health says in a sentence what happened, and the remedy goes with it', async () => {
  const id = await createConnection(server.ask, { connector, name: 'Reasons' });
  const reasons = [(await read(id)).reason];
  const after = async (act: () => Promise<unknown>) => {
    await act();
    const { reason } = await read(id);
    expect((await readGrant(id)).reason).toBe(reason);
    reasons.push(reason);
    return reason;
  };
  await after(() => authorize(server.ask, id, staticCredentials.basic));
  expect(await after(() => call(id, 401))).toContain('401');
  expect(await after(() => call(id, undefined))).toContain(deserted);
  await after(() => call(id, 200));
  await after(() => revoke(id));
  expect(new Set(reasons).size).toBe(6);
  for (const reason of reasons) expect(reason).toMatch(/^\S.*\.$/);
  expect(reasons.join()).not.toContain(staticCredentials.basic.basic.password);
});

test('another reason for the same trouble is told, but is no news', async () => {
  const id = await createConnection(server.ask, { connector, name: 'Same trouble' });
  await authorize(server.ask, id, staticCredentials.basic);
  await call(id, undefined);
  const before = await read(id);
  clock.pass(10);
  peer.answer((_received, response) => response.destroy());
  expect(await callUrl(server.ask, id, `${peer.url}/`)).toBe('NO_ANSWER');
  const after = await read(id);
  expect([after.remedy, after.since]).toEqual(['WAIT', before.since]);
  expect(after.reason).toContain(peer.host);
  expect(before.reason).toContain(deserted);
});

describe('a connection of many users', () => {
  const connect = (name: string) =>
    createConnection(server.ask, { connector, name, authorizationLevel: 'LOGGED_IN_USER' });

  test('is connected as long as one of them is', async () => {
    const start = clock.now().getTime();
    const id = await connect('Users');
    const statusAfter = async (seconds: number, act: () => Promise<unknown>) => {
      clock.pass(seconds);
      await act();
      return brief(start, await read(id));
    };
    expect(await statusAfter(1, () => authorize(server.ask, id, staticCredentials.basic, 'anna'))).toBe(
      'CONNECTED OK NONE 1 - -',
    );
    expect(await statusAfter(1, () => authorize(server.ask, id, staticCredentials.basic, 'bert'))).toBe(
      'CONNECTED OK NONE 1 - -',
    );
    expect(await statusAfter(1, () => call(id, 401, 'anna'))).toBe('CONNECTED DEGRADED REAUTHORIZE 3 - 3');
    expect((await read(id)).reason).toMatch(/^1 of 2 users has trouble: /);
    expect(await statusAfter(1, () => call(id, 200, 'bert'))).toBe('CONNECTED DEGRADED REAUTHORIZE 3 4 3');
    expect(brief(start, await readGrant(id, 'anna'))).toBe('CONNECTED DEGRADED REAUTHORIZE 3 - 3');
    expect(brief(start, await readGrant(id, 'bert'))).toBe('CONNECTED OK NONE 2 4 -');
    // Whoever is revoked is counted no more.
    expect(await statusAfter(1, () => revoke(id, 'anna'))).toBe('CONNECTED OK NONE 5 4 3');
    expect(await statusAfter(1, () => revoke(id, 'bert'))).toBe('REVOKED BROKEN AUTHORIZE 6 4 3');
    expect(await statusAfter(1, () => authorize(server.ask, id, staticCredentials.basic, 'anna'))).toBe(
      'CONNECTED OK NONE 7 4 3',
    );
  });

  test('cannot be called for one who is not connected', async () => {
    const id = await connect('Strangers');
    await authorize(server.ask, id, staticCredentials.basic, 'anna');
    expect(await call(id, 200, 'bert')).toBe('NOT_AUTHORIZED');
    expect(await call(id, 200, 'anna')).toBe(200);
  });
});
