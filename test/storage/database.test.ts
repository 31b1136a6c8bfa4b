/** The database: its files are for their owner only, what is acknowledged is on the disk, and its schema is the entities'. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { connect, dataSources } from '../../ormconfig';
import { Workspace } from '../../src/access/workspace';
import { Store } from '../../src/storage/store';
import { invoke } from '../support/invoke';
import { startPeerApi } from '../support/peer-api';
import { dataOf, startTestServer } from '../support/server';
import { connected } from '../support/story';

interface Named {
  readonly name: string;
}

let dataDir: string;
let open: DataSource[];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-database-'));
  open = [];
});
afterEach(async () => {
  for (const source of open) if (source.isInitialized) await source.destroy();
  rmSync(dataDir, { recursive: true });
});

async function openDatabase() {
  const sources = await connect({ databaseUrl: undefined, dataDir });
  open.push(sources.writer, sources.reader);
  return sources;
}

const file = (suffix = '') => join(dataDir, `grapnel.sqlite${suffix}`);
const modes = () => ['', '-wal', '-shm'].map((suffix) => (statSync(file(suffix)).mode & 0o777).toString(8));
const pragma = async (source: DataSource, name: string) => Object.values((await source.query(`PRAGMA ${name}`))[0])[0];
const workspace = (id: string) => ({ id, name: id, returnToUrls: [], createdAt: new Date(0) });

describe('files', () => {
  test('of a new database are readable and writable by their owner only, whatever the umask', async () => {
    const former = process.umask(0);
    const { writer } = await openDatabase();
    process.umask(former);
    await writer.manager.insert(Workspace, workspace('wsp_1'));
    expect(modes()).toEqual(['600', '600', '600']);
  });

  test('that were open to others are closed to them', async () => {
    await (await openDatabase()).writer.manager.insert(Workspace, workspace('wsp_1'));
    // As after a crash: the log of the last changes stays beside the database.
    for (const suffix of ['', '-wal', '-shm']) chmodSync(file(suffix), 0o644);
    await openDatabase();
    expect(modes()).toEqual(['600', '600', '600']);
  });
});

describe('the connections', () => {
  test('the writer syncs each change to the disk before it is acknowledged, and watches over references', async () => {
    const { writer } = await openDatabase();
    expect(await pragma(writer, 'journal_mode')).toBe('wal');
    expect(await pragma(writer, 'synchronous')).toBe(2); // FULL
    expect(await pragma(writer, 'foreign_keys')).toBe(1);
  });

  test('the reader sees what is committed, and cannot write', async () => {
    const { writer, reader } = await openDatabase();
    await writer.manager.insert(Workspace, workspace('wsp_1'));
    expect(await reader.manager.countBy(Workspace, { id: 'wsp_1' })).toBe(1);
    await expect(reader.manager.insert(Workspace, workspace('wsp_2'))).rejects.toThrow('readonly');
  });

  test('a condition that is undefined or null finds nothing: it throws', async () => {
    const { writer, reader } = await openDatabase();
    await writer.manager.insert(Workspace, workspace('wsp_1'));
    await expect(reader.manager.findOneBy(Workspace, { id: undefined })).rejects.toThrow();
    await expect(reader.manager.findOneBy(Workspace, { id: null as never })).rejects.toThrow();
  });

  test('answer until they are closed', async () => {
    const { writer, reader } = await openDatabase();
    const store = new Store(writer, reader);
    await store.ping();
    await store.close();
    await expect(store.ping()).rejects.toThrow();
  });

  test('what cannot be opened leaves nothing open', async () => {
    writeFileSync(file(), 'This is no database, but a text that is longer than the header of one. '.repeat(20));
    await expect(openDatabase()).rejects.toMatchObject({ code: 'SQLITE_NOTADB' });
    rmSync(file());
    await openDatabase();
  });
});

describe('migrations', () => {
  // TypeORM's own comparison would ask to drop the indices and references, which the migrations alone know of.
  test('make the tables and columns that the entities expect, and an index for searches', async () => {
    const { writer } = await openDatabase();
    const tables = await writer.query(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'connection_search%'",
    );
    const expected = writer.entityMetadatas.map(({ tableName }) => tableName);
    expect(tables.map(({ name }: Named) => name).sort()).toEqual([...expected, 'migrations'].sort());
    for (const { tableName, columns } of writer.entityMetadatas) {
      const made: { name: string; type: string; notnull: number; pk: number }[] = await writer.query(
        `PRAGMA table_info("${tableName}")`,
      );
      const facts = made.map(({ name, type, notnull, pk }) => [name, type.toLowerCase(), notnull === 1, pk === 1]);
      const wanted = columns.map((column) => [
        column.databaseName,
        writer.driver.normalizeType(column),
        !column.isNullable,
        column.isPrimary,
      ]);
      expect({ tableName, columns: facts.sort() }).toEqual({ tableName, columns: wanted.sort() });
    }
  });

  test('let no row refer to one that is not there', async () => {
    const { writer } = await openDatabase();
    const references: string[] = [];
    for (const { tableName, columns } of writer.entityMetadatas) {
      const keys: { table: string; from: string }[] = await writer.query(`PRAGMA foreign_key_list("${tableName}")`);
      const unreferenced = columns
        .map(({ databaseName }) => databaseName)
        .filter(
          (name) => /^(workspace|connector|connection|key)Id$/.test(name) && !keys.some(({ from }) => from === name),
        );
      references.push(...unreferenced.map((name) => `${tableName}.${name}`));
    }
    // What hangs on a connector or a connection is in the workspace of that; its own column is for the condition of queries. What
    // happened stays so when what it happened to is gone.
    expect(references.sort()).toEqual([
      // The log tells of workspaces as of everything else: whatever becomes of them, it stays.
      'audit_event.workspaceId',
      'audit_head.workspaceId',
      'authorization_flow.connectorId',
      'authorization_flow.workspaceId',
      'connection.workspaceId',
      'connection_grant.connectorId',
      'connection_grant.workspaceId',
      'happening.connectionId',
      'happening.workspaceId',
      'scope.workspaceId',
      'session_token.workspaceId',
    ]);
  });

  test('have run once, and do not run again', async () => {
    const { writer } = await openDatabase();
    const applied = 'SELECT name FROM migrations';
    const all = writer.migrations.map(({ constructor: { name } }) => ({ name }));
    expect(all[0]).toEqual({ name: 'Initial1764000000000' });
    expect(await writer.query(applied)).toEqual(all);
    const { writer: second } = await openDatabase();
    expect(await second.query(applied)).toEqual(all);
    expect(await second.showMigrations()).toBe(false);
  });

  test('can be undone and done again', async () => {
    const { writer } = await openDatabase();
    const tables = async () =>
      (
        await writer.query(
          "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'",
        )
      )
        .map(({ name }: Named) => name)
        .sort();
    const whole = await tables();
    expect(whole).toContain('connection_grant');
    for (const _ of writer.migrations) await writer.undoLastMigration({ transaction: 'all' });
    expect(await tables()).toEqual(['migrations']);
    await writer.runMigrations({ transaction: 'all' });
    expect(await tables()).toEqual(whole);
  });
});

test('writer and reader of a Postgres database are one', () => {
  const { writer, reader } = dataSources({ databaseUrl: 'postgres://user:password@127.0.0.1:1/name', dataDir });
  expect(reader).toBe(writer);
  expect(writer.options.type).toBe('postgres');
});

test('everything is there after a restart: the connection, its credentials, its health and the key', async () => {
  const peer = await startPeerApi();
  const first = await startTestServer();
  const id = await connected(first.ask, 'basic', peer.host);
  peer.answer((_, response) => response.writeHead(401).end());
  await invoke(first.ask, id, { url: peer.url });
  const query = `{ connections { nodes { id name linkName status createdAt
    health { state reason remedy since lastSuccessAt lastErrorAt } connector { id stage } } } }`;
  const before = await dataOf(first.ask(query));
  expect(before.connections.nodes[0].health).toMatchObject({ state: 'DEGRADED', remedy: 'REAUTHORIZE' });
  await first.close();
  // One file is all there is to back up.
  expect(readdirSync(first.dataDir).sort()).toEqual(['encryption-keys', 'grapnel.sqlite']);

  const second = await startTestServer({ dataDir: first.dataDir });
  expect(await dataOf(second.ask(query))).toEqual(before);
  expect((await invoke(second.ask, id, { url: peer.url })).response?.status).toBe(401);
  expect(peer.received.map(({ headers }) => headers.authorization)).toEqual(
    Array(2).fill(`Basic ${Buffer.from('alice:correct horse').toString('base64')}`),
  );
  await Promise.all([second.remove(), peer.close()]);
});

test('after a new first key what was sealed before still opens, as long as its key is kept', async () => {
  const [old, fresh] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString('base64'));
  const peer = await startPeerApi();
  let server = await startTestServer({ env: { ENCRYPTION_KEYS: `old:${old}` } });
  const restart = async (keys: string) => {
    await server.close();
    server = await startTestServer({ dataDir: server.dataDir, env: { ENCRYPTION_KEYS: keys } });
  };
  const before = await connected(server.ask, 'basic', peer.host, 'Before');
  await restart(`new:${fresh},old:${old}`);
  const after = await connected(server.ask, 'basic', peer.host, 'After');
  for (const id of [before, after])
    expect((await invoke(server.ask, id, { url: peer.url })).response?.status).toBe(200);

  // Without it the server would start, and fail at each secret.
  await expect(restart(`new:${fresh}`)).rejects.toThrow('The encryption key "old" is missing');
  await Promise.all([server.remove(), peer.close()]);
});
