/** The indexes behind lists on SQLite: made of rows that were there before, in step with them, and used. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import { connect } from '../../ormconfig';
import type { Caller } from '../../src/access/caller';
import { ConnectionStatus } from '../../src/connections/health';
import type { ConnectionFilter } from '../../src/connections/inputs';
import { listConnections } from '../../src/connections/list';
import { copyDatabase } from '../../src/storage/copy-database';

let dataDir: string;
let writer: DataSource;
let reader: DataSource;

/** More than are looked at without the index. */
const COUNT = 3000;
const DELETED = [1, 2, 3, 7] as const;

const insertion = `INSERT INTO connection (id, "workspaceId", "connectorId", name, "nameKey", "linkName", "linkNameKey", "authorizationLevel",
    "scopeIds", "plainVariables", "secretVariableNames", status, state, reason, remedy, since, "createdAt", "updatedAt")
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${COUNT})
  SELECT printf('cnn_%032d', i), 'wsp_1', 'cnr_1', 'Some ' || i, 'some ' || i, 'link' || i, 'link' || i, 'ADMIN', '[]', '{}', '[]',
    'CONNECTED', 'OK', '', 'NONE', 0, 0, 0 FROM n`;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-search-'));
  ({ writer, reader } = await connect({ databaseUrl: undefined, dataDir }));
  // A database from before.
  await writer.undoLastMigration({ transaction: 'all' });
  await writer.query(`INSERT INTO workspace (id, name, "returnToUrls", "createdAt") VALUES ('wsp_1', '', '[]', 0)`);
  await writer.query(
    `INSERT INTO connector (id, "workspaceId", name, "nameKey", "linkName", "linkNameKey", stage, "allowedHosts", "connectionFields", "createdAt", "updatedAt")
      VALUES ('cnr_1', 'wsp_1', '', '', '', '', 'READY', '[]', '[]', 0, 0)`,
  );
  await writer.query(insertion);
  for (const number of DELETED) await writer.query('DELETE FROM connection WHERE id = ?', [idOf(number)]);
  await writer.runMigrations({ transaction: 'all' });
});
afterEach(async () => {
  for (const source of [reader, writer]) await source.destroy();
  rmSync(dataDir, { recursive: true });
});

const idOf = (number: number) => `cnn_${`${number}`.padStart(32, '0')}`;
const list = (filter: ConnectionFilter) =>
  listConnections(reader.manager, { workspaceId: 'wsp_1' } as Caller, filter, { first: 20 });
const found = async (search: string) => (await list({ search })).nodes.map(({ id }) => id);
const check = (source: DataSource) =>
  source.query("INSERT INTO connection_search (connection_search, rank) VALUES ('integrity-check', 1)");

test('connections from before are found, and those that come', async () => {
  await check(writer);
  expect(await found('some 2999')).toEqual([idOf(2999)]);
  await writer.query('DELETE FROM connection WHERE id = ?', [idOf(2999)]);
  await writer.query(`UPDATE connection SET "nameKey" = 'another' WHERE id = ?`, [idOf(2998)]);
  await check(writer);
  expect([await found('some 2999'), await found('some 2998'), await found('nothe')]).toEqual([[], [], [idOf(2998)]]);
});

test('a change that is rolled back is none of the index', async () => {
  await writer.query('BEGIN IMMEDIATE');
  await writer.query(`UPDATE connection SET "nameKey" = 'another' WHERE id = ?`, [idOf(2998)]);
  await writer.query('ROLLBACK');
  await check(writer);
  expect([await found('another'), await found('some 2998')]).toEqual([[], [idOf(2998)]]);
});

// VACUUM may number the rows of a table anew whose key is no integer; whether it does is up to the version.
test('a VACUUM and a copy leave it right', async () => {
  await writer.query('VACUUM');
  await check(writer);
  expect(await found('some 2999')).toEqual([idOf(2999)]);
  const copy = mkdtempSync(join(tmpdir(), 'grapnel-search-copy-'));
  try {
    await copyDatabase(join(dataDir, 'grapnel.sqlite'), join(copy, 'grapnel.sqlite'));
    const sources = await connect({ databaseUrl: undefined, dataDir: copy });
    await check(sources.writer);
    const { nodes } = await listConnections(
      sources.reader.manager,
      { workspaceId: 'wsp_1' } as Caller,
      { search: 'some 2999' },
      { first: 20 },
    );
    expect(nodes.map(({ id }) => id)).toEqual([idOf(2999)]);
    for (const source of [sources.reader, sources.writer]) await source.destroy();
  } finally {
    rmSync(copy, { recursive: true });
  }
});

/** How SQLite means to run the statements that a list is read with, a line a step. */
async function plansOf(filter: ConnectionFilter): Promise<string[][]> {
  const { databaseConnection } = reader.driver as unknown as { databaseConnection: Database };

  const statements: string[] = [];
  const log = jest.spyOn(reader.logger, 'logQuery').mockImplementation((sql) => void statements.push(sql));
  await list(filter);
  log.mockRestore();

  return statements.map((sql) => {
    const values = sql.match(/\?/g)?.map(() => '[]') ?? [];
    const steps = databaseConnection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    return steps.map(({ detail }) => detail);
  });
}

const inWorkspace = (beyond = '') => `SEARCH item USING INDEX connection_by_workspaceid_id (workspaceId=?${beyond})`;

test.each<[string, ConnectionFilter, string[][]]>([
  ['no filter: the order of ids in the workspace', {}, [[inWorkspace()]]],
  ['a text too short for the index: the same, up to a page', { search: 'qq' }, [[inWorkspace()]]],
  [
    'a text: those near, the index, and its hits',
    { search: 'nowhere' },
    [
      [inWorkspace().replace('INDEX', 'COVERING INDEX')],
      [inWorkspace(' AND id<?')],
      [
        'SEARCH connection_search_number USING INTEGER PRIMARY KEY (rowid=?)',
        'LIST SUBQUERY 1',
        'SCAN connection_search VIRTUAL TABLE INDEX 0:M2',
      ],
      [inWorkspace(' AND id=?'), 'LIST SUBQUERY 1', 'SCAN json_each VIRTUAL TABLE INDEX 1:'],
    ],
  ],
  [
    'a text that those near have',
    { search: 'some' },
    [[inWorkspace().replace('INDEX', 'COVERING INDEX')], [inWorkspace(' AND id<?')]],
  ],
  [
    'what needs attention',
    { needsAttention: true },
    [['SEARCH item USING INDEX connection_attention_by_workspaceid_id (workspaceId=?)']],
  ],
  [
    'what is connected and needs attention',
    { status: ConnectionStatus.CONNECTED, needsAttention: true },
    [['SEARCH item USING INDEX connection_attention_by_workspaceid_status_id (workspaceId=? AND status=?)']],
  ],
])('%s', async (_what, filter, plans) => {
  expect(await plansOf(filter)).toEqual(plans);
});
