/** The rotation of the encryption key killed at each of its steps, and beside a server: every secret opens, and another run ends what it began. */
import { randomInt } from 'node:crypto';
import { parseEncryptionKeys } from '../../src/config';
import { Vault } from '../../src/storage/vault';
import { fill, makeTemplates, numberOf, secretOf } from '../attacks/secrets/many-secrets';
import { key, listedKeys, type SealedValue, sealedValues, usedKeys } from '../attacks/secrets/rotating';
import { dataOf } from '../support/server';
import { authorize } from '../support/story';
import { amount, expectNone, tell } from '../support/trust';
import { type Command, damages, inDatabase, type Lives, lives, spread, type Victim } from './victim';

jest.setTimeout(1_200_000);

/** More than twice as many as a transaction encrypts anew, with more than one transaction for the grants. */
const ROWS = 320;
/** After how many answers of the server beside it a rotation is killed at most. */
const MOST_ANSWERS = 40;

/** Each rotation goes from the last key to one that was never there before. */
let turn = 1;
const current = () => key(`key-${turn}`, turn);
const next = () => key(`key-${turn + 1}`, turn + 1);
const both = () => `${next()},${current()}`;

let server: Lives;
let owned: readonly string[];
/** What is in each secret, by the table and the id of the row. */
const known = new Map<string, string>();
const nameOf = ({ table, id }: { table: string; id: string }) => `${table} ${id}`;

beforeAll(async () => {
  server = await lives();
  const victim = await server.start({ ENCRYPTION_KEYS: current() });
  ({ owned } = await makeTemplates(victim.ask, 'api.example', 2));
  await victim.kill();
  fill(server.dataDir, current(), ROWS);
  const vault = new Vault(parseEncryptionKeys(current()));
  for (const value of sealedValues(server.dataDir)) known.set(nameOf(value), opened(vault, value));
  expect(new Set(sealedValues(server.dataDir).map(({ table }) => table)).size).toBe(4);
});
afterAll(() => server.end());

function opened(vault: Vault, { table, id, workspaceId, field, envelope }: SealedValue): string {
  try {
    return JSON.stringify(vault.open(envelope, { workspaceId, table, row: id, field }));
  } catch (error) {
    return `${error}`;
  }
}

const lost: string[] = [];
const unfinished: string[] = [];
const failures: string[] = [];
const damaged: string[] = [];
let [kills, answers] = [0, 0];

/** Notes what does not open with `keys`, or to something else than is known, and a key that is given up although it is needed. */
function look(where: string, keys: string): void {
  const vault = new Vault(parseEncryptionKeys(keys));
  const found = sealedValues(server.dataDir);
  lost.push(
    ...found.flatMap((value) => {
      const content = opened(vault, value);
      return content === known.get(nameOf(value)) ? [] : [`${where}, ${nameOf(value)}: ${content}`];
    }),
  );
  if (found.length !== known.size) lost.push(`${where}: ${found.length} secrets of ${known.size}`);
  const listed = listedKeys(server.dataDir);
  lost.push(...usedKeys(server.dataDir).flatMap((id) => (listed.includes(id) ? [] : `${where}: ${id} was given up`)));
  damaged.push(...damages(server.dataDir).map((damage) => `${where}: ${JSON.stringify(damage)}`));
}

/** Begins to rotate from the last key to the next. */
function rotate(args: string[], killAt = 0): Command {
  // The flows that were copied have to last for as long as the test does.
  const end = Date.now() + 540_000;
  inDatabase(server.dataDir, (database) => database.prepare('UPDATE authorization_flow SET expiresAt = ?').run(end));
  return server.command('rotate-keys', args, { ENCRYPTION_KEYS: both() }, killAt);
}

/** Lets another run do what the killed one left, and takes its key as the only one from then on. */
async function finish(where: string, args: string[]): Promise<void> {
  const again = rotate(args);
  const code = await again.ended;
  turn += 1;
  const [listed, used] = [listedKeys(server.dataDir), usedKeys(server.dataDir)];
  if (code !== 0 || `${listed} ${used}` !== `key-${turn} key-${turn}`)
    unfinished.push(`${where}: ${code}; listed ${listed}; used ${used}; ${again.stdout()}${again.stderr()}`);
}

/** All between statements, and of the rows that are encrypted anew one after the other the first, one in the middle and the last. */
function named(steps: readonly string[]): number[] {
  const isRow = (at: number) => steps[at] === 'after UPDATE';
  const ends = steps.flatMap((_, at) => (isRow(at) && !(isRow(at - 1) && isRow(at + 1)) ? [at] : []));
  const middles = ends.flatMap((at, place) =>
    place % 2 === 1 ? [Math.floor(((ends[place - 1] ?? at) + at) / 2)] : [],
  );
  const others = steps.flatMap((_, at) => (isRow(at) ? [] : [at]));
  return [...new Set([...others, ...ends, ...middles])].sort((one, other) => one - other).map((at) => at + 1);
}

