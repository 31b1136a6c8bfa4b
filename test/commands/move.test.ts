/** What `grapnel move` refuses before it goes anywhere: wrong arguments, no database, one that is in use; and that it keeps the source to itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { connect } from '../../ormconfig';
import { move } from '../../src/commands/move';
import { readConfig } from '../../src/config';
import { createLog } from '../../src/log';
import { Source } from '../../src/storage/move/source';
import { filesOf, startOnSqlite } from '../cluster/lived-in';
import { endAll, runMain } from '../support/main-process';

jest.setTimeout(60_000);

/** Nothing listens there. */
const NOWHERE = 'postgres://grapnel:pass-word-of-postgres@127.0.0.1:1/grapnel';
let dataDir: string;
const file = () => join(dataDir, 'grapnel.sqlite');

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-move-'));
});
afterEach(async () => {
  await endAll();
  rmSync(dataDir, { recursive: true });
});

/** A stopped server's database. */
async function stopped(): Promise<void> {
  const { writer, reader } = await connect({ databaseUrl: undefined, dataDir });
  await reader.destroy();
  await writer.destroy();
}

/** Runs the command here; gives what it says when it fails. */
async function failed(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const surroundings = { config: readConfig({ DATA_DIR: dataDir }), log: createLog('silent') };
  const run = move.run(args, { ...surroundings, print: (text) => void printed.push(text) });
  const { message } = await run.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );
  expect(printed).toEqual([]);
  return message;
}

test.each([
  [[]],
  [['--to']],
  [[NOWHERE]],
  [['--to', NOWHERE, NOWHERE]],
  [['--to', NOWHERE.replace('postgres:', 'mysql:')]],
  [['--to', NOWHERE.replace('postgres:', '')]],
])('the arguments of case %# are refused with how it is used, and without the password', async (args) => {
  await stopped();
  expect(await failed(...args)).toBe('Usage: grapnel move --to <postgres://…>');
});

test('without a database there is nothing to move, and none is made', async () => {
  expect(await failed('--to', NOWHERE)).toBe(
    `grapnel move: there is no database at ${file()}; DATA_DIR says where it is.`,
  );
  expect(filesOf(dataDir)).toEqual({});
});

test('a target that does not answer is told without its password, and the source stays as it is', async () => {
  await stopped();
  const before = filesOf(dataDir);
  const main = runMain(['move', '--to', NOWHERE], { DATA_DIR: dataDir, LOG_LEVEL: 'trace' });
  expect([await main.ended, main.stdout(), main.stderr()]).toEqual([
    1,
    '',
    'grapnel: connect ECONNREFUSED 127.0.0.1:1\n',
  ]);
  expect(filesOf(dataDir)).toEqual(before);
});

test('a server that runs keeps its database from being moved, also when it does nothing', async () => {
  const server = await startOnSqlite();
  try {
    expect(() => new Source(join(server.dataDir, 'grapnel.sqlite'))).toThrow('is in use: stop the server');
  } finally {
    await server.remove();
  }
});

test('nobody else opens the database while it is moved, not even to read; then everybody can', async () => {
  await stopped();
  const source = new Source(file());
  // Its error is of another realm where this process has opened a database for another test file before.
  await expect(connect({ databaseUrl: undefined, dataDir })).rejects.toMatchObject({ message: 'database is locked' });
  const reading = new Database(file(), { readonly: true, timeout: 0 });
  expect(() => reading.prepare('SELECT count(*) FROM workspace').get()).toThrow('database is locked');
  reading.close();
  source.close();
  const { writer, reader } = await connect({ databaseUrl: undefined, dataDir });
  await Promise.all([reader.destroy(), writer.destroy()]);
});

test('the same of a database without a WAL, as a backup is', async () => {
  await stopped();
  const database = new Database(file(), { timeout: 0 });
  database.pragma('journal_mode = DELETE');
  const before = filesOf(dataDir);
  const source = new Source(file());
  expect(() => database.prepare('SELECT count(*) FROM workspace').get()).toThrow('database is locked');
  source.close();
  database.exec('BEGIN; SELECT count(*) FROM workspace');
  database.prepare('SELECT count(*) FROM workspace').get();
  expect(() => new Source(file())).toThrow('is in use');
  database.close();
  expect(filesOf(dataDir)).toEqual(before);
});

test('rows come in batches of a thousand, or fewer where they are large', async () => {
  await stopped();
  const database = new Database(file());
  database.exec('CREATE TABLE sample (id text PRIMARY KEY, bytes text)');
  const insert = database.prepare('INSERT INTO sample VALUES (?, ?)');
  for (let id = 0; id < 2100; id += 1) insert.run(`${id}`.padStart(4, '0'), id < 10 ? 'x'.repeat(1_500_000) : null);
  database.close();
  const source = new Source(file());
  const columns = ['id', 'bytes'].map((name) => ({ name, type: 'text' }));
  const sizes = [...source.batches({ name: 'sample', key: 'id', columns })].map(({ length }) => length);
  source.close();
  expect(sizes).toEqual([3, 3, 3, 1000, 1000, 91]);
});
