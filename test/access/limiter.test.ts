/** Limiters: in the process, and in Redis, which processes share and which may fail. */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { createLimiter, type Limiter } from '../../src/access/limiter';

const sentence = 'A key may make 3 requests';
const codeOf = (taking: Promise<void>) =>
  taking.then(
    () => 'taken',
    (error) => `${error.extensions.code} ${error.extensions.http.retryAfter}`,
  );

async function takeAll(limiter: Limiter, holder: string, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let turn = 0; turn < count; turn++) taken.push(await codeOf(limiter.take(holder)));
  return taken;
}

describe('in the process', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: new Date('2026-03-01T10:00:00.000Z') });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('a holder has its points for a minute, then all of them again', async () => {
    const limiter = createLimiter({ name: 'key', limit: 3, sentence });
    expect(await takeAll(limiter, 'a', 4)).toEqual(['taken', 'taken', 'taken', 'RATE_LIMITED 60']);
    jest.advanceTimersByTime(59_500);
    expect(await takeAll(limiter, 'a', 1)).toEqual(['RATE_LIMITED 1']);
    expect(await takeAll(limiter, 'b', 1)).toEqual(['taken']);
    jest.advanceTimersByTime(500);
    expect(await takeAll(limiter, 'a', 4)).toEqual(['taken', 'taken', 'taken', 'RATE_LIMITED 60']);
  });

  test('the message says the limit and the wait', async () => {
    const limiter = createLimiter({ name: 'key', limit: 3, sentence });
    await expect(limiter.take('a', 4)).rejects.toThrow('A key may make 3 requests a minute: try again in 60 seconds.');
  });

  test('0 is no limit', async () => {
    const limiter = createLimiter({ name: 'key', limit: 0, sentence });
    expect(await takeAll(limiter, 'a', 1000)).toEqual(Array(1000).fill('taken'));
  });
});

describe('while Redis cannot be reached', () => {
  test('each process counts for itself', async () => {
    // Never connects: nothing was asked of it yet.
    const redis = new Redis({ lazyConnect: true, enableOfflineQueue: false });
    const limiter = createLimiter({ name: 'key', limit: 3, sentence, redis });
    expect(await takeAll(limiter, 'a', 4)).toEqual(['taken', 'taken', 'taken', 'RATE_LIMITED 60']);
    redis.disconnect();
  });
});

// A Redis to count in is not a given where the tests run.
const { TEST_REDIS_URL } = process.env;
if (TEST_REDIS_URL)
  test('in Redis processes count together, and holders and names apart', async () => {
    const clients = [new Redis(`${TEST_REDIS_URL}`), new Redis(`${TEST_REDIS_URL}`)];
    const name = randomUUID();
    const [one, two] = clients.map((redis) => createLimiter({ name, limit: 3, sentence, redis })) as [Limiter, Limiter];
    await Promise.all(clients.map((client) => client.ping()));
    expect(await takeAll(one, 'a', 2)).toEqual(['taken', 'taken']);
    expect((await takeAll(two, 'a', 2))[0]).toBe('taken');
    expect(await codeOf(one.take('a'))).toMatch(/^RATE_LIMITED \d+$/);
    expect(await takeAll(two, 'b', 1)).toEqual(['taken']);
    const third = createLimiter({ name: randomUUID(), limit: 3, sentence, redis: clients[0] });
    expect(await takeAll(third, 'a', 1)).toEqual(['taken']);
    await Promise.all(clients.map((client) => client.quit()));
  });
