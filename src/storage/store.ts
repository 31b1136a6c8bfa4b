/** Where everything is kept: one writer behind a queue, one reader; every change is one transaction. */
import { setTimeout as delay } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { collectTasks } from './after-commit';
import { prepareRead, versionReader } from './prepared';

/** How long a transaction on Postgres is begun anew when others get in its way, and the longest pause before it is, in milliseconds. */
const STUBBORNNESS = 10_000;
const STEP_BACK = 20;

/**
 * What Postgres says of a transaction that another one got in the way of (serialization failure, deadlock), and of one that found a
 * value free which another one took meanwhile: begun anew, it finds it taken and says so in our words.
 */
const conflicts = ['40001', '40P01', '23505'];

/** How long a transaction waits for those of other processes on the same SQLite file, and how often it looks, in milliseconds. */
const PATIENCE = 15_000;
const LOOK_AGAIN = 1;
/** How long a process may write without a pause while others wait, and how long the pause is, in milliseconds. */
const TURN = 100;
const PAUSE = 10;

export class Store {
  private readonly queue = new Mutex();
  /** When the transactions began that followed each other without a pause, and when the last of them ended. */
  private busy = { since: 0, until: 0 };

  /**
   * `writer` and `reader` may be one DataSource where the database gives each transaction a connection of its own. `beforeCommit` is
   * part of every transaction, the last one.
   */
  constructor(
    private readonly writer: DataSource,
    private readonly reader: DataSource,
    private readonly beforeCommit: (tx: EntityManager) => Promise<void> = async () => {},
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
        this.queue.runExclusive(() => this.inTurn(work))
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
    try {
      return await attempt();
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    // One of this process at a time: many who want the same row would else get in each other's way for ever.
    return this.queue.runExclusive(() => this.stubbornly(attempt));
  }

  /** The time counts from here: whoever waited long for its turn has not tried long. */
  private async stubbornly<T>(attempt: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + STUBBORNNESS;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!isConflict(error) || performance.now() > giveUpAt) throw error;
        // By chance, so that those of several processes who met do not meet again.
        await delay(Math.random() * STEP_BACK);
      }
    }
  }

  /** SQLite keeps no line of processes that wait to write: one that is busy has to leave room for the others, or they starve. */
  private async inTurn<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const { since, until } = this.busy;
    const began = performance.now();
    if (began - until < PAUSE && began - since > TURN) await delay(PAUSE);
    const now = performance.now();
    // Shorter pauses are none: whoever waits may not even have been woken in them.
    if (now - until >= PAUSE) this.busy.since = now;
    try {
      return await this.transaction(work, 'BEGIN IMMEDIATE');
    } finally {
      this.busy.until = performance.now();
    }
  }

  /** Waits for its turn beside other processes that write to the same file, in a way that lets this one go on answering. */
  private async begin(runner: QueryRunner, begin: string): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE;
    for (;;) {
      try {
        await runner.query(begin);
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) throw error;
        await delay(LOOK_AGAIN);
      }
    }
  }

  /** TypeORM can only begin deferred transactions, which fail halfway when another process wrote since their first read. */
  private async transaction<T>(work: (tx: EntityManager) => Promise<T>, begin: string): Promise<T> {
    const runner: QueryRunner = this.writer.createQueryRunner();
    try {
      await this.begin(runner, begin);
      const committed = collectTasks(runner.manager);
      let result: T;
      try {
        result = await work(runner.manager);
        await this.beforeCommit(runner.manager);
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

/** Whether another transaction got in the way of this one on Postgres. */
const isConflict = (error: unknown): boolean => conflicts.includes((error as { code?: string }).code ?? '');

/** Whether another process holds the SQLite file. TypeORM leaves the code with the driver's error. */
const isBusy = (error: unknown): boolean =>
  `${(error as { driverError?: { code?: unknown } }).driverError?.code}`.startsWith('SQLITE_BUSY');
