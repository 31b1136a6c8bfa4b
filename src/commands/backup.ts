/** `grapnel backup`: a consistent copy of the database, made while the server writes. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { databaseFile } from '../../ormconfig';
import type { Config } from '../config';
import { type Copied, copyDatabase } from '../storage/copy-database';
import { keyFileIn, OWNER_ONLY } from '../storage/key-file';
import { type Command, UsageError } from './command';

const WITH_KEYS = '--with-keys';

export const backup: Command = {
  name: 'backup',
  usage: `<folder> [${WITH_KEYS}]`,
  help: 'Copies the SQLite database of DATA_DIR into a folder while the server runs, and checks the copy; nothing is overwritten. With --with-keys the generated encryption keys go along.',
  async run(args, { config, log, print }) {
    const { folder, withKeys } = read(args);
    const source = sourceOf(config);
    const keys = withKeys ? keysOf(config) : undefined;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const target = databaseFile(folder);
    for (const file of [target, ...(keys ? [keyFileIn(folder)] : [])])
      if (existsSync(file)) throw new UsageError(`grapnel backup overwrites nothing: ${file} is there already.`);

    const copied = await copyDatabase(source, target).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? new UsageError(underWay(target)) : error;
    });
    if (keys) {
      if (keys.compare(keysOf(config)) !== 0) {
        rmSync(target);
        throw new Error('The encryption keys were changed while the database was copied: run the backup again.');
      }
      writeFileSync(keyFileIn(folder), keys, { mode: OWNER_ONLY, flag: 'wx', flush: true });
    }
    log.info({ target, ...copied }, 'Backed up');
    print(told(target, copied, config, withKeys));
    return true;
  },
};

function read(args: readonly string[]): { folder: string; withKeys: boolean } {
  const [folder, ...more] = args.filter((argument) => argument !== WITH_KEYS);
  const flags = args.filter((argument) => argument === WITH_KEYS);
  if (!folder || folder.startsWith('-') || more.length > 0 || flags.length > 1)
    throw new UsageError(`grapnel backup takes a folder, and ${WITH_KEYS} if you like; see --help.`);
  return { folder, withKeys: flags.length > 0 };
}

function sourceOf({ databaseUrl, dataDir }: Config): string {
  if (databaseUrl !== undefined)
    throw new UsageError(
      'grapnel backup copies SQLite databases. DATABASE_URL is set: use the tools of Postgres, such as pg_dump --format=custom --file=grapnel.dump "$DATABASE_URL".',
    );
  const file = databaseFile(dataDir);
  if (!existsSync(file))
    throw new UsageError(`grapnel backup: there is no database at ${file}; DATA_DIR says where it is.`);
  return file;
}

function keysOf({ encryptionKeys, dataDir }: Config): Buffer {
  if (encryptionKeys)
    throw new UsageError(
      `${WITH_KEYS} copies generated keys; yours stand in ENCRYPTION_KEYS: keep a copy of that yourself.`,
    );
  const file = keyFileIn(dataDir);
  if (!existsSync(file)) throw new UsageError(`${WITH_KEYS} copies generated keys, but there are none at ${file}.`);
  return readFileSync(file);
}

const underWay = (target: string) =>
  `${target}.partial is there already: another backup is under way, or was broken off; then remove it.`;

function told(
  target: string,
  { bytes, migrations }: Copied,
  { encryptionKeys, dataDir }: Config,
  withKeys: boolean,
): string {
  const keys = encryptionKeys ? 'those in ENCRYPTION_KEYS' : keyFileIn(dataDir);
  return [
    `Copied ${bytes.toLocaleString('en-US')} bytes to ${target} and checked them: whole, after ${migrations} migrations.`,
    withKeys
      ? `The encryption keys lie beside it as ${basename(keyFileIn(''))}: whoever has this folder has every credential.`
      : `Its secrets are of no use without the encryption keys, which are not in it: keep ${keys} elsewhere.`,
    '',
  ].join('\n');
}
