/** The database of a test server: SQLite in its data folder, or one of its own on the Postgres server that TEST_DATABASE_URL names. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { Client, types } from 'pg';

const { TEST_DATABASE_URL: postgres, TEST_REDIS_URL: redis } = process.env;

// As numbers, which no moment of ours is too large for.
types.setTypeParser(types.builtins.INT8, Number);

type Row = Record<string, unknown>;
type Value = string | number | null;

/** Whether the tests run on Postgres. */
export const isOnPostgres = postgres !== undefined;

/** A database of this server is named after the data folder, so that whoever is given the folder finds the database. */
const nameOf = (dataDir: string) => basename(dataDir).toLowerCase().replaceAll(/\W/g, '_');

function urlOf(name: string): string {
  const url = new URL(postgres ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

async function onPostgres<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The settings of a server on this data folder; makes the database where there is none yet. */
export async function databaseSettings(dataDir: string): Promise<Record<string, string>> {
  if (!postgres) return {};
  const name = nameOf(dataDir);
  await onPostgres(postgres, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE "${name}"`);
  });
  return { DATABASE_URL: urlOf(name), ...(redis && { REDIS_URL: redis }) };
}

/** Removes what `databaseSettings` made. */
export async function dropDatabase(dataDir: string): Promise<void> {
  if (!postgres) return;
  await onPostgres(postgres, (client) => client.query(`DROP DATABASE IF EXISTS "${nameOf(dataDir)}" WITH (FORCE)`));
}

/** Runs a statement behind the server's back; `?` stands for each of `values`, names of columns in double quotes. */
async function run(dataDir: string, sql: string, values: readonly Value[]): Promise<{ rows: Row[]; changes: number }> {
  if (postgres) {
    let count = 0;
    const numbered = sql.replaceAll('?', () => `$${++count}`);
    const { rows, rowCount } = await onPostgres(urlOf(nameOf(dataDir)), (client) =>
      client.query(numbered, [...values]),
    );
    return { rows, changes: rowCount ?? 0 };
  }
  const database = new Database(join(dataDir, 'grapnel.sqlite'));
  try {
    const statement = database.prepare<Value[], Row>(sql);
    return statement.reader
      ? { rows: statement.all(...values), changes: 0 }
      : { rows: [], changes: statement.run(...values).changes };
  } finally {
    database.close();
  }
}

export const rowsOf = async (dataDir: string, sql: string, ...values: Value[]): Promise<Row[]> =>
  (await run(dataDir, sql, values)).rows;

/** How many rows a statement changed. */
export const change = async (dataDir: string, sql: string, ...values: Value[]): Promise<number> =>
  (await run(dataDir, sql, values)).changes;

/** All that a database keeps, as text: the bytes of its files, or every row of every table. */
export async function contentOf(dataDir: string): Promise<string> {
  if (!postgres) {
    const files = readdirSync(dataDir).filter((name) => name.startsWith('grapnel.sqlite'));
    return files.map((name) => readFileSync(join(dataDir, name), 'latin1')).join('\n');
  }
  return onPostgres(urlOf(nameOf(dataDir)), async (client) => {
    const tables = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    const contents = [];
    for (const { tablename } of tables.rows) {
      const { rows } = await client.query(`SELECT * FROM "${tablename}"`);
      contents.push(rows.map((row) => Object.values(row).join('\n')).join('\n'));
    }
    return contents.join('\n');
  });
}
