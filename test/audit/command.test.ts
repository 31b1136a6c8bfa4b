/** The command that verifies the audit log: what it prints, how it ends, and that it reads only, while the server runs. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type DataSource, SelectQueryBuilder } from 'typeorm';
import { connect } from '../../ormconfig';
import { AuditAction, AuditSubjectKind } from '../../src/audit/action';
import { SERVER } from '../../src/audit/actor';
import { AuditEvent } from '../../src/audit/audit-event';
import { hashOfEntry } from '../../src/audit/chain';
import { openLog, record } from '../../src/audit/trail';
import { auditVerify } from '../../src/commands/audit-verify';
import { readConfig } from '../../src/config';
import { newNumberedId } from '../../src/graphql/node';
import { createLog } from '../../src/log';
import { auditPage, openByForce } from '../support/audit';
import { databaseSettings } from '../support/database';
import { createWorkspace } from '../support/keys';
import { endAll, runMain } from '../support/main-process';
import { dataOf, startTestServer, type TestServer } from '../support/server';

jest.setTimeout(30_000);

const author = { workspaceId: 'wsp_1', actor: SERVER };
const deed = {
  action: AuditAction.CONNECTOR_CREATED,
  subject: { kind: AuditSubjectKind.CONNECTOR, id: 'cnr_1', name: null },
};

let server: TestServer;
let own: string;
let other: string;
/** The hash of the last entry, by workspace. */
const heads = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer();
  own = (await dataOf(server.ask('{ viewer { workspace { id } } }'))).viewer.workspace.id;
  const made = await createWorkspace(server.ask, 'Other');
  other = made.id;
  heads.set(own, (await auditPage(server.ask)).nodes.at(-1)?.hash ?? '');
  heads.set(other, (await auditPage(server.askAs(made.secret))).nodes.at(-1)?.hash ?? '');
});
afterAll(async () => {
  await endAll();
  await server.remove();
});

const settingsOfServer = async () => ({ DATA_DIR: server.dataDir, ...(await databaseSettings(server.dataDir)) });

/** Runs the command here: on the database of the server, or on the SQLite of a data folder. */
async function verify(args: string[] = [], dataDir?: string) {
  const lines: string[] = [];
  const log = createLog('silent');
  const config = readConfig(dataDir === undefined ? await settingsOfServer() : { DATA_DIR: dataDir });
  const isWhole = await auditVerify.run(args, { config, log, print: (text) => void lines.push(text) });
  return { isWhole, lines: lines.join('').trimEnd().split('\n') };
}

const lineOf = (workspaceId: string, entries: number) =>
  `${workspaceId}  ${entries} entries, head ${heads.get(workspaceId)}`;

test('run as a program beside the server: a line for each workspace, exit code 0', async () => {
  const main = runMain(['audit:verify'], await settingsOfServer());
  expect(await main.ended).toBe(0);
  const lines = [lineOf(own, 3), lineOf(other, 2)].sort();
  expect(main.stdout()).toBe(`${[...lines, 'The audit log is whole: 5 entries.'].join('\n')}\n`);
  expect(main.stderr()).toBe('');
});

test('only one workspace', async () => {
  expect(await verify(['--workspace', other])).toEqual({
    isWhole: true,
    lines: [lineOf(other, 2), 'The audit log is whole: 2 entries.'],
  });
  await expect(verify(['--workspace', 'wsp_none'])).rejects.toThrow('there is no such workspace');
});

test('a head that was noted earlier is still there, also when entries came after it', async () => {
  const { nodes } = await auditPage(server.ask);
  const noted = nodes.flatMap(({ hash }) => ['--head', hash]);
  expect((await verify(noted)).isWhole).toBe(true);
  const unknown = 'f'.repeat(64);
  expect(await verify([...noted, '--head', unknown])).toEqual({
    isWhole: false,
    lines: [
      ...[lineOf(own, 3), lineOf(other, 2)].sort(),
      `No entry has the hash ${unknown}: the log was removed, altered or written anew.`,
      'The audit log is NOT as it was written.',
    ],
  });
});

