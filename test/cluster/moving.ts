/** What is moved in tests: a copy of a server's data folder that was lived in, to a database of its own. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { move } from '../../src/commands/move';
import { readConfig } from '../../src/config';
import { createLog } from '../../src/log';
import { databaseSettings, dropDatabase, rowsOf } from '../support/database';
import { endAll, type MainProcess, runMain } from '../support/main-process';
import { type LivedIn, livedIn, openSqlite } from './lived-in';

export interface Moves {
  /** What the folder is a copy of. */
  readonly life: LivedIn;
  readonly dataDir: string;
  /** The database that each test moves to. */
  readonly url: string;
  /** Runs the command here; gives whether all is well, and what it printed. */
  run(): Promise<{ isWell: boolean; text: string }>;
  /** Runs the command as a process of its own. */
  start(): MainProcess;
  /** Every row of every table but that of the migrations and the index for searches, which each database makes itself, in an order of its own, as both hold it. */
  everyRow(where: 'sqlite' | 'postgres'): Promise<Record<string, string[]>>;
  /** Makes many rows of what is there, more than a batch of several tables. */
  multiply(): void;
}

/** For the tests of a file, each with a copy and a database of its own. */
export function moving(): Moves {
  let life: LivedIn;
  let [dataDir, url] = ['', ''];
  beforeAll(async () => {
    life = await livedIn();
  });
  afterAll(async () => {
    await life?.close();
    if (life) rmSync(life.dataDir, { recursive: true });
  });
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'grapnel-move-'));
    cpSync(life.dataDir, dataDir, { recursive: true });
    url = (await databaseSettings(dataDir)).DATABASE_URL ?? '';
  });
  afterEach(async () => {
    await endAll();
    await dropDatabase(dataDir);
    rmSync(dataDir, { recursive: true });
  });
  return {
    get life() {
      return life;
    },
    get dataDir() {
      return dataDir;
    },
    get url() {
      return url;
    },
    async run() {
      let text = '';
      const config = readConfig({ DATA_DIR: dataDir });
      const print = (more: string) => {
        text += more;
      };
      return { isWell: await move.run(['--to', url], { config, log: createLog('silent'), print }), text };
    },
    start: () => runMain(['move', '--to', url], { DATA_DIR: dataDir, LOG_LEVEL: 'silent' }),
    everyRow: (where) => everyRow(dataDir, where),
    multiply: () => multiply(dataDir),
  };
}

async function everyRow(dataDir: string, where: 'sqlite' | 'postgres'): Promise<Record<string, string[]>> {
  const source = openSqlite(dataDir);
  const tables = source
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'connection_search%' AND name <> 'migrations'",
    )
    .pluck()
    .all() as string[];
  const found: Record<string, string[]> = {};
  const plain = (row: object) =>
    JSON.stringify(
      Object.entries(row)
        .map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value])
        .sort(([one], [other]) => (`${one}` < `${other}` ? -1 : 1)),
    );
  for (const table of tables) {
    const sql = `SELECT * FROM "${table}"`;
    const rows = where === 'sqlite' ? source.prepare(sql).all() : await rowsOf(dataDir, sql);
    found[table] = (rows as object[]).map(plain).sort();
  }
  source.close();
  return found;
}

function multiply(dataDir: string): void {
  const source = openSqlite(dataDir);
  const numbers = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const copies = (table: string, count: number, changed: Record<string, string>) => {
    const columns = (source.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name);
    const values = columns.map((name) => changed[name] ?? `t."${name}"`);
    source.exec(
      `INSERT INTO "${table}" (${columns.map((name) => `"${name}"`)}) ${numbers(count)}
        SELECT ${values} FROM (SELECT * FROM "${table}" LIMIT 1) t, n`,
    );
  };
  copies('happening', 23_000, { seq: 'NULL', id: "t.id || '~' || i" });
  copies('connection', 2_500, { id: "t.id || '~' || i", linkNameKey: "'copy' || i", name: "'Größe ' || i" });
  copies('connection_grant', 2_500, { id: "t.id || '~' || i", userKey: "'user' || i" });
  // The last numbers are given to nobody again.
  source.exec('DELETE FROM happening WHERE seq > 20000');
  source.close();
}

/** How many rows there are, as they are told. */
export const total = (rows: Record<string, string[]>) =>
  Object.values(rows)
    .reduce((sum, { length }) => sum + length, 0)
    .toLocaleString('en-US');
