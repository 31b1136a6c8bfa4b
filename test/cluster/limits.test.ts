/** Limits of four processes: counted once, in Redis; while it is away, or stands still, each counts for itself and nothing fails. */
import { type RedisService, startRedis } from '../../scripts/services.mjs';
import { createKey } from '../support/keys';
import { type Cluster, startCluster } from './cluster';

/** Requests of a key in a minute. */
const LIMIT = 20;

let redis: RedisService;
let cluster: Cluster;

beforeAll(async () => {
  redis = await startRedis();
  cluster = await startCluster(4, { REDIS_URL: redis.url, RATE_LIMIT: `${LIMIT}` });
});
afterEach(() => redis.goOn());
afterAll(async () => {
  await cluster.close();
  await redis.close();
});

/** How often each status was the answer to so many requests to each process with one key, all at once; in turn by process. */
async function askedOfEach(secret: string, count: number): Promise<Record<string, number>[]> {
  const asking = cluster.members.map(() => [] as Promise<number>[]);
  for (let turn = 0; turn < count; turn += 1)
    for (const [index, { askAs }] of cluster.members.entries())
      asking[index]?.push(askAs(secret)('{ viewer { role } }').then(({ status }) => status));
  const statuses = await Promise.all(asking.map((ofOne) => Promise.all(ofOne)));
  return statuses.map((all) =>
    Object.fromEntries([...new Set(all)].map((one) => [one, all.filter((s) => s === one).length])),
  );
}

const sumOf = (counts: Record<string, number>[], status: number) =>
  counts.reduce((sum, count) => sum + (count[status] ?? 0), 0);

const newKey = async () => (await createKey(cluster.ask, 'VIEWER')).secret;

test('a key has its limit once, whichever processes it asks', async () => {
  const counts = await askedOfEach(await newKey(), LIMIT);
  expect([sumOf(counts, 200), sumOf(counts, 429)]).toEqual([LIMIT, 3 * LIMIT]);
});

test('while Redis stands still each counts for itself, and every request is answered', async () => {
  const secret = await newKey();
  redis.freeze();
  expect(await askedOfEach(secret, LIMIT + 5)).toEqual(cluster.members.map(() => ({ 200: LIMIT, 429: 5 })));
});

test('while Redis is away each counts for itself, and they count together again when it is back', async () => {
  const secret = await newKey();
  await redis.stop();
  expect(await askedOfEach(secret, LIMIT + 5)).toEqual(cluster.members.map(() => ({ 200: LIMIT, 429: 5 })));
  await redis.start();
  // Each process has three connections: one that tells, one that hears, one that counts.
  await Promise.all(cluster.members.map((member) => member.process.said(/(Redis answers again[\s\S]*){3}/)));
  const counts = await askedOfEach(await newKey(), LIMIT);
  expect([sumOf(counts, 200), sumOf(counts, 429)]).toEqual([LIMIT, 3 * LIMIT]);
}, 120_000);