test.each([[['--nope']], [['wsp_1']], [['--head']]])(
  'the arguments %j are refused with how it is used',
  async (args) => {
    await expect(verify(args)).rejects.toThrow('Usage: grapnel audit:verify [--workspace <id>] [--head <hash>]...');
  },
);

describe('a stopped server', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'grapnel-audit-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test('has nothing to verify where there is no database, and no folder is made for one', async () => {
    const none = join(dataDir, 'none');
    await expect(verify([], none)).rejects.toThrow(`there is no ${join(none, 'grapnel.sqlite')}`);
    expect(() => readFileSync(none)).toThrow('ENOENT');
  });

  /** A log of so many entries, made faster than the server could. */
  async function logOf(entries: number): Promise<DataSource> {
    const { writer, reader } = await connect({ databaseUrl: undefined, dataDir });
    await reader.destroy();
    await openLog(writer.manager, 'wsp_1');
    await record(writer.manager, author, new Date(0), deed);
    const [first] = await writer.manager.find(AuditEvent);
    const database = new Database(join(dataDir, 'grapnel.sqlite'));
    const columns = Object.keys(first as AuditEvent);
    const statement = `INSERT INTO audit_event (${columns}) VALUES (${columns.map((name) => `:${name}`)})`;
    const insert = database.prepare(statement);
    let entry = { ...(first as AuditEvent), at: 0 };
    database.transaction(() => {
      for (let sequence = 2; sequence <= entries; sequence += 1) {
        entry = { ...entry, id: newNumberedId('AuditEvent', sequence), sequence, formerHash: entry.hash };
        entry.hash = hashOfEntry(entry);
        insert.run(entry);
      }
      database.prepare('UPDATE audit_head SET entries = ?, hash = ?').run(entry.sequence, entry.hash);
    })();
    database.close();
    return writer;
  }

  test('with a long log: there is progress, and the entry that was altered is named', async () => {
    await (await logOf(10_500)).destroy();
    const whole = await verify([], dataDir);
    expect(whole.lines).toEqual([
      'wsp_1  … 10000 entries',
      expect.stringMatching(/^wsp_1 {2}10500 entries, head [0-9a-f]{64}$/),
      'The audit log is whole: 10500 entries.',
    ]);
    const database = openByForce(dataDir);
    const [id, before] = [10_321, 10_320].map((sequence) =>
      database.prepare('SELECT id, hash FROM audit_event WHERE sequence = ?').get(sequence),
    ) as [{ id: string }, { hash: string }];
    database.exec("UPDATE audit_event SET details = '[ ]' WHERE sequence = 10321");
    database.close();
    const main = runMain(['audit:verify'], { DATA_DIR: dataDir });
    expect(await main.ended).toBe(1);
    expect(main.stdout().split('\n').slice(1, 3)).toEqual([
      `wsp_1  Entry 10321 (${id.id}) was altered. The 10320 before hold, up to ${before.hash}.`,
      'The audit log is NOT as it was written.',
    ]);
  });

  test('that goes on while it is verified: what is added meanwhile is no fault', async () => {
    const writer = await logOf(2_500);
    const { getRawMany } = SelectQueryBuilder.prototype;
    let added = 0;
    // A deed before each batch that is read.
    jest.spyOn(SelectQueryBuilder.prototype, 'getRawMany').mockImplementation(async function (
      this: SelectQueryBuilder<AuditEvent>,
    ) {
      if (this.expressionMap.mainAlias?.target === AuditEvent) {
        await record(writer.manager, author, new Date(0), deed);
        added += 1;
      }
      return getRawMany.apply(this);
    });
    const { isWhole, lines } = await verify([], dataDir);
    jest.restoreAllMocks();
    await writer.destroy();
    expect([isWhole, lines.at(-1), added]).toEqual([true, 'The audit log is whole: 2500 entries.', 3]);
    expect((await verify([], dataDir)).lines.at(-1)).toBe('The audit log is whole: 2503 entries.');
  });
});
