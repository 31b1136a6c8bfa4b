/** The encryption keys of a server that was given none: generated once and kept beside the data. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EncryptionKey, parseEncryptionKeys } from '../config';
import type { Log } from '../log';

export const OWNER_ONLY = 0o600;

export const keyFileIn = (dataDir: string): string => join(dataDir, 'encryption-keys');

/** Reads the keys from `dataDir`, generating them first where there are none. Throws when the file is damaged; it is never overwritten. */
export function keysOfDataDir(dataDir: string, log: Log): EncryptionKey[] {
  const file = keyFileIn(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    const generated = `k1:${randomBytes(32).toString('base64')}\n`;
    // On disk before anything is sealed with it: a power cut must not take the key and leave the secrets.
    writeFileSync(file, generated, { mode: OWNER_ONLY, flag: 'wx', flush: true });
    log.warn(
      { file },
      'Generated encryption keys. Back this file up: without it no stored secret can be read. Or set ENCRYPTION_KEYS.',
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  try {
    return parseEncryptionKeys(readFileSync(file, 'utf8').trim());
  } catch (error) {
    throw new Error(
      `The encryption keys in ${file} cannot be used: the file ${(error as Error).message}. Restore it from a backup.`,
    );
  }
}
