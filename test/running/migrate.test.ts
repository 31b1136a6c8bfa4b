/** `grapnel migrate`: the database is up to date afterwards, with the keys that it needs, and nothing was served. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseSettings, dropDatabase, rowsOf } from '../support/database';
import { endAll, runMain } from '../support/main-process';

jest.setTimeout(40_000);

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-migrate-'));
});
afterEach(async () => {
  await endAll();
  await dropDatabase(dataDir);
  rmSync(dataDir, { recursive: true });
});

const keyOf = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`;

async function migrate(args: string[] = [], key = keyOf('k1')) {
  const env = { DATA_DIR: dataDir, ENCRYPTION_KEYS: key, ...(await databaseSettings(dataDir)) };
  const main = runMain(['migrate', ...args], env);
  return { code: await main.ended, stdout: main.stdout(), stderr: main.stderr() };
}

test('brings an empty database up to date, lists the key that will seal, and makes no owner', async () => {
  expect(await migrate()).toMatchObject({ code: 0, stderr: '' });
  const applied = await rowsOf(dataDir, 'SELECT name FROM migrations ORDER BY "timestamp"');
  expect(applied[0]).toEqual({ name: 'Initial1764000000000' });
  expect(await rowsOf(dataDir, 'SELECT id FROM encryption_key')).toEqual([{ id: 'k1' }]);
  // Nothing is lost when it is run again, and nothing done twice.
  expect(await migrate()).toMatchObject({ code: 0 });
  expect(await rowsOf(dataDir, 'SELECT name FROM migrations ORDER BY "timestamp"')).toEqual(applied);
  // The first server makes the owner, and tells the key once: who migrates may have nobody to tell.
  expect(await rowsOf(dataDir, 'SELECT id FROM api_key')).toEqual([]);
});

test('refuses a key that cannot open what the database holds', async () => {
  expect((await migrate()).code).toBe(0);
  const { code, stdout, stderr } = await migrate([], keyOf('k2'));
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('The encryption key "k1" is missing');
});

test('takes no arguments', async () => {
  expect(await migrate(['--force'])).toEqual({ code: 1, stdout: '', stderr: 'grapnel migrate takes no arguments.\n' });
});