test('at each step, while no server runs', async () => {
  const undisturbed = rotate(['--stopped']);
  expect([await undisturbed.ended, undisturbed.stderr()]).toEqual([0, '']);
  turn += 1;
  const steps = undisturbed.steps();
  const grants = [...known.keys()].filter((name) => name.startsWith('connection_grant ')).length;
  expect(grants).toBeGreaterThan(200);
  // The list of keys; each table, the grants in two parts; the old key, which is given up.
  expect(steps.filter((step) => step === 'after COMMIT')).toHaveLength(1 + 3 + Math.ceil(grants / 200) + 1);
  expect(steps.filter((step) => step === 'after UPDATE')).toHaveLength(known.size);
  // How many are left is looked up at the beginning, and once more before the verdict.
  expect(steps.slice(-5)).toEqual(['after COMMIT', ...Array(4).fill('after SELECT COUNT')]);

  const numbers = named(steps);
  for (const number of spread(numbers, amount(3, numbers.length))) {
    const where = `rotation killed ${steps[number - 1]} (step ${number} of ${steps.length})`;
    expect(await rotate(['--stopped'], number).ended).toBeNull();
    kills += 1;
    look(where, both());
    await finish(where, ['--stopped']);
    look(`${where}, and run again`, current());
  }
});

/** Reads and writes secrets through the server until it is told to stop; whoever stops it knows then what was acknowledged. */
function working(victim: Victim, told: () => void): () => Promise<void> {
  let isOver = false;
  const connectors = [...known.keys()].filter((name) => /^connector .*~/.test(name)).map((name) => name.slice(10));
  const read = async () => {
    const id = connectors[randomInt(connectors.length)] as string;
    const query =
      'query ($id: ID!) { connector(by: { id: $id }) { authConfig { ... on OAuth2AuthConfig { clientSecret { lastFour } } } } }';
    const { lastFour } = (await dataOf(victim.ask(query, { id }))).connector.authConfig.clientSecret;
    if (lastFour !== secretOf(numberOf(id)).slice(-4)) failures.push(`${id}: ${lastFour}`);
  };
  const write = async (connection: string) => {
    const token = `token-${turn}-${randomInt(2 ** 40)}`;
    await authorize(victim.ask, connection, { bearerToken: { token } });
    const find = 'SELECT id FROM connection_grant WHERE connectionId = ?';
    const id = inDatabase(server.dataDir, (database) => database.prepare(find).pluck().get(connection)) as string;
    known.set(nameOf({ table: 'connection_grant', id }), JSON.stringify({ token }));
  };
  const workers = owned.map(async (connection) => {
    while (!isOver) {
      await (randomInt(2) === 0 ? read() : write(connection)).catch((error: unknown) => failures.push(`${error}`));
      answers += 1;
      told();
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(workers);
  };
}

test('at random moments, beside a server that reads and writes', async () => {
  for (const wanted = kills + amount(1, 25); kills < wanted; ) {
    const victim = await server.start({ ENCRYPTION_KEYS: both() });
    const rotation = rotate([]);
    let left = randomInt(1, MOST_ANSWERS);
    // It is counted from its first step on: before that it does nothing.
    const stop = working(victim, () => {
      if (rotation.steps().length > 0 && --left === 0) rotation.signal('SIGKILL');
    });
    const isKilled = (await rotation.ended) === null;
    await stop();
    const where = `rotation killed beside a server, ${rotation.steps().length} steps on`;
    if (isKilled) kills += 1;
    look(where, both());
    const end = working(victim, () => undefined);
    await finish(where, []);
    await end();
    await victim.kill();
    look(`${where}, and run again`, current());
    const after = await server.start({ ENCRYPTION_KEYS: current() });
    await working(after, () => undefined)();
    await after.kill();
    look(`${where}, and served with the new key alone`, current());
  }
});

test('the sum of it', () => {
  const [chapter, of] = ['Killed', 'of SIGKILLs during rotations of the key'];
  expectNone(chapter, `secrets that do not open, or not as last written, ${of}`, lost, kills, 70);
  expectNone(chapter, `rotations that a second run does not end, ${of}`, unfinished, kills, 70);
  expectNone(chapter, 'requests that failed beside a rotation that is killed', failures, answers, 500);
  expectNone(chapter, 'damages of the database, after SIGKILLs during rotations of the key', damaged, kills, 70);
  tell(chapter, 'SIGKILLs during rotations of the encryption key', `${kills}`);
});
