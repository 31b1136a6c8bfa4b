/** What the tests of encryption keys do: keys of the test, the command that rotates them, and what is on the disk. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { rotateKeys } from '../../../src/commands/rotate-keys';
import { readConfig } from '../../../src/config';
import { createLog } from '../../../src/log';
import { sealedColumns } from '../../../src/storage/sealed-columns';

/** A key as it stands in ENCRYPTION_KEYS: 32 times the same byte. */
export const key = (id: string, fill: number): string => `${id}:${Buffer.alloc(32, fill).toString('base64')}`;

export interface Rotation {
  readonly isDone: boolean;
  readonly printed: string;
  readonly logged: readonly string[];
}

/** Runs `rotate-keys` in this process; rejects as the command does. */
export async function rotate(dataDir: string, keys: string, ...args: string[]): Promise<Rotation> {
  const config = readConfig({ DATA_DIR: dataDir, ENCRYPTION_KEYS: keys, LOG_LEVEL: 'trace' });
  const [logged, printed]: [string[], string[]] = [[], []];
  const log = createLog('trace', { write: (line) => void logged.push(line) });
  const isDone = await rotateKeys.run(args, { config, log, print: (text) => void printed.push(text) });
  return { isDone, printed: printed.join(''), logged };
}

/** Runs statements on the database in `dataDir`, behind the back of everybody. */
export function onDatabase<T>(dataDir: string, work: (database: Database.Database) => T): T {
  const database = new Database(join(dataDir, 'grapnel.sqlite'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

export interface SealedValue {
  readonly table: string;
  readonly field: string;
  readonly id: string;
  readonly workspaceId: string;
  readonly envelope: string;
}

/** Every sealed secret in the database. */
export const sealedValues = (dataDir: string): SealedValue[] =>
  onDatabase(dataDir, (database) =>
    Object.entries(sealedColumns).flatMap(([table, field]) =>
      database
        .prepare(
          `SELECT '${table}' AS "table", '${field}' AS field, id, workspaceId, ${field} AS envelope FROM ${table} WHERE ${field} IS NOT NULL`,
        )
        .all(),
    ),
  ) as SealedValue[];

/** The ids in the list of keys. */
export const listedKeys = (dataDir: string): string[] =>
  onDatabase(dataDir, (database) => database.prepare('SELECT id FROM encryption_key ORDER BY id').all()).map(
    (row) => (row as { id: string }).id,
  );

/** The ids of the keys that secrets are sealed with. */
export const usedKeys = (dataDir: string): string[] =>
  [...new Set(sealedValues(dataDir).map(({ envelope }) => envelope.split('.')[1] ?? ''))].sort();

/** Every file of the data folder with a hash of its bytes. */
export const bytesIn = (dataDir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dataDir)
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(dataDir, name)))
          .digest('hex'),
      ]),
  );
