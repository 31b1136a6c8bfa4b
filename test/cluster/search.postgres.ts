/** The index for searches on Postgres: made where the extension can be had, used for what few have; and searches without it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { connect } from '../../ormconfig';
import type { Caller } from '../../src/access/caller';
import { listConnections } from '../../src/connections/list';
import { change, databaseSettings, dropDatabase, rowsOf } from '../support/database';
import { addNumbered, idOf } from '../support/many-connections';

let dataDir: string;
let url: string;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-search-'));
  url = (await databaseSettings(dataDir)).DATABASE_URL ?? '';
});
afterEach(async () => {
  await dropDatabase(dataDir);
  rmSync(dataDir, { recursive: true });
});

/** Fills the database with 3,000 connections; gives what finds among them, and the statements that it took. */
async function searching() {
  const { writer } = await connect({ databaseUrl: url, dataDir });
  await change(dataDir, `INSERT INTO workspace (id, name, "returnToUrls", "createdAt") VALUES ('wsp_1', '', '[]', 0)`);
  await change(
    dataDir,
    `INSERT INTO connector (id, "workspaceId", name, "nameKey", "linkName", "linkNameKey", stage, "allowedHosts", "connectionFields", "createdAt", "updatedAt")
      VALUES ('cnr_1', 'wsp_1', '', '', '', '', 'READY', '[]', '[]', 0, 0)`,
  );
  await change(
    dataDir,
    `INSERT INTO connection (id, "workspaceId", "connectorId", name, "nameKey", "linkName", "linkNameKey", "authorizationLevel", "scopeIds",
        "plainVariables", "secretVariableNames", status, state, reason, remedy, since, "createdAt", "updatedAt")
      VALUES ('cnn_0', 'wsp_1', 'cnr_1', '', '', '', '', 'ADMIN', '[]', '{}', '[]', 'CONNECTED', 'OK', '', 'NONE', 0, 0, 0)`,
  );
  await addNumbered(dataDir, 'cnn_0', [1, 3000], 'Some ');
  await change(dataDir, 'VACUUM ANALYZE connection');
  const statements: string[] = [];
  jest.spyOn(writer.logger, 'logQuery').mockImplementation((sql) => void statements.push(sql));
  const find = async (search: string) => {
    statements.length = 0;
    const page = await listConnections(writer.manager, { workspaceId: 'wsp_1' } as Caller, { search }, { first: 20 });
    return page.nodes.map(({ id }) => id);
  };
  return { find, statements, close: () => writer.destroy() };
}

const indexes = async () =>
  (await rowsOf(dataDir, "SELECT indexname FROM pg_indexes WHERE tablename = 'connection'")).map(
    (row) => row.indexname,
  );

test('the index is there, and finds what few have', async () => {
  const { find, statements, close } = await searching();
  expect(await indexes()).toContain('connection_search');
  expect(await find('2999')).toEqual([idOf(2999)]);
  const hits = statements.find((sql) => sql.includes('LIKE') && !sql.includes('ORDER BY')) ?? '';
  const values: Record<string, string> = { $1: `'wsp_1'`, $2: `'%2999%'`, $3: '5001' };
  // Of so few, Postgres would look at all.
  const client = new Client({ connectionString: url, options: '-c enable_seqscan=off' });
  await client.connect();
  const { rows } = await client.query(`EXPLAIN ${hits.replace(/\$\d/g, (name) => values[name] ?? name)}`);
  await client.end();
  expect(JSON.stringify(rows)).toContain('Bitmap Index Scan on connection_search');
  await close();
});

test('where the extension may not be turned on, it finds the same without the index, which can be made later', async () => {
  const role = `weak_${new URL(url).pathname.slice(1)}`;
  await change(dataDir, `CREATE ROLE "${role}" LOGIN`);
  const owned = url;
  try {
    await change(dataDir, `GRANT CREATE, USAGE ON SCHEMA public TO "${role}"`);
    const weak = new URL(url);
    weak.username = role;
    url = weak.href;
    const { find, statements, close } = await searching();
    expect(await indexes()).not.toContain('connection_search');
    expect(await find('some 2999')).toEqual([idOf(2999)]);
    expect(statements).toHaveLength(2);
    expect(await find('nowhere')).toEqual([]);
    // As docs/operations.md has it.
    const client = new Client(owned);
    await client.connect();
    await client.query('CREATE EXTENSION pg_trgm');
    await client.query(
      'CREATE INDEX CONCURRENTLY connection_search ON connection USING gin ("nameKey" gin_trgm_ops, "linkNameKey" gin_trgm_ops)',
    );
    await client.end();
    expect(await find('some 2999')).toEqual([idOf(2999)]);
    expect(statements).toHaveLength(4);
    await close();
  } finally {
    url = owned;
    await change(dataDir, `DROP OWNED BY "${role}" CASCADE`);
    await change(dataDir, `DROP ROLE "${role}"`);
  }
});
