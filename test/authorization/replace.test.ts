/** A new authorization takes the place of the former one, whole, and of that alone. */
import { callApi, grantOf, tryAuthorize } from '../support/acts';
import { type Clock, clockAt } from '../support/clock';
import { contentOf, rowsOf } from '../support/database';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs } from '../support/story';

let clock: Clock;
let server: TestServer;
let peer: PeerApi;
let connector: { id: string };

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  peer = await startPeerApi();
  server = await startTestServer({ now: clock.now });
  const input = { name: 'Tokens', allowedHosts: [peer.host] };
  connector = { id: await readyConnector(server.ask, input, staticConfigs.bearerToken) };
});
afterAll(async () => {
  await peer.close();
  await server.remove();
});

const credentials = (token: string) => ({ bearerToken: { token } });

const grantRows = async (connectionId: string) =>
  (await rowsOf(server.dataDir, 'SELECT id FROM connection_grant WHERE "connectionId" = ?', connectionId)).length;

async function connect(name: string) {
  const id = await createConnection(server.ask, { connector, name });
  return {
    id,
    as: (token: string) => authorize(server.ask, id, credentials(token)),
    /** What the API is sent. */
    sent: async () => {
      expect(await callApi(server.ask, peer, id, 200)).toBe(200);
      return peer.received.at(-1)?.headers.authorization;
    },
  };
}

test('same ids, new moment, new credentials', async () => {
  const { id, as, sent } = await connect('Again');
  await as('first-token');
  const before = await grantOf(server.ask, id);
  expect(await sent()).toBe('Bearer first-token');
  clock.pass(60);
  await as('second-token');
  const after = await grantOf(server.ask, id);
  expect([after.id, after.authorizedAt, await grantRows(id)]).toEqual([before.id, clock.in(0), 1]);
  expect(await sent()).toBe('Bearer second-token');
});

test('one that is refused leaves the former grant as it is', async () => {
  const { id, as, sent } = await connect('Refused');
  await as('kept-token');
  const before = await grantOf(server.ask, id);
  clock.pass(60);
  const refused = await tryAuthorize(server.ask, { connection: { id }, credentials: credentials('not good') });
  expect(refused.flow).toBeNull();
  expect(await grantOf(server.ask, id)).toEqual(before);
  expect(await sent()).toBe('Bearer kept-token');
});

test('many at the same time leave one grant, that of one of them', async () => {
  const { id, as, sent } = await connect('Together');
  const tokens = Array.from({ length: 20 }, (_, index) => `token-${index}`);
  await Promise.all(tokens.map(as));
  expect(await grantRows(id)).toBe(1);
  expect(tokens.map((token) => `Bearer ${token}`)).toContain(await sent());
});

test('that of one user leaves those of others', async () => {
  const id = await createConnection(server.ask, { connector, name: 'x', authorizationLevel: 'LOGGED_IN_USER' });
  for (const user of ['left', 'right']) await authorize(server.ask, id, credentials('before'), user);
  const before = await grantOf(server.ask, id, 'right');
  clock.pass(60);
  await authorize(server.ask, id, credentials('after'), 'left');
  expect(await grantOf(server.ask, id, 'right')).toEqual(before);
  expect((await grantOf(server.ask, id, 'left')).authorizedAt).toBe(clock.in(0));
});

test('credentials are left neither in the database nor in the log', async () => {
  const { id, as } = await connect('Secret');
  await as('the-secret-token-of-this-test');
  const kept = await contentOf(server.dataDir);
  expect(kept).toContain(id);
  expect(kept).not.toContain('the-secret-token-of-this-test');
  expect(server.logLines.join('')).not.toContain('the-secret-token-of-this-test');
});
