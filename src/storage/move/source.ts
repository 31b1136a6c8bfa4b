/** The SQLite database that is moved: held so that no other process can open it, and only read. */
import Database from 'better-sqlite3';
import { hashOfRow } from './checksum';

/** A table as Postgres knows it; the names of its columns are the same on SQLite. */
export interface MovedTable {
  readonly name: string;
  /** The column of its primary key. */
  readonly key: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

export interface Row {
  readonly key: string;
  readonly texts: readonly (string | null)[];
  readonly hash: string;
}

/** How many rows, and how many characters, are kept in memory at a time; a row may have more than a million, as logos do. */
const BATCH = { rows: 1000, characters: 4_000_000 };

type Raw = string | number | bigint | Buffer | null;

export class Source {
  private readonly database: Database.Database;

  /** Throws when another process has the file open, and keeps every other from opening it until `close`. */
  constructor(file: string) {
    this.database = new Database(file, { fileMustExist: true, timeout: 0 });
    try {
      // An idle server holds a shared lock on a database with a WAL: with this mode, not even that is tolerated.
      this.database.pragma('locking_mode = EXCLUSIVE');
      // Without a WAL, as after a backup was brought back, it is the transaction that locks others out.
      this.database.exec('BEGIN EXCLUSIVE');
      this.database.pragma('query_only = ON');
    } catch (error) {
      this.database.close();
      const { code } = error as { code?: string };
      if (!code?.startsWith('SQLITE_BUSY')) throw error;
      throw new Error(`${file} is in use: stop the server, and what else has it open, and run this again.`);
    }
  }

  /** What it holds in the column of a table, as text. */
  list(table: string, column: string): string[] {
    return this.database.prepare(`SELECT "${column}" FROM "${table}" ORDER BY 1`).pluck().all().map(String);
  }

  hasTable(table: string): boolean {
    return (
      this.database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== undefined
    );
  }

  /** The tables that `table` refers to. */
  referredBy(table: string): string[] {
    return (this.database.pragma(`foreign_key_list("${table}")`) as { table: string }[]).map((key) => key.table);
  }

  count(table: string): number {
    return this.database.prepare(`SELECT count(*) FROM "${table}"`).pluck().get() as number;
  }

  /** The last number that was given to a row of a table that SQLite numbers; `undefined` for none. */
  lastNumber(table: string): bigint | undefined {
    const statement = this.database.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?');
    return statement.safeIntegers().pluck().get(table) as bigint | undefined;
  }

  *rows({ name, key, columns }: MovedTable): Generator<Row> {
    const selected = columns.map((column) => `"${column.name}"`).join(', ');
    const statement = this.database.prepare(`SELECT ${selected} FROM "${name}" ORDER BY "${key}"`);
    const at = columns.findIndex((column) => column.name === key);
    for (const values of statement.raw().safeIntegers().iterate() as IterableIterator<Raw[]>) {
      const texts = values.map(asText);
      yield { key: `${values[at]}`, texts, hash: hashOfRow(texts) };
    }
  }

  *batches(table: MovedTable): Generator<Row[]> {
    let [batch, characters]: [Row[], number] = [[], 0];
    for (const row of this.rows(table)) {
      batch.push(row);
      characters += row.texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
      if (batch.length < BATCH.rows && characters < BATCH.characters) continue;
      yield batch;
      [batch, characters] = [[], 0];
    }
    if (batch.length > 0) yield batch;
  }

  close(): void {
    this.database.close();
  }
}

const asText = (value: Raw) => (value === null ? null : `${value}`);
