/** The check of keys tells nothing about how near a wrong one is: it is looked up by the hash of all of it, and takes as long as any. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Authenticator } from '../../../src/access/authenticate';
import { createKey } from '../../support/keys';
import { startTestServer, type TestServer } from '../../support/server';
import { amount, expectNone, tell } from '../../support/trust';

const CHAPTER = 'Right workspace';
let server: TestServer;
let authenticator: Authenticator;
let real: string;

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('base64url');
const newKey = () => `gk_${randomBytes(32).toString('base64url')}`;

beforeAll(async () => {
  server = await startTestServer();
  real = (await createKey(server.ask, 'ADMIN')).secret;
  for (let count = 0; count < amount(3, 50); count += 1) await createKey(server.ask, 'VIEWER');
  const { authenticate } = Authenticator.prototype;
  const spy = jest.spyOn(Authenticator.prototype, 'authenticate').mockImplementation(function (
    this: Authenticator,
    ...given
  ) {
    authenticator = this;
    return authenticate.apply(this, given);
  });
  await server.ask('{ __typename }');
  spy.mockRestore();
}, 30_000);
afterAll(() => server.remove());

/** Wrong keys by how near they are to the real one: none of them is of any use. `number`: which of `POOL`. */
const classes: Record<string, (number: number) => string> = {
  wrong: newKey,
  'wrong, too': newKey,
  'wrong in the last letter': (number) => real.slice(0, -1) + [...LETTERS].filter((one) => one !== real.at(-1))[number],
  'wrong from the last letters on': () => real.slice(0, 40) + newKey().slice(40),
  'with a hash that begins alike': () => keyWithHashLike(real, 2),
};
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** How many keys of each class there are: as many of each, made beforehand, so that nothing but nearness differs. */
const POOL = 16;
/** How much longer or shorter a nearly right key may take: this part of what a wrong one takes, or so often what two wrong ones differ by. */
const TOLERANCE = { part: 0.1, noise: 5 };

const other = (letter: string | undefined) => (letter === 'A' ? 'B' : 'A');

/** A key whose hash shares its first letters with that of the real one: as near as somebody who knew the hash might come. */
function keyWithHashLike(secret: string, letters: number): string {
  const start = hashOf(secret).slice(0, letters);
  for (;;) {
    const key = newKey();
    if (hashOf(key).startsWith(start)) return key;
  }
}

const check = (secret: string) =>
  authenticator.authenticate(`Bearer ${secret}`, 'request').then(
    () => 'let in',
    (error: { message: string }) => error.message,
  );

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

test('nearly right is as wrong as wrong: the same answer, byte for byte', async () => {
  const answers = new Set<string>();
  for (const make of Object.values(classes)) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${make(0)}` },
      body: '{"query":"{ viewer { role } }"}',
    });
    const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
    answers.add(JSON.stringify([response.status, headers, await response.text()]));
  }
  expect(answers.size).toBe(1);
  expect([...answers][0]).toContain('UNAUTHENTICATED');
});

test('what is compared is the hash of the whole key, in which nearness does not show', async () => {
  // Whatever letter of a key is wrong, its hash has no more in common with the right one than chance has it.
  const hits: string[] = [];
  const tries = amount(200, 2_000);
  for (let count = 0; count < tries; count += 1) {
    const at = 3 + (count % (real.length - 3));
    const near = real.slice(0, at) + other(real.at(at)) + real.slice(at + 1);
    const [mine, right] = [hashOf(near), hashOf(real)];
    const common = [...right].findIndex((letter, index) => letter !== mine[index]);
    // 64 ** 6 is far beyond the number of tries.
    if (common >= 6 || (await check(near)) === 'let in') hits.push(`${at}: ${common}`);
  }
  expectNone(
    CHAPTER,
    'keys with one wrong letter that got in, or whose hash was near the right one',
    hits,
    tries,
    2_000,
  );
});

test('nothing but that hash counts: who has it is let in', async () => {
  const near = `${real.slice(0, -1)}${other(real.at(-1))}`;
  const database = new Database(join(server.dataDir, 'grapnel.sqlite'));
  const rehash = (from: string, to: string) =>
    expect(database.prepare('UPDATE api_key SET hash = ? WHERE hash = ?').run(hashOf(to), hashOf(from)).changes).toBe(
      1,
    );
  const row = JSON.stringify(database.prepare('SELECT * FROM api_key WHERE hash = ?').get(hashOf(real)));
  expect(row).not.toContain(real.slice(3, 11));
  rehash(real, near);
  const swapped = [await check(near), await check(real)];
  rehash(near, real);
  database.close();
  expect(swapped).toEqual(['let in', expect.stringContaining('Give a valid API key')]);
  expect(await check(real)).toBe('let in');
});

test(
  'how long the check takes',
  async () => {
    const names = Object.keys(classes);
    const pools = new Map(
      names.map((name) => [name, Array.from({ length: POOL }, (_, number) => classes[name]!(number))]),
    );
    const samples = new Map(names.map((name) => [name, [] as number[]]));
    const rounds = amount(500, 5_000);
    for (let round = 0; round < rounds; round += 1) {
      // Each class comes as often in each place, so that what comes before it is the same for all.
      for (let place = 0; place < names.length; place += 1) {
        const name = names[(place + round) % names.length]!;
        const secret = pools.get(name)![round % POOL]!;
        const started = process.hrtime.bigint();
        const answer = await check(secret);
        samples.get(name)!.push(Number(process.hrtime.bigint() - started));
        expect(answer).not.toBe('let in');
      }
    }
    const medians = new Map(names.map((name) => [name, median(samples.get(name)!)]));
    const micro = (nanos: number) => `${(nanos / 1000).toFixed(2)} µs`;
    const wrong = medians.get('wrong')!;
    const noise = Math.abs(wrong - medians.get('wrong, too')!);
    const most = Math.max(TOLERANCE.part * wrong, TOLERANCE.noise * noise);
    const near = names.slice(2);
    for (const name of near)
      tell(
        CHAPTER,
        `time to check a key that is ${name}, ${rounds.toLocaleString('en-US')} samples each`,
        `${micro(medians.get(name)! - wrong)} from a wrong one (${micro(wrong)}); noise ${micro(noise)}`,
      );
    expect([...samples.values()].map(({ length }) => length)).toEqual(names.map(() => rounds));
    const telling = near.filter((name) => Math.abs(medians.get(name)! - wrong) > most);
    expectNone(
      CHAPTER,
      'kinds of nearly right keys that the time of the check tells from wrong ones',
      telling,
      near.length,
      3,
    );
  },
  amount(60_000, 1_200_000),
);
