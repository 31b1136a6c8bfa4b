/** `grapnel move`, broken off: it is run again and goes on, and until it has ended nobody works with half of the rows. */
import { randomInt } from 'node:crypto';
import { Mover } from '../../src/storage/move/mover';
import { change, rowsOf } from '../support/database';
import { type MainProcess, runMain } from '../support/main-process';
import { startTestServer } from '../support/server';
import { createConnector } from '../support/story';
import { moving, total } from './moving';

jest.setTimeout(300_000);

const moves = moving();

test('killed at any point and run again, again and again: the same rows in the end', async () => {
  moves.multiply();
  const before = await moves.everyRow('sqlite');
  const count = async () => {
    const sql =
      'SELECT (SELECT count(*) FROM happening) + (SELECT count(*) FROM connection) + (SELECT count(*) FROM connection_grant) AS n';
    // Before the first migration there is no table to count.
    return (await rowsOf(moves.dataDir, sql).catch(() => []))[0]?.n as number | undefined;
  };
  const seen: number[] = [];
  for (let kill = 0; kill < 6; kill += 1) {
    const goal = kill === 0 ? 0 : ((await count()) ?? 0) + randomInt(1, 4000);
    const main = moves.start();
    let isOver = false;
    void main.ended.then(() => {
      isOver = true;
    });
    while (!isOver && ((await count()) ?? -1) < goal);
    main.signal('SIGKILL');
    expect(await main.ended).toBeNull();
    seen.push((await count()) ?? -1);
  }
  // Each got further than the one before, and none to the end.
  expect(seen).toEqual([...seen].sort((one, other) => one - other));
  expect(seen.at(-1)).toBeLessThan(25_000);
  const main = moves.start();
  expect([await main.ended, main.stderr()]).toEqual([0, '']);
  expect(main.stdout()).toMatch(/^happening {2}[\d,]+ rows copied, [\d,]+ were there already$/m);
  expect(main.stdout()).toContain(`All ${total(before)} rows are there.`);
  expect([await moves.everyRow('postgres'), await moves.everyRow('sqlite')]).toEqual([before, before]);
});

/** A server that is started on the target, and every command that works there; each gives what it says and how it ends. */
async function all(): Promise<[name: string, code: number | null, said: string][]> {
  const starts = ['', 'migrate', 'rotate-keys', 'audit:verify'].map(async (name) => {
    const main = runMain(name ? [name] : [], { DATA_DIR: moves.dataDir, DATABASE_URL: moves.url, LOG_LEVEL: 'silent' });
    return [name, await main.ended, main.stderr()] as [string, number | null, string];
  });
  return Promise.all(starts);
}

const unfinished = (name: string) => [
  name,
  1,
  expect.stringContaining(
    'A move to this database was begun and has not ended, so that it holds only some of the rows: run `grapnel move` again until it says that all rows are there.',
  ),
];

const marks = () => rowsOf(moves.dataDir, "SELECT tablename FROM pg_tables WHERE tablename = 'unfinished_move'");

test('broken off: nothing works on half of the rows, and all does when it was run again', async () => {
  const spy = jest.spyOn(Mover.prototype, 'compare').mockRejectedValueOnce(new Error('Broken off by the test.'));
  await expect(moves.run()).rejects.toThrow('Broken off by the test.');
  spy.mockRestore();
  const before = await moves.everyRow('postgres');
  expect(await all()).toEqual(['', 'migrate', 'rotate-keys', 'audit:verify'].map(unfinished));
  expect(await moves.everyRow('postgres')).toEqual(before);

  expect((await moves.run()).isWell).toBe(true);
  expect(await marks()).toEqual([]);
  const server = await startTestServer({ dataDir: moves.dataDir, env: { REDIS_URL: '', DATABASE_URL: moves.url } });
  await server.close();
});

test('broken off before the first row: no server takes the empty database for a new one', async () => {
  const spy = jest.spyOn(Mover.prototype, 'copy').mockRejectedValueOnce(new Error('Broken off by the test.'));
  await expect(moves.run()).rejects.toThrow('Broken off by the test.');
  spy.mockRestore();
  expect(await all()).toEqual(['', 'migrate', 'rotate-keys', 'audit:verify'].map(unfinished));
});

test('broken off while a server waits for its turn: it does not start on half of the rows', async () => {
  const waiting =
    'SELECT count(*) AS n FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = ? AND NOT granted AND datname = ?';
  let server: MainProcess | undefined;
  const spy = jest.spyOn(Mover.prototype, 'compare').mockImplementation(async () => {
    server = runMain([], { DATA_DIR: moves.dataDir, DATABASE_URL: moves.url });
    while ((await rowsOf(moves.dataDir, waiting, 'advisory', new URL(moves.url).pathname.slice(1)))[0]?.n === 0);
    throw new Error('Broken off by the test.');
  });
  await expect(moves.run()).rejects.toThrow('Broken off by the test.');
  spy.mockRestore();
  expect(await server?.ended).toBe(1);
  expect(server?.stderr()).toContain('A move to this database was begun and has not ended');
});

test('rows that differ leave the mark where it is', async () => {
  const { copy } = Mover.prototype;
  const spy = jest.spyOn(Mover.prototype, 'copy').mockImplementation(async function (this: Mover) {
    await copy.apply(this);
    await change(moves.dataDir, "INSERT INTO encryption_key (id, proof) VALUES ('another', 'proof')");
  });
  expect((await moves.run()).isWell).toBe(false);
  spy.mockRestore();
  expect((await marks()).length).toBe(1);
});

test('a target that a server works with is not marked by a move that is refused', async () => {
  await moves.run();
  const server = await startTestServer({ dataDir: moves.dataDir, env: { REDIS_URL: '', DATABASE_URL: moves.url } });
  await createConnector(server.ask, { name: 'Since' });
  await expect(moves.run()).rejects.toThrow('The target was worked with since');
  expect(await marks()).toEqual([]);
  await server.close();
});
