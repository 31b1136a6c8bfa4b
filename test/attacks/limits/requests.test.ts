/** How often a key may ask in a minute: one account for all transports and all its session tokens, and none for other keys. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Admission, networkOf } from '../../../src/access/admission';
import { topLevelError } from '../../../src/errors';
import { createKey, createSessionToken } from '../../support/keys';
import { OWNER_KEY, startTestServer, type TestServer } from '../../support/server';
import { createConnection, readyConnector, staticConfigs } from '../../support/story';
import { expectNone } from '../../support/trust';
import { answerOn, CHAPTER, isOurFault, openSocket, type Told, wayNames, ways } from './ways';

/** Requests of a key in a minute. */
const LIMIT = 20;
const tooOften = /^A key may make 20 requests a minute: try again in \d+ seconds\.$/;
const query = '{ viewer { role } }';

let server: TestServer;
const different: string[] = [];
const faults: string[] = [];
let tried = 0;

beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT: `${LIMIT}` } });
});
afterAll(async () => {
  await server.remove();
});

const freshKey = async () => (await createKey(server.ask, 'ADMIN')).secret;

/** Uses up all that a key may ask but `left`. */
async function useUp(secret: string, left = 0): Promise<void> {
  for (let request = 0; request < LIMIT - left; request++) {
    const { codes } = await ways.HTTP(server, secret, query);
    if (codes.length > 0) throw new Error(`Request ${request + 1} was refused already.`);
  }
}

/** How long to wait, as an answer over HTTP says: within the minute that is counted. */
const waitOf = ({ retryAfter }: Told) => Number(retryAfter ?? Number.NaN);

describe('the last request of a minute is answered, the next one refused', () => {
  test.each(['HTTP', 'SSE'] as const)('over %s', async (way) => {
    const key = await freshKey();
    await useUp(key, 1);
    const last = await ways[way](server, key, query);
    const next = await ways[way](server, key, query);
    tried += 1;
    if (next.status !== 429) different.push(`requests over ${way}`);
    faults.push(...[last, next].filter(isOurFault).map(() => way));
    expect(last).toMatchObject({ status: 200, data: { viewer: { role: 'ADMIN' } }, codes: [] });
    expect(next).toMatchObject({ status: 429, codes: ['RATE_LIMITED'], messages: [expect.stringMatching(tooOften)] });
    expect(waitOf(next)).toBeGreaterThan(0);
    expect(waitOf(next)).toBeLessThanOrEqual(60);
  });

  test('on an open socket: the operation is told, the socket stays', async () => {
    const key = await freshKey();
    // Opening the socket is a request, too.
    await useUp(key, 2);
    const { socket, closed } = await openSocket(server, key);
    const run = (id: string) => {
      const answer = answerOn(socket, closed, id);
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query } }));
      return answer;
    };
    const [last, next] = [await run('last'), await run('next')];
    tried += 1;
    if (next.codes[0] !== 'RATE_LIMITED') different.push('operations on a socket');
    expect(last).toMatchObject({ data: { viewer: { role: 'ADMIN' } }, codes: [] });
    expect(next).toMatchObject({ codes: ['RATE_LIMITED'], messages: [expect.stringMatching(tooOften)] });
    expect(socket.readyState).toBe(socket.OPEN);
    socket.close();
    await closed;
  });

  test('when a socket is opened: it is closed, to be tried again later', async () => {
    const key = await freshKey();
    await useUp(key);
    const { refused } = await openSocket(server, key);
    tried += 1;
    if (refused?.[0] !== 1013) different.push('opening a socket');
    expect(refused).toEqual([1013, 'Try again later']);
  });

  test('whatever the transports before it, and other keys ask on', async () => {
    const [key, other] = [await freshKey(), await freshKey()];
    await useUp(key);
    for (const way of wayNames) {
      const { codes, closed } = await ways[way](server, key, query);
      expect(codes[0] ?? closed?.[0]).toBe(way === 'WebSocket' ? 1013 : 'RATE_LIMITED');
      expect((await ways[way](server, other, query)).data).toEqual({ viewer: { role: 'ADMIN' } });
    }
  });
});

