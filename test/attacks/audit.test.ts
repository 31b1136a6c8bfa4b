/** The audit log attacked by somebody who may write anything into the database: whatever they alter, remove or insert is found. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { connect } from '../../ormconfig';
import { AuditAction, AuditSubjectKind } from '../../src/audit/action';
import { AuditActorKind } from '../../src/audit/actor';
import { openLog, record } from '../../src/audit/trail';
import { verifyLog } from '../../src/audit/verify';
import { verifyAll } from '../support/audit';
import { amount, expectNone } from '../support/trust';
import { forgeriesOf, hashOfRow, type Row, type Target } from './forgeries';

const workspaces = ['wsp_a', 'wsp_b'];
const LENGTH = 12;

let dataDir: string;
let writer: DataSource;

/** The same numbers in every run (mulberry32). */
let seed = 20_260_101;
function random(limit: number): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
}

const rows = (workspaceId: string): Promise<Row[]> =>
  writer.query('SELECT * FROM audit_event WHERE "workspaceId" = ? ORDER BY sequence', [workspaceId]);

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-forged-'));
  const sources = await connect({ databaseUrl: undefined, dataDir });
  await sources.reader.destroy();
  writer = sources.writer;
  const actions = Object.values(AuditAction);
  const kinds = Object.values(AuditSubjectKind);
  const maybe = (text: string) => (random(3) === 0 ? null : text);
  for (const [index, workspaceId] of workspaces.entries()) {
    // Heads without a workspace would be left out when they, and all that they count, are gone.
    await writer.query('INSERT INTO workspace VALUES (?, ?, ?, ?)', [workspaceId, workspaceId, '[]', 0]);
    await openLog(writer.manager, workspaceId);
    for (let entry = 0; entry < LENGTH; entry += 1) {
      const actor = {
        kind: Object.values(AuditActorKind)[random(3)] as AuditActorKind,
        id: maybe(`key_${random(9)}`),
        name: maybe(`Key ${random(9)}`),
        role: maybe('ADMIN'),
        userId: maybe(`user ${random(9)}`),
        requestId: maybe(`request-${random(99)}`),
      };
      const deed = {
        action: actions[random(actions.length)] as AuditAction,
        subject: { kind: kinds[random(kinds.length)] as AuditSubjectKind, id: `cnr_${random(9)}`, name: maybe('Name') },
        details: { fields: maybe(`name ${random(9)}`) },
      };
      await record(writer.manager, { workspaceId, actor }, new Date(1_800_000_000_000 + index + entry * 1000), deed);
    }
  }
});
afterAll(async () => {
  await writer.destroy();
  rmSync(dataDir, { recursive: true });
});

/** Everything that verification looks at, as text. */
async function content(): Promise<string> {
  const tables = ['audit_event', 'audit_head'].map((table) => writer.query(`SELECT * FROM ${table} ORDER BY 1`));
  return JSON.stringify(await Promise.all(tables));
}

/** Does `work` to the database, triggers and rules dropped first as the attacker would, and takes it back. */
async function undone<T>(work: () => Promise<T>): Promise<T> {
  await writer.query('BEGIN');
  try {
    const triggers: { name: string }[] = await writer.query("SELECT name FROM sqlite_master WHERE type = 'trigger'");
    expect(triggers.length).toBeGreaterThan(0);
    for (const { name } of triggers) await writer.query(`DROP TRIGGER ${name}`);
    await writer.query('DROP INDEX audit_event_by_workspaceid_sequence');
    return await work();
  } finally {
    await writer.query('ROLLBACK');
  }
}

const target: Target = {
  get writer() {
    return writer;
  },
  workspaces,
  rows,
  random,
};

test('untouched, the log is whole', async () => {
  const whole = await verifyAll(writer);
  expect(whole.map(({ entries, fault }) => [entries, fault])).toEqual([
    [LENGTH, undefined],
    [LENGTH, undefined],
  ]);
});

test('every forgery is found', async () => {
  const before = await content();
  const missed: string[] = [];
  const tried = new Map<string, number>();
  for (let round = 0; round < amount(5, 100); round += 1)
    for (const [what, forge] of forgeriesOf(target)) {
      const workspaceId = workspaces[random(workspaces.length)] as string;
      const [isForged, found] = await undone(async () => {
        await forge(target, workspaceId);
        return [(await content()) !== before, (await verifyAll(writer)).flatMap(({ fault }) => fault ?? [])];
      });
      if (!isForged) continue;
      tried.set(what, (tried.get(what) ?? 0) + 1);
      if (found.length === 0) missed.push(`${what} in ${workspaceId}`);
    }
  // None of them came to nothing each time.
  expect([...tried.keys()]).toEqual(forgeriesOf(target).map(([what]) => what));
  const count = [...tried.values()].reduce((sum, one) => sum + one, 0);
  expectNone('Audit', 'altered, removed or inserted rows that verification missed', missed, count, 200);
  expect(await content()).toBe(before);
});

test('the entry that it begins with is named', async () => {
  const wrong: string[] = [];
  for (const [index, row] of (await rows('wsp_a')).entries()) {
    const number = index + 1;
    const [altered, removed] = [
      await undone(async () => {
        await writer.query('UPDATE audit_event SET "subjectId" = ? WHERE id = ?', ['cnr_other', row.id]);
        return verifyLog(writer.manager, 'wsp_a');
      }),
      await undone(async () => {
        await writer.query('DELETE FROM audit_event WHERE id = ?', [row.id]);
        return verifyLog(writer.manager, 'wsp_a');
      }),
    ];
    expect([altered.entries, removed.entries]).toEqual([index, index]);
    if (altered.fault !== `Entry ${number} (${row.id}) was altered.`) wrong.push(`${altered.fault}`);
    if (!removed.fault?.startsWith(`Entry ${number} is missing`)) wrong.push(`${removed.fault}`);
  }
  expectNone('Audit', 'altered or removed entries that were not named', wrong, 2 * LENGTH, 2 * LENGTH);
});

test('a log that is written anew as a whole is told by a head that was noted elsewhere, and by nothing else', async () => {
  const missed: string[] = [];
  const noted = (await rows('wsp_a')).map(({ hash }) => `${hash}`);
  for (let place = 0; place < LENGTH; place += 1) {
    const { fault, passed } = await undone(async () => {
      let former = '0'.repeat(64);
      for (const [index, row] of (await rows('wsp_a')).entries()) {
        const said = index === place ? { ...row, actorName: 'Somebody else' } : row;
        const forged: Row = { ...said, formerHash: former };
        former = hashOfRow(forged);
        const { actorName, formerHash, id } = forged;
        const values = [actorName, formerHash, former, id];
        await writer.query('UPDATE audit_event SET "actorName" = ?, "formerHash" = ?, hash = ? WHERE id = ?', values);
      }
      await writer.query('UPDATE audit_head SET hash = ? WHERE "workspaceId" = ?', [former, 'wsp_a']);
      const seen = new Set<string>();
      const { fault } = await verifyLog(writer.manager, 'wsp_a', { passed: (hash) => void seen.add(hash) });
      return { fault, passed: seen };
    });
    expect(fault).toBeUndefined();
    // What was noted after the entry that was altered is gone; what was noted before it is still there.
    expect(noted.slice(0, place).filter((hash) => !passed.has(hash))).toEqual([]);
    missed.push(...noted.slice(place).filter((hash) => passed.has(hash)));
  }
  const tried = (LENGTH * (LENGTH + 1)) / 2;
  expectNone('Audit', 'logs written anew in which a head that was noted before was still found', missed, tried, tried);
});
