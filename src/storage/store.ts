/** Where everything is kept: what writes, what reads; every change is one transaction. */
import type { DataSource, EntityManager } from 'typeorm';
import { PostgresWriter } from './postgres-writer';
import { prepareRead, versionReader } from './prepared';
import { SqliteWriter } from './sqlite-writer';
import type { Work, Writer } from './writer';

export class Store {
  private readonly transactions: Writer;

  /**
   * `writer` and `reader` may be one DataSource where the database gives each transaction a connection of its own. `beforeCommit` is
   * part of every transaction, the last one.
   */
  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
    beforeCommit: Work<void> = async () => {},
  ) {
    const isSqlite = writer.options.type === 'better-sqlite3';
    this.transactions = isSqlite ? new SqliteWriter(writer, beforeCommit) : new PostgresWriter(writer, beforeCommit);
  }

  /** Prepares a read that is asked for with every request; see `prepareRead`. */
  prepare<Parts extends Parameters<typeof prepareRead>[1]>(parts: Parts, rest: string) {
    return prepareRead<Parts>(this.reader, parts, rest);
  }

  /** See `versionReader`. */
  prepareVersion(): () => number | undefined {
    return versionReader(this.reader);
  }

  /** For reading what has been committed. */
  get read(): EntityManager {
    return this.reader.manager;
  }

  /**
   * Runs `work` in a transaction: all of it is kept when it resolves, nothing when it throws. `work` must use the manager it
   * is given, for reading too, and do nothing slow. Use `insert`, `update` and `delete` there; `save` wants transactions of its own.
   * Where transactions run side by side, `work` is run again when another one got in its way: it must change nothing but the database.
   */
  async write<T>(work: Work<T>): Promise<T> {
    return this.transactions.write(work);
  }

  /** Resolves when the database answers; rejects otherwise. */
  async ping(): Promise<void> {
    await this.reader.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.transactions.close(async () => {
      // The writer last: whichever connection is last moves what is still in SQLite's WAL into the database, if it may write.
      for (const source of new Set([this.reader, this.writer])) await source.destroy();
    });
  }
}
