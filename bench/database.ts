/** Fills the database of a server directly: rows like one that the server made itself, as many as it takes. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

export type Db = Database.Database;

export function openDatabase(folder: string): Db {
  const db = new Database(join(folder, 'grapnel.sqlite'), { timeout: 30_000 });
  // What a benchmark writes need not survive a power cut.
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -262144');
  return db;
}

/** The id of the row with this number that `multiply` makes; in SQL the number is `n.i`. */
export const idOf = (prefix: string, number: number): string => `${prefix}_${number.toString(16).padStart(32, '0')}`;
export const idInSql = (prefix: string): string => `'${prefix}_' || printf('%032x', n.i)`;

/** Copies the row `id` so many times; `others` says in SQL what differs, by column. */
export function multiply(db: Db, table: string, id: string, times: number, others: Record<string, string>): void {
  const columns = (db.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name);
  for (const name of Object.keys(others))
    if (!columns.includes(name)) throw new Error(`The table ${table} has no column ${name}.`);
  const values = columns.map((name) => others[name] ?? `model."${name}"`);
  const names = columns.map((name) => `"${name}"`);
  const { changes } = db
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      INSERT INTO "${table}" (${names.join(', ')}) SELECT ${values.join(', ')} FROM n, "${table}" model WHERE model.id = ?`,
    )
    .run(times, id);
  if (changes !== times) throw new Error(`${changes} rows of ${table} were made, not ${times}.`);
}

/** How the database means to run a statement, a line for each step. */
export function planOf(db: Db, sql: string): string[] {
  const values = sql.match(/\?/g)?.map(() => null) ?? [];
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
  return steps.map(({ detail }) => detail);
}