test('a refusal does not wait for the body', async () => {
  const key = await freshKey();
  await useUp(key);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const head = ['POST /graphql HTTP/1.1', 'Host: x', `Authorization: Bearer ${key}`, 'Content-Type: application/json'];
  socket.write(`${[...head, 'Content-Length: 1000000'].join('\r\n')}\r\n\r\n{"query":`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
  expect(String(answer)).toMatch(/\r\nretry-after: \d+\r\n/i);
  socket.destroy();
});

test.each(wayNames)('an operation that costs much counts as several requests over %s', async (way) => {
  // 2 + 100 × (2 + 50) = 5,202: five more than one.
  const wide = '{ connections(first: 100) { nodes { grants(first: 50) { nodes { id } } } } }';
  const key = await freshKey();
  const opening = way === 'WebSocket' ? 1 : 0;
  await useUp(key, 6 + opening);
  expect((await ways[way](server, key, wide)).codes).toEqual([]);
  expect((await ways.HTTP(server, key, query)).codes).toEqual(['RATE_LIMITED']);
  const poor = await freshKey();
  await useUp(poor, 5 + opening);
  const told = await ways[way](server, poor, wide);
  tried += 1;
  if (told.codes[0] !== 'RATE_LIMITED') different.push(`cost over ${way}`);
  expect(told.codes).toEqual(['RATE_LIMITED']);
});

describe('a session token', () => {
  test('may ask a tenth of what its key may, and counts for its key', async () => {
    const ask = server.askAs(await freshKey());
    const connector = await readyConnector(ask, { name: 'Basics' }, staticConfigs.basic);
    const connection = await createConnection(ask, { connector: { id: connector }, name: 'Shared' });
    const token = await createSessionToken(ask, connection);
    const mine = 'query ($id: ID!) { connection(by: { id: $id }) { status } }';
    for (let request = 0; request < LIMIT / 10; request++)
      expect((await ways.HTTP(server, token, mine, { id: connection })).data).toEqual({
        connection: { status: 'UNAUTHORIZED' },
      });
    for (const way of wayNames) {
      const { codes, messages, closed } = await ways[way](server, token, mine, { id: connection });
      tried += 1;
      if (closed?.[0] !== 1013 && codes[0] !== 'RATE_LIMITED') different.push(`session token over ${way}`);
      expect(closed?.[1] ?? messages[0]).toMatch(/^A session token may make 2 requests a minute: |^Try again later$/);
    }
    // Five to get there, two of the token; what the token was refused is not counted.
    for (let request = 0; request < LIMIT - 7; request++) expect((await ask(query)).status).toBe(200);
    expect((await ask(query)).status).toBe(429);
  });
});

test('wrong keys are limited by address over every transport, and a good key from there is not', async () => {
  const guess = (way: keyof typeof ways) => ways[way](server, 'a-key-that-nobody-has-0123456789', query);
  const first = [await guess('HTTP'), await guess('WebSocket')];
  expect(first.map(({ status, closed }) => status ?? closed?.[0])).toEqual([401, 4403]);
  for (const way of wayNames) {
    const refused = await guess(way);
    tried += 1;
    if (!isLimited(refused)) different.push(`wrong keys over ${way}`);
    expect(refused.codes).toEqual(way === 'WebSocket' ? [] : ['RATE_LIMITED']);
    expect(isLimited(refused)).toBe(true);
    expect((await ways[way](server, await freshKey(), query)).codes).toEqual([]);
  }
});

const isLimited = ({ status, closed }: Told) => status === 429 || closed?.[0] === 1013;

describe('addresses', () => {
  const refuse = { authenticate: () => Promise.reject(topLevelError('UNAUTHENTICATED', 'No.')) } as never;
  const codeOf = (guess: Promise<unknown>) => guess.catch((error) => error.extensions.code);

  test('are counted apart, each a tenth of the requests of a key', async () => {
    const admission = new Admission(refuse, 6_000);
    const guesses = Array.from({ length: 600 }, () => codeOf(admission.admit(undefined, 'request', '192.0.2.1')));
    expect(new Set(await Promise.all(guesses))).toEqual(new Set(['UNAUTHENTICATED']));
    expect(await codeOf(admission.admit(undefined, 'request', '::ffff:192.0.2.1'))).toBe('RATE_LIMITED');
    expect(await codeOf(admission.admit(undefined, 'request', '192.0.2.2'))).toBe('UNAUTHENTICATED');
  });

  test('of IPv6 are one for each network of 64 bits', () => {
    expect(networkOf('2001:db8:1:2:aaaa::1')).toBe(networkOf('2001:db8:1:2::ffff'));
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'));
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('')).toBe('');
  });
});

test('the owner, who asked for none of that, is still answered', async () => {
  expect((await ways.HTTP(server, OWNER_KEY, query)).data).toEqual({ viewer: { role: 'OWNER' } });
  expectNone(CHAPTER, 'limits of requests that one transport does not hold', different, tried, 13);
  expectNone(CHAPTER, 'requests beyond their limit answered 5xx', faults, tried, 13);
});
