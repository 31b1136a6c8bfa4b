/** The Postgres database that is moved to: what is there, by hashes, and what is added. */
import type { QueryRunner } from 'typeorm';
import { hashInSql } from './checksum';
import type { MovedTable, Row } from './source';

/** How many hashes are read at a time. */
const BATCH = 1000;

interface Hashed {
  readonly key: string;
  readonly hash: string;
}

export class Target {
  constructor(private readonly session: QueryRunner) {}

  async hasTable(name: string): Promise<boolean> {
    return (await this.tables()).includes(name);
  }

  async tables(): Promise<string[]> {
    const sql = 'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1';
    return ((await this.session.query(sql)) as { name: string }[]).map(({ name }) => name);
  }

  /** What it holds in the column of a table, as text. */
  async list(table: string, column: string): Promise<string[]> {
    const rows = await this.session.query(`SELECT "${column}"::text AS value FROM "${table}"`);
    return (rows as { value: string }[]).map(({ value }) => value).sort();
  }

  async describe(name: string, key: string): Promise<MovedTable> {
    const columns = await this.session.query(
      `SELECT column_name AS name, data_type AS type FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`,
      [name],
    );
    return { name, key, columns };
  }

  /** The hashes of those rows that are there. */
  async hashesOf(table: MovedTable, keys: readonly string[]): Promise<Map<string, string>> {
    const { name, key, columns } = table;
    const found: Hashed[] = await this.session.query(
      `SELECT "${key}"::text AS key, ${hashInSql(columns)} AS hash FROM "${name}" WHERE "${key}" = ANY($1::${keyType(table)}[])`,
      [keys],
    );
    return new Map(found.map((row) => [row.key, row.hash]));
  }

  /** The hash of every row. */
  async *hashes(table: MovedTable): AsyncGenerator<string> {
    const { name, key, columns } = table;
    let last: string | undefined;
    for (;;) {
      const rows: Hashed[] = await this.session.query(
        `SELECT "${key}"::text AS key, ${hashInSql(columns)} AS hash FROM "${name}"
          ${last === undefined ? '' : `WHERE "${key}" > $1::${keyType(table)}`} ORDER BY "${name}"."${key}" LIMIT ${BATCH}`,
        last === undefined ? [] : [last],
      );
      for (const { hash } of rows) yield hash;
      last = rows.at(-1)?.key;
      if (rows.length < BATCH) return;
    }
  }

  /** Adds rows in one transaction; gives the keys of those that were added, which others kept out if it is not all. */
  async insert({ name, key, columns }: MovedTable, rows: readonly Row[]): Promise<string[]> {
    const names = columns.map((column) => `"${column.name}"`).join(', ');
    // One parameter a column: Postgres takes 65,535 of them at most.
    const lists = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
    const added: { key: string }[] = await this.session.query(
      `INSERT INTO "${name}" (${names}) SELECT * FROM unnest(${lists}) ON CONFLICT DO NOTHING RETURNING "${key}"::text AS key`,
      columns.map((_, index) => rows.map(({ texts }) => texts[index])),
    );
    return added.map((row) => row.key);
  }

  /** Has the next row of a table that Postgres numbers be numbered after `last`. */
  async continueAfter({ name, key }: MovedTable, last: bigint): Promise<void> {
    await this.session.query('SELECT setval(pg_get_serial_sequence($1, $2), $3::bigint)', [
      `"${name}"`,
      key,
      `${last}`,
    ]);
  }
}

const keyType = ({ key, columns }: MovedTable) => columns.find(({ name }) => name === key)?.type;
