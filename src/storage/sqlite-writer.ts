/** Transactions on SQLite: one after the other, and those that wait together on the disk, for each commit waits for it. */
import { setImmediate as aTurn, setTimeout as delay } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { collectTasks } from './after-commit';
import type { Work, Writer } from './writer';

/** How long a transaction waits for those of other processes on the same file, and how often it looks, in milliseconds. */
const PATIENCE = 15_000;
const LOOK_AGAIN = 1;
/** How long a process may write without a pause while others wait, and how long the pause is, in milliseconds. */
const TURN = 100;
const PAUSE = 10;
/** How many writes are committed together, and for how long more of them are begun, in milliseconds. */
const TOGETHER = { most: 128, for: 25 };
/** For how long they are done without a turn of the event loop in between, in which others are answered, in milliseconds. */
const AT_A_STRETCH = 2;

interface Job {
  readonly work: Work<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A job that was done, but is not committed yet. */
interface Done {
  readonly job: Job;
  readonly result: unknown;
  readonly committed: () => void;
}

export class SqliteWriter implements Writer {
  /** All transactions share one connection: without the queue a rollback would erase the writes of others. */
  private readonly queue = new Mutex();
  private waiting: Job[] = [];
  /** When the transactions began that followed each other without a pause, and when the last of them ended. */
  private busy = { since: 0, until: 0 };

  constructor(
    private readonly source: DataSource,
    private readonly beforeCommit: Work<void>,
  ) {}

  write<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve, reject });
      // Each asks for a turn; whoever's comes first takes the others along, whose turns then have nothing left to do.
      void this.queue.runExclusive(() => this.inTurn());
    });
  }

  close(last: () => Promise<void>): Promise<void> {
    return this.queue.runExclusive(last);
  }

  /** SQLite keeps no line of processes that wait to write: one that is busy has to leave room for the others, or they starve. */
  private async inTurn(): Promise<void> {
    if (this.waiting.length === 0) return;
    // SQLite answers at once, so that without this, writes that follow from writes would keep everybody else waiting. And all that
    // is asked for in one turn of the event loop is committed together.
    await aTurn();
    const { since, until } = this.busy;
    const began = performance.now();
    if (began - until < PAUSE && began - since > TURN) await delay(PAUSE);
    const now = performance.now();
    // Shorter pauses are none: whoever waits may not even have been woken in them.
    if (now - until >= PAUSE) this.busy.since = now;
    const runner = this.source.createQueryRunner();
    try {
      await this.begin(runner);
      await this.together(runner);
    } catch (error) {
      for (const { reject } of this.waiting.splice(0)) reject(error);
    } finally {
      this.busy.until = performance.now();
    }
  }

  /** Waits for its turn beside other processes that write to the same file, in a way that lets this one go on answering. */
  private async begin(runner: QueryRunner): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE;
    for (;;) {
      try {
        // TypeORM can only begin deferred transactions, which fail halfway when another process wrote since their first read.
        await runner.query('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) throw error;
        await delay(LOOK_AGAIN);
      }
    }
  }

  /** Does what waits, each job as if it were alone, and commits it. Never rejects. */
  private async together(runner: QueryRunner): Promise<void> {
    const done: Done[] = [];
    let turnedAt = performance.now();
    const until = turnedAt + TOGETHER.for;
    try {
      while (done.length < TOGETHER.most && (done.length === 0 || performance.now() < until)) {
        const job = this.waiting.shift();
        if (!job) break;
        if (performance.now() - turnedAt > AT_A_STRETCH) {
          await aTurn();
          turnedAt = performance.now();
        }
        const one = await this.alone(runner, job);
        if (one) done.push(one);
      }
      if (done.length > 0) await this.beforeCommit(runner.manager);
      await runner.query('COMMIT');
    } catch (error) {
      // Where the database rolled back by itself, as when its disk is full, what it says to this would hide the reason.
      await runner.query('ROLLBACK').catch(() => undefined);
      for (const { job } of done) job.reject(error);
      return;
    }
    for (const { job, result, committed } of done) {
      committed();
      job.resolve(result as never);
    }
  }

  /** Does one job; when it throws, what it did is undone and it is told. Throws when all that was done before is undone with it. */
  private async alone(runner: QueryRunner, job: Job): Promise<Done | undefined> {
    await runner.query('SAVEPOINT job');
    const committed = collectTasks(runner.manager as EntityManager);
    try {
      const result = await job.work(runner.manager);
      await runner.query('RELEASE job');
      return { job, result, committed };
    } catch (error) {
      job.reject(error);
      try {
        await runner.query('ROLLBACK TO job');
        await runner.query('RELEASE job');
      } catch {
        throw error;
      }
      return undefined;
    }
  }
}

/** Whether another process holds the SQLite file. TypeORM leaves the code with the driver's error. */
const isBusy = (error: unknown): boolean =>
  `${(error as { driverError?: { code?: unknown } }).driverError?.code}`.startsWith('SQLITE_BUSY');
