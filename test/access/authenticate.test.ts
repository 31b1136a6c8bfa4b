/** Whoever shows no key that is good learns nothing: one answer for all reasons, on HTTP and on sockets. */
import { Store } from '../../src/storage/store';
import { type Clock, clockAt } from '../support/clock';
import { createKey, createSessionToken, revokeKey } from '../support/keys';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { codesOf, openSocket } from '../support/sockets';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

let clock: Clock;
let server: TestServer;
let connection: string;

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  server = await startTestServer({ now: clock.now });
  const connector = await readyConnector(server.ask, { name: 'Any' }, staticConfigs.basic);
  connection = await createConnection(server.ask, { connector: { id: connector }, name: 'Any' });
});
afterAll(() => server.remove());

async function raw(authorization: string | undefined, query = '{ viewer { role } }') {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
    body: JSON.stringify({ query }),
  });
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    body: await response.text(),
  };
}

test('a key is as good when its use cannot be noted, as long as a database is held by somebody else', async () => {
  const { secret } = await createKey(server.ask, 'VIEWER');
  const write = jest.spyOn(Store.prototype, 'write').mockRejectedValueOnce(new Error('database is locked'));
  expect((await dataOf(server.askAs(secret)('{ viewer { role } }'))).viewer).toEqual({ role: 'VIEWER' });
  expect(write).toHaveBeenCalledTimes(1);
  write.mockRestore();
  expect(server.logLines.filter((line) => line.includes('database is locked'))).toHaveLength(1);
});

/** Keys and tokens that were good once, and are not any more. */
const spent: [string, () => Promise<string>][] = [
  [
    'a key that expired',
    async () => {
      const { secret } = await createKey(server.ask, 'ADMIN', { expiresAt: clock.in(1) });
      clock.pass(1);
      return secret;
    },
  ],
  [
    'a key that was revoked',
    async () => {
      const { id, secret } = await createKey(server.ask, 'ADMIN');
      await revokeKey(server.ask, id);
      return secret;
    },
  ],
  [
    'a session token that expired',
    async () => {
      const token = await createSessionToken(server.ask, connection, { expiresInSeconds: 60 });
      clock.pass(60);
      return token;
    },
  ],
  [
    'a session token whose key was revoked',
    async () => {
      const { id, secret } = await createKey(server.ask, 'INTEGRATOR');
      const token = await createSessionToken(server.askAs(secret), connection);
      await revokeKey(server.ask, id);
      return token;
    },
  ],
  [
    'a session token whose key expired',
    async () => {
      const { secret } = await createKey(server.ask, 'INTEGRATOR', { expiresAt: clock.in(90) });
      const token = await createSessionToken(server.askAs(secret), connection, { expiresInSeconds: 3600 });
      clock.pass(90);
      return token;
    },
  ],
];

const asBearer = spent.map(
  ([what, make]) => [what, async () => `Bearer ${await make()}`] as [string, () => Promise<string | undefined>],
);

const bad: [string, () => Promise<string | undefined>][] = [
  ['nothing', async () => undefined],
  ['an empty value', async () => ''],
  ['the scheme alone', async () => 'Bearer'],
  ['the key without its scheme', async () => OWNER_KEY],
  ['the key under another scheme', async () => `Basic ${OWNER_KEY}`],
  ['two keys', async () => `Bearer ${OWNER_KEY} ${OWNER_KEY}`],
  ['a key that never was', async () => 'Bearer gk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ['the key in another case', async () => `Bearer ${OWNER_KEY.toUpperCase()}`],
  ['the beginning of the key', async () => `Bearer ${OWNER_KEY.slice(0, -1)}`],
  ...asBearer,
];

test.each(bad)('%s is answered with 401, as any other', async (_what, make) => {
  const { status, challenge, body } = await raw(await make());
  expect([status, challenge]).toEqual([401, 'Bearer']);
  const { data, errors } = JSON.parse(body);
  expect(data).toBeUndefined();
  expect(errors.map((error: { extensions: object }) => error.extensions)).toEqual([{ code: 'UNAUTHENTICATED' }]);
  expect(body).toBe((await raw(undefined)).body);
});

test.each(bad)('%s closes a socket before anything is said', async (_what, make) => {
  const socket = openSocket(server.url, undefined, await make());
  const { ended, told } = socket.subscribe('{ viewer { role } }');
  expect(await socket.closed).toBe(4403);
  await ended;
  expect(told).toEqual([]);
});

test.each(['Bearer', 'bearer', 'BEARER'])(
  'the scheme is %s, whatever its case (RFC 9110 section 11.1)',
  async (scheme) => {
    expect((await raw(`${scheme}  ${OWNER_KEY}`)).status).toBe(200);
  },
);

describe('a key is good up to the moment at which it ends', () => {
  test('a millisecond before it is, at it it is not', async () => {
    const { secret } = await createKey(server.ask, 'VIEWER', { expiresAt: clock.in(5) });
    clock.pass(4.999);
    expect((await raw(`Bearer ${secret}`)).status).toBe(200);
    clock.pass(0.001);
    expect((await raw(`Bearer ${secret}`)).status).toBe(401);
  });

  test.each([
    [60, 59.999],
    [86_400, 86_399.999],
  ])('a session token of %i seconds lives so long', async (expiresInSeconds, before) => {
    const token = await createSessionToken(server.ask, connection, { expiresInSeconds });
    const query = `{ connection(by: { id: "${connection}" }) { id } }`;
    clock.pass(before);
    expect((await raw(`Bearer ${token}`, query)).status).toBe(200);
    clock.pass(expiresInSeconds - before);
    expect((await raw(`Bearer ${token}`, query)).status).toBe(401);
  });
});

describe('a socket that is open', () => {
  const EVENTS = 'subscription { connectionEvents { kind } }';
  const rename = (name: string) =>
    dataOf(
      server.ask(
        'mutation ($id: ID!, $name: String!) { connectionUpdate(id: $id, input: { name: $name }) { userErrors { code } } }',
        {
          id: connection,
          name,
        },
      ),
    );

  test('is closed at once when its key is revoked', async () => {
    const { id, secret } = await createKey(server.ask, 'VIEWER');
    const socket = openSocket(server.url, secret);
    const watch = await socket.watch(EVENTS);
    await revokeKey(server.ask, id);
    expect(await socket.closed).toBe(4403);
    expect(watch.told).toEqual([]);
  });

  test('of a session token is closed at once when the key is revoked that made it', async () => {
    const { id, secret } = await createKey(server.ask, 'INTEGRATOR');
    const other = openSocket(server.url, OWNER_KEY);
    const kept = await other.watch(EVENTS);
    const socket = openSocket(server.url, await createSessionToken(server.askAs(secret), connection));
    await socket.watch(EVENTS);
    await revokeKey(server.ask, id);
    expect(await socket.closed).toBe(4403);
    await rename('Still heard by others');
    expect(await kept.next()).toEqual({ connectionEvents: { kind: 'UPDATED' } });
    other.close();
  });

  test('hears nothing more when its session token has expired', async () => {
    const socket = openSocket(server.url, await createSessionToken(server.ask, connection, { expiresInSeconds: 60 }));
    const watch = await socket.watch(EVENTS);
    await rename('Before');
    expect(await watch.next()).toEqual({ connectionEvents: { kind: 'UPDATED' } });
    clock.pass(60);
    await rename('After');
    expect(await codesOf(watch)).toEqual(['UNAUTHENTICATED']);
    expect(watch.told.length).toBe(1);
    socket.close();
  });
});
