/** A deed and its entry are one transaction: both or neither; and the database keeps entries as they are, over upgrades too. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type QueryRunner } from 'typeorm';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner';
import { connect } from '../../ormconfig';
import { AuditAction, AuditSubjectKind } from '../../src/audit/action';
import { SERVER } from '../../src/audit/actor';
import { record } from '../../src/audit/trail';
import { Initial1764000000000 } from '../../src/storage/migrations/1764000000000-initial';
import { auditPage, byForce, deedsOf, verified, verifyAll } from '../support/audit';
import { isOnPostgres } from '../support/database';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { connected, createConnector } from '../support/story';

jest.setTimeout(30_000);
afterEach(() => jest.restoreAllMocks());

/** What keeps entries from being written, and what lets them again. */
const fullSqlite = [
  ["CREATE TRIGGER is_full BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'full'); END"],
  // Who opens it by force has dropped it already.
  [],
] as const;
const fullPostgres = [
  [
    "CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$",
    'CREATE TRIGGER is_full BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION is_full()',
  ],
  ['DROP TRIGGER is_full ON audit_event'],
] as const;

describe('a server', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.remove());

  const create = 'mutation { connectorCreate(input: { name: "Lost" }) { connector { id } } }';
  const counts = async () => {
    const { connectors, auditEvents } = await dataOf(
      server.ask('{ connectors { totalCount } auditEvents { totalCount } }'),
    );
    return [connectors.totalCount, auditEvents.totalCount];
  };

  test('that cannot commit the deed has told nothing of it', async () => {
    const runners: QueryRunner = isOnPostgres ? PostgresQueryRunner.prototype : BetterSqlite3QueryRunner.prototype;
    const { query } = runners;
    const spy = jest.spyOn(runners, 'query').mockImplementation(function (this: QueryRunner, ...given) {
      if (given[0] === 'COMMIT') throw new Error('The disk is full.');
      return query.apply(this, given);
    });
    expect((await server.ask(create)).errors?.[0].extensions.code).toBe('INTERNAL');
    spy.mockRestore();
    expect(await counts()).toEqual([0, 2]);
    // What comes next is chained to what was there before.
    await createConnector(server.ask, { name: 'Kept' });
    expect(await counts()).toEqual([1, 3]);
    expect((await verified(server.dataDir)).map(({ entries, fault }) => [entries, fault])).toEqual([[3, undefined]]);
  });

  test('that cannot record the deed does not do it', async () => {
    const [fill, free] = isOnPostgres ? fullPostgres : fullSqlite;
    await byForce(server.dataDir, ...fill);
    expect((await server.ask(create)).errors?.[0].extensions.code).toBe('INTERNAL');
    await byForce(server.dataDir, ...free);
    expect(await counts()).toEqual([0, 2]);
  });

  test('whose log lost its head begins no other one in its place', async () => {
    await byForce(server.dataDir, 'DELETE FROM audit_event', 'DELETE FROM audit_head');
    expect((await server.ask(create)).errors?.[0].extensions.code).toBe('INTERNAL');
    expect(await counts()).toEqual([0, 0]);
    expect((await verified(server.dataDir)).map(({ fault }) => fault)).toEqual(['The head of the log is missing.']);
  });

  test('keeps what it told of things when they are gone', async () => {
    const id = await connected(server.ask, 'basic', 'api.example');
    const { nodes: before } = await auditPage(server.ask);
    const { connection } = await dataOf(server.ask(`{ connection(by: { id: "${id}" }) { connector { id } } }`));
    await deedsOf(server.ask, async () => {
      await server.ask(`mutation { connectionDelete(id: "${id}") { deletedId } }`);
      await server.ask(`mutation { connectorDelete(id: "${connection.connector.id}") { deletedId } }`);
    });
    const { nodes } = await auditPage(server.ask);
    expect(nodes.slice(0, before.length)).toEqual(before);
    expect(nodes.slice(before.length).map(({ action }) => action)).toEqual(['CONNECTION_DELETED', 'CONNECTOR_DELETED']);
  });

  test('to which a hundred deeds come at once chains all of them', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `Connector ${index}`);
    const { deeds } = await deedsOf(server.ask, () =>
      Promise.all(names.map((name) => createConnector(server.ask, { name }))),
    );
    expect(deeds.map(({ subject }) => subject.name).sort()).toEqual(names.sort());
    expect((await verified(server.dataDir)).map(({ entries, fault }) => [entries, fault])).toEqual([[102, undefined]]);
  });
});

/** SQLite, whatever the servers are on. */
describe('a database', () => {
  let dataDir: string;
  let writer: DataSource;
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'grapnel-audit-'));
  });
  afterEach(async () => {
    await writer.destroy();
    rmSync(dataDir, { recursive: true });
  });

  const deed = (id: string) => ({
    action: AuditAction.CONNECTOR_CREATED,
    subject: { kind: AuditSubjectKind.CONNECTOR, id, name: 'Any' },
  });

  async function open(): Promise<void> {
    const { writer: opened, reader } = await connect({ databaseUrl: undefined, dataDir });
    await reader.destroy();
    writer = opened;
  }

  test('refuses to change, delete or replace an entry', async () => {
    await open();
    await writer.query("INSERT INTO audit_head VALUES ('wsp_1', 0, '0')");
    await record(writer.manager, { workspaceId: 'wsp_1', actor: SERVER }, new Date(0), deed('cnr_1'), deed('cnr_2'));
    const before = await writer.query('SELECT * FROM audit_event');
    expect(before).toHaveLength(2);
    for (const [statement, refusal] of [
      ["UPDATE audit_event SET action = 'X'", 'never changed'],
      ['DELETE FROM audit_event', 'never deleted'],
      ['INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event', 'never replaced'],
    ] as const)
      await expect(writer.query(statement)).rejects.toThrow(refusal);
    expect(await writer.query('SELECT * FROM audit_event')).toEqual(before);
  });

  test('of an older version goes on with its workspaces and flows, each with a log that begins now', async () => {
    const older = new DataSource({
      type: 'better-sqlite3',
      database: join(dataDir, 'grapnel.sqlite'),
      migrations: [Initial1764000000000],
    });
    await older.initialize();
    await older.runMigrations();
    await older.query("INSERT INTO workspace VALUES ('wsp_1', 'Old', '[]', 0), ('wsp_2', 'Older', '[]', 0)");
    await older.destroy();
    await open();
    expect(await writer.query('SELECT name FROM workspace ORDER BY id')).toEqual([{ name: 'Old' }, { name: 'Older' }]);
    const empty = (await verifyAll(writer)).map(({ workspaceId, entries, fault }) => [workspaceId, entries, fault]);
    expect(empty).toEqual([
      ['wsp_1', 0, undefined],
      ['wsp_2', 0, undefined],
    ]);
    await record(writer.manager, { workspaceId: 'wsp_2', actor: SERVER }, new Date(0), deed('cnr_1'));
    expect((await verifyAll(writer)).map(({ entries, fault }) => [entries, fault])).toEqual([
      [0, undefined],
      [1, undefined],
    ]);
  });
});
