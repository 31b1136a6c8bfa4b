/** Transactions on Postgres: side by side, each as if it were alone, and begun anew when another one got in its way. */
import { setTimeout as delay } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import type { DataSource, QueryRunner } from 'typeorm';
import { collectTasks } from './after-commit';
import { type Begun, begin, wasCommitted } from './lost-answer';
import type { Work, Writer } from './writer';

/** How long a transaction is begun anew, and the longest pause before it is, in milliseconds. */
const STUBBORNNESS = 10_000;
const STEP_BACK = 20;

/**
 * What Postgres says of a transaction that another one got in the way of (serialization failure, deadlock), and of one that found a
 * value free which another one took meanwhile: begun anew, it finds it taken and says so in our words.
 */
const conflicts = ['40001', '40P01', '23505'];

export class PostgresWriter implements Writer {
  private readonly again = new Mutex();

  constructor(
    private readonly source: DataSource,
    private readonly beforeCommit: Work<void>,
  ) {}

  async write<T>(work: Work<T>): Promise<T> {
    try {
      return await this.transaction(work);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    // One of this process at a time: many who want the same row would else get in each other's way for ever.
    return this.again.runExclusive(() => this.stubbornly(work));
  }

  /** The time counts from here: whoever waited long for its turn has not tried long. */
  private async stubbornly<T>(work: Work<T>): Promise<T> {
    const giveUpAt = performance.now() + STUBBORNNESS;
    for (;;) {
      try {
        return await this.transaction(work);
      } catch (error) {
        if (!isConflict(error) || performance.now() > giveUpAt) throw error;
        // By chance, so that those of several processes who met do not meet again.
        await delay(Math.random() * STEP_BACK);
      }
    }
  }

  close(last: () => Promise<void>): Promise<void> {
    return this.again.runExclusive(last);
  }

  private async transaction<T>(work: Work<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      const begun = await begin(runner);
      const committed = collectTasks(runner.manager);
      let result: T;
      try {
        result = await work(runner.manager);
        await this.beforeCommit(runner.manager);
      } catch (error) {
        // Where the connection is gone, what is said to this would hide the reason.
        await runner.query('ROLLBACK').catch(() => abandon(runner));
        throw error;
      }
      await this.commit(runner, begun);
      committed();
      return result;
    } finally {
      await runner.release();
    }
  }

  /** Throws when nothing was committed; where the answer is lost, the database is asked again. */
  private async commit(runner: QueryRunner, begun: Begun): Promise<void> {
    try {
      await runner.query('COMMIT');
    } catch (error) {
      if (isConflict(error)) throw error;
      // First of all: where many of the pool ask, each would else wait for the place of another.
      await abandon(runner);
      if (!(await wasCommitted(this.source, begun, error))) throw error;
    }
  }
}

/**
 * Ends the connection, and by that what may be open on it: in the pool it would get into the transaction of whoever has it next.
 * Nobody waits for the end, which a connection that broke may never tell of.
 */
async function abandon(runner: QueryRunner): Promise<void> {
  const client: { end(): Promise<void> } = await runner.connect();
  void client.end();
  await runner.release();
}

/** Whether another transaction got in the way. */
const isConflict = (error: unknown): boolean => conflicts.includes((error as { code?: string }).code ?? '');
