/** Where everything is kept: one writer behind a queue, one reader; every change is one transaction. */
import { setTimeout as delay } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { collectTasks } from './after-commit';
import { prepareRead, versionReader } from './prepared';

/** How long a transaction is begun anew when others get in its way, and the longest pause before it is, in milliseconds. */
const PATIENCE = 10_000;
const PAUSE = 20;

/**
 * What Postgres says of a transaction that another one got in the way of (serialization failure, deadlock), and of one that found a
 * value free which another one took meanwhile: begun anew, it finds it taken and says so in our words.
 */
const conflicts = ['40001', '40P01', '23505'];

export class Store {
  private readonly queue = new Mutex();

  /** `writer` and `reader` may be one DataSource where the database gives each transaction a connection of its own. */
  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
  ) {}

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
  async write<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.isSqlite
      ? // All SQLite transactions share one connection: without the queue a rollback would erase the writes of others.
        this.queue.runExclusive(() => this.transaction(work, 'BEGIN IMMEDIATE'))
      : this.undisturbed(work);
  }

  /** Resolves when the database answers; rejects otherwise. */
  async ping(): Promise<void> {
    await this.reader.query('SELECT 1');
  }

  async close(): Promise<void> {
    await this.queue.runExclusive(async () => {
      // The writer last: whichever connection is last moves what is still in SQLite's WAL into the database, if it may write.
      for (const source of new Set([this.reader, this.writer])) await source.destroy();
    });
  }

  private get isSqlite(): boolean {
    return this.writer.options.type === 'better-sqlite3';
  }

  private async undisturbed<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const attempt = () => this.transaction(work, 'BEGIN ISOLATION LEVEL SERIALIZABLE');
    const giveUpAt = performance.now() + PATIENCE;
    const isToBeTriedAgain = (error: unknown) =>
      performance.now() < giveUpAt && conflicts.includes((error as { code?: string }).code ?? '');
    try {
      return await attempt();
    } catch (error) {
      if (!isToBeTriedAgain(error)) throw error;
    }
    for (;;) {
      try {
        // One of this process at a time: many who want the same row would else get in each other's way for ever.
        return await this.queue.runExclusive(attempt);
      } catch (error) {
        if (!isToBeTriedAgain(error)) throw error;
        // By chance, so that those of several processes who met do not meet again.
        await delay(Math.random() * PAUSE);
      }
    }
  }

  /** TypeORM can only begin deferred transactions, which fail halfway when another process wrote since their first read. */
  private async transaction<T>(work: (tx: EntityManager) => Promise<T>, begin: string): Promise<T> {
    const runner: QueryRunner = this.writer.createQueryRunner();
    try {
      await runner.query(begin);
      const committed = collectTasks(runner.manager);
      let result: T;
      try {
        result = await work(runner.manager);
        await runner.query('COMMIT');
      } catch (error) {
        // Where the database rolled back by itself, as when its disk is full, what it says to this would hide the reason.
        await runner.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
      committed();
      return result;
    } finally {
      if (!this.isSqlite) await runner.release();
    }
  }
}
