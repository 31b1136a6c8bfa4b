/** `grapnel backup` and the way back: a copy made while the server writes is whole, for its owner only, and serves as a database. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { backup } from '../../src/commands/backup';
import { readConfig } from '../../src/config';
import { createLog } from '../../src/log';
import { invoke } from '../support/invoke';
import { endAll, runMain } from '../support/main-process';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
import {
  authorize,
  connected,
  createConnection,
  readyConnector,
  staticConfigs,
  staticCredentials,
} from '../support/story';

jest.setTimeout(40_000);

let server: TestServer;
let peer: PeerApi;
let folder: string;

beforeAll(async () => {
  [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grapnel-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(async () => {
  await endAll();
  await Promise.all([server.remove(), peer.close()]);
});

/** Runs the command on the data of the server; `into`: below the folder of the test. */
async function backUp(into: string, args: string[] = [], env: Record<string, string> = {}) {
  const main = runMain(['backup', join(folder, into), ...args], { DATA_DIR: server.dataDir, ...env });
  const code = await main.ended;
  return { code, stdout: main.stdout(), stderr: main.stderr(), path: join(folder, into) };
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** Makes authorized connections until it is stopped; tells of each that was acknowledged. */
function keepWriting(connector: string): {
  acknowledged: string[];
  reached(count: number): Promise<void>;
  stop(): Promise<void>;
} {
  const acknowledged: string[] = [];
  const waiting: { count: number; tell: () => void }[] = [];
  let isOver = false;
  async function write(): Promise<void> {
    while (!isOver) {
      const id = await createConnection(server.ask, { connector: { id: connector }, name: `C ${acknowledged.length}` });
      await authorize(server.ask, id, staticCredentials.basic);
      acknowledged.push(id);
      for (const { count, tell } of waiting) if (acknowledged.length >= count) tell();
    }
  }
  const writing = write();
  return {
    acknowledged,
    reached: (count) =>
      new Promise((tell, fail) => {
        waiting.push({ count, tell });
        writing.catch(fail);
      }),
    stop() {
      isOver = true;
      return writing;
    },
  };
}

test('while the server writes: all that was acknowledged before, each transaction whole or not at all, nothing in the way', async () => {
  const connector = await readyConnector(server.ask, { name: 'Busy', allowedHosts: [peer.host] }, staticConfigs.basic);
  const writer = keepWriting(connector);
  await writer.reached(20);
  const before = [...writer.acknowledged];
  const { code, stdout, stderr, path } = await backUp('copy');
  const during = writer.acknowledged.length - before.length;
  await writer.stop();
  expect([code, stderr]).toEqual([0, '']);
  expect(during).toBeGreaterThan(0);
  expect(stdout).toContain('Its secrets are of no use without the encryption keys');

  expect(readdirSync(path)).toEqual(['grapnel.sqlite']);
  expect([mode(path), mode(join(path, 'grapnel.sqlite'))]).toEqual(['700', '600']);
  const copy = new Database(join(path, 'grapnel.sqlite'), { readonly: true });
  const ids = (query: string) => (copy.prepare(query).pluck().all() as string[]).sort();
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(ids(`SELECT "id" FROM "connection" WHERE "id" IN ('${before.join("','")}')`)).toEqual([...before].sort());
  // Grant, status and end of the flow are of one transaction.
  const authorized = ids(`SELECT "id" FROM "connection" WHERE "status" = 'CONNECTED'`);
  expect(ids('SELECT "connectionId" FROM "connection_grant"')).toEqual(authorized);
  expect(ids(`SELECT "connectionId" FROM "authorization_flow" WHERE "status" = 'AUTHORIZED'`)).toEqual(authorized);
  expect(authorized.length).toBeGreaterThanOrEqual(before.length);
  copy.close();
});

test('with the keys beside it, it is all that a new server needs: a call signed with a restored secret succeeds', async () => {
  const id = await connected(server.ask, 'basic', peer.host, 'To be restored');
  const { code, stdout, path } = await backUp('whole', ['--with-keys']);
  expect(code).toBe(0);
  expect(stdout).toContain('whoever has this folder has every credential');
  expect(readdirSync(path).sort()).toEqual(['encryption-keys', 'grapnel.sqlite']);
  expect(mode(join(path, 'encryption-keys'))).toBe('600');
  expect(readFileSync(join(path, 'encryption-keys'))).toEqual(readFileSync(join(server.dataDir, 'encryption-keys')));

  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  for (const name of readdirSync(path)) copyFileSync(join(path, name), join(dataDir, name));
  const restored = await startTestServer({ dataDir });
  try {
    expect((await invoke(restored.ask, id, { url: peer.url })).response?.status).toBe(200);
    const expected = Buffer.from('alice:correct horse').toString('base64');
    expect(peer.received.at(-1)?.headers.authorization).toBe(`Basic ${expected}`);
  } finally {
    await restored.close();
  }
});

describe('refuses, changes nothing, and says why,', () => {
  /** In this process: a process of its own only adds the exit code, which the first test sees. */
  async function refusalOf(into: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const config = readConfig({ DATA_DIR: server.dataDir, ...env });
    const surroundings = { config, log: createLog('silent'), print: () => undefined };
    const given = into === '-' ? args : [join(folder, into), ...args];
    return backup.run(given, surroundings).then(
      () => 'not refused',
      (error: Error) => error.message,
    );
  }

  test('to overwrite a backup, or what another one left', async () => {
    writeFileSync(join(folder, 'grapnel.sqlite'), 'precious');
    expect(await backUp('')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/overwrites nothing: .*grapnel\.sqlite is there already/),
    });
    expect(readFileSync(join(folder, 'grapnel.sqlite'), 'utf8')).toBe('precious');
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'b', 'encryption-keys'), 'precious');
    expect(await refusalOf('b', ['--with-keys'])).toMatch(/overwrites nothing: .*encryption-keys is there already/);
    mkdirSync(join(folder, 'c'));
    writeFileSync(join(folder, 'c', 'grapnel.sqlite.partial'), '');
    expect(await refusalOf('c', [])).toMatch(/partial is there already: another backup is under way/);
    expect([readdirSync(join(folder, 'b')), readdirSync(join(folder, 'c'))]).toEqual([
      ['encryption-keys'],
      ['grapnel.sqlite.partial'],
    ]);
  });

  test('wrong arguments, Postgres, a folder without a database, keys that are in no file', async () => {
    for (const args of [[], ['x', 'y'], ['--all'], ['x', '--with-keys', '--with-keys']])
      expect(await refusalOf('-', args)).toMatch(/takes a folder/);

    const password = { DATABASE_URL: 'postgres://user:s3cret@127.0.0.1:9/name' };
    const postgres = await refusalOf('p', [], password);
    expect(postgres).toContain('pg_dump');
    expect(postgres).not.toContain('s3cret');
    expect(await refusalOf('n', [], { DATA_DIR: join(folder, 'nowhere') })).toMatch(/no database at .*nowhere/);
    const keys = { ENCRYPTION_KEYS: `k:${Buffer.alloc(32, 7).toString('base64')}` };
    expect(await refusalOf('k', ['--with-keys'], keys)).toMatch(/ENCRYPTION_KEYS/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a database that is damaged: no copy of it is left', async () => {
    const dataDir = join(folder, 'damaged');
    mkdirSync(dataDir);
    const { code, path } = await backUp('sound');
    expect(code).toBe(0);
    const bytes = readFileSync(join(path, 'grapnel.sqlite'));
    // The pages after the first three, which SQLite needs to begin reading.
    bytes.fill(0xaa, 3 * 4096, 12 * 4096);
    writeFileSync(join(dataDir, 'grapnel.sqlite'), bytes);
    expect(await refusalOf('bad', [], { DATA_DIR: dataDir })).toMatch(/The database is damaged, and its copy too/);

    expect(readdirSync(join(folder, 'bad'))).toEqual([]);
    // Sound pages, but rows that refer to what is not there.
    writeFileSync(join(dataDir, 'grapnel.sqlite'), readFileSync(join(path, 'grapnel.sqlite')));
    const database = new Database(join(dataDir, 'grapnel.sqlite'));
    database.pragma('foreign_keys = OFF');
    database.exec('DELETE FROM connector');
    database.close();
    expect(await refusalOf('orphans', [], { DATA_DIR: dataDir })).toMatch(/refers to what is not there/);
    expect(readdirSync(join(folder, 'orphans'))).toEqual([]);
  });
});
