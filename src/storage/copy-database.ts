/** Copies a SQLite database while others write to it, and looks whether the copy is whole. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { OWNER_ONLY } from './key-file';

/**
 * More pages than there can be: all are copied in one step, which reads one state of the database. Writers go on meanwhile (that is
 * what the WAL is for); in several steps, each write of another process would make SQLite begin anew, under load for ever.
 */
const ALL_PAGES = 0x7fffffff;

export interface Copied {
  readonly bytes: number;
  /** How many migrations it has been through. */
  readonly migrations: number;
}

/**
 * Copies `from` to the new file `to`, for its owner only, and puts it on disk. What has that name is whole: until it is, it has
 * another one. Throws, and leaves nothing, when it cannot be.
 */
export async function copyDatabase(from: string, to: string): Promise<Copied> {
  const partial = `${to}.partial`;
  // Made before SQLite would make it for everyone.
  closeSync(openSync(partial, 'wx', OWNER_ONLY));
  try {
    await copyAllAtOnce(from, partial);
    const migrations = checked(partial);
    flush(partial);
    const bytes = statSync(partial).size;
    renameSync(partial, to);
    flush(dirname(to));
    return { bytes, migrations };
  } catch (error) {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${suffix}`, { force: true });
    throw error;
  }
}

async function copyAllAtOnce(from: string, to: string): Promise<void> {
  const source = new Database(from, { readonly: true, fileMustExist: true });
  try {
    await source.backup(to, { progress: () => ALL_PAGES });
  } finally {
    source.close();
  }
}

function checked(file: string): number {
  const copy = new Database(file, { fileMustExist: true });
  try {
    // A copy is one file: with a WAL beside it, that could be forgotten. The server that opens it turns it on again.
    copy.pragma('journal_mode = DELETE');
    const verdict = copy.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw new Error(`The database is damaged, and its copy too: ${verdict}`);
    const [orphan] = copy.pragma('foreign_key_check') as { table: string }[];
    if (orphan)
      throw new Error(`The database is damaged, and its copy too: ${orphan.table} refers to what is not there.`);
    return copy.prepare('SELECT count(*) FROM migrations').pluck().get() as number;
  } finally {
    copy.close();
  }
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
