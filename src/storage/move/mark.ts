/** The mark of a database to which a move has begun and not ended: whoever works with half of the rows would take it for all of them. */
import type { DataSource, QueryRunner } from 'typeorm';
import { Target } from './target';

/** A table, so that it is there before those that are made for the rows, and goes along wherever they are copied to. */
export const MARK = 'unfinished_move';

/** Marks a database that holds no workspace yet; one that holds some was moved to before, and may be in use. */
export async function mark(database: DataSource): Promise<void> {
  await inSession(database, async (session) => {
    const target = new Target(session);
    if ((await target.hasTable('workspace')) && (await target.list('workspace', 'id')).length > 0) return;
    await session.query(`CREATE TABLE IF NOT EXISTS "${MARK}" ()`);
  });
}

/** Takes the mark away when all rows are there. */
export async function unmark(session: QueryRunner): Promise<void> {
  await session.query(`DROP TABLE IF EXISTS "${MARK}"`);
}

/** Throws when the database is marked. */
export async function refuseUnfinished(database: DataSource): Promise<void> {
  if (database.options.type !== 'postgres') return;
  await inSession(database, async (session) => {
    if (await new Target(session).hasTable(MARK))
      throw new Error(
        'A move to this database was begun and has not ended, so that it holds only some of the rows: run `grapnel move` again until it says that all rows are there. Nothing was changed.',
      );
  });
}

export async function inSession<T>(database: DataSource, work: (session: QueryRunner) => Promise<T>): Promise<T> {
  const session = database.createQueryRunner();
  try {
    return await work(session);
  } finally {
    await session.release();
  }
}
