/** Ways to forge an audit log, each tried on a random place of it by somebody who may write anything into the database. */
import type { DataSource } from 'typeorm';
import { AuditEvent } from '../../src/audit/audit-event';
import { hashOfEntry, type KeptEntry } from '../../src/audit/chain';

/** A row as it is in the database. */
export type Row = Record<string, string | number | null>;

export interface Target {
  readonly writer: DataSource;
  readonly workspaces: readonly string[];
  /** The rows of a workspace, in order. */
  rows(workspaceId: string): Promise<Row[]>;
  /** A whole number below `limit`. */
  random(limit: number): number;
}

type Forgery = (target: Target, workspaceId: string) => Promise<unknown>;

/** The hash that an honest entry of the content of `row` would have. */
export const hashOfRow = (row: Row): string => hashOfEntry(row as unknown as KeptEntry);

const columnsOf = ({ writer }: Target) => writer.getMetadata(AuditEvent).columns.map((column) => column.databaseName);
const pick = <T>({ random }: Target, list: readonly T[]): T => list[random(list.length)] as T;
const list = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');

async function set({ writer }: Target, id: Row['id'], changes: Row): Promise<void> {
  const places = Object.keys(changes).map((name) => `"${name}" = ?`);
  await writer.query(`UPDATE audit_event SET ${places.join(', ')} WHERE id = ?`, [...Object.values(changes), id]);
}

async function insert({ writer }: Target, row: Row): Promise<void> {
  const names = Object.keys(row);
  const places = names.map(() => '?').join(', ');
  await writer.query(`INSERT INTO audit_event (${list(names)}) VALUES (${places})`, Object.values(row));
}

const remove = ({ writer }: Target, rows: readonly Row[]) =>
  writer.query(
    `DELETE FROM audit_event WHERE id IN (${rows.map(() => '?').join(', ')})`,
    rows.map(({ id }) => id),
  );

const setHead = ({ writer }: Target, workspaceId: string, entries: unknown, hash: unknown) =>
  writer.query('UPDATE audit_head SET entries = ?, hash = ? WHERE "workspaceId" = ?', [entries, hash, workspaceId]);

const newId = ({ random }: Target) => `aud_${Array.from({ length: 32 }, () => random(16).toString(16)).join('')}`;

/** Another value than `value` that could stand in its column. */
function otherThan(target: Target, value: string | number | null, others: readonly (string | number | null)[]) {
  const text = `${value ?? ''}`;
  const candidates = [
    ...others,
    ...(typeof value === 'number' ? [value + 1, value - 1, value + 0.5, 0, -value] : []),
    ...(typeof value === 'string' ? [`${text} `, text.slice(1), text.toUpperCase(), ''] : ['', 'x']),
  ].filter((candidate) => candidate !== value && candidate !== null);
  return pick(target, candidates) as string | number;
}

const altering =
  (column: string, isHashRedone: boolean): Forgery =>
  async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const row = pick(target, rows);
    // No two rows can have the same id, however hard one tries.
    const others = column === 'id' ? [] : rows.map((other) => other[column] ?? null);
    const value = otherThan(target, row[column] ?? null, others);
    const forged: Row = { ...row, [column]: value };
    if (isHashRedone) forged.hash = hashOfRow(forged);
    await set(target, row.id ?? null, forged);
  };

const removing =
  (choose: (rows: readonly Row[], target: Target) => readonly Row[]): Forgery =>
  async (target, workspaceId) =>
    remove(target, choose(await target.rows(workspaceId), target));

const others: Record<string, Forgery> = {
  'remove the first one': removing((rows) => rows.slice(0, 1)),
  'remove some from the start': removing((rows, { random }) => rows.slice(0, 1 + random(rows.length - 1))),
  'remove one in the middle': removing((rows, { random }) => [rows[1 + random(rows.length - 2)] as Row]),
  'remove the last one': removing((rows) => rows.slice(-1)),
  'remove some from the end': removing((rows, { random }) => rows.slice(-1 - random(rows.length - 1))),
  'remove all': removing((rows) => rows),
  'remove the last ones and count anew': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const kept = 1 + target.random(rows.length - 1);
    await remove(target, rows.slice(kept));
    await setHead(target, workspaceId, kept, rows.at(-1)?.hash);
  },
  'remove one and number the rest anew': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const place = target.random(rows.length - 1);
    await remove(target, [rows[place] as Row]);
    for (const { id, sequence } of rows.slice(place + 1))
      await set(target, id ?? null, { sequence: Number(sequence) - 1 });
    await setHead(target, workspaceId, rows.length - 1, rows.at(-1)?.hash);
  },
  'remove one and chain its neighbours': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const place = target.random(rows.length - 2);
    const [gone, next] = rows.slice(place);
    await remove(target, [gone as Row]);
    const forged = { ...next, sequence: gone?.sequence, formerHash: gone?.formerHash } as Row;
    await set(target, next?.id ?? null, { ...forged, hash: hashOfRow(forged) });
  },
  'swap what two say': async (target, workspaceId) => {
    const [one, other] = await two(target, workspaceId);
    const said = ({ id: _, sequence: __, ...rest }: Row) => rest;
    await set(target, one.id ?? null, said(other));
    await set(target, other.id ?? null, said(one));
  },
  'swap the places of two': async (target, workspaceId) => {
    const [one, other] = await two(target, workspaceId);
    await set(target, one.id ?? null, { sequence: -1 });
    await set(target, other.id ?? null, { sequence: one.sequence ?? 0 });
    await set(target, one.id ?? null, { sequence: other.sequence ?? 0 });
  },
  'swap the hashes of two': async (target, workspaceId) => {
    const [one, other] = await two(target, workspaceId);
    await set(target, one.id ?? null, { hash: other.hash ?? '' });
    await set(target, other.id ?? null, { hash: one.hash ?? '' });
  },
  'insert a copy at the same place': async (target, workspaceId) => {
    await insert(target, { ...pick(target, await target.rows(workspaceId)), id: newId(target) });
  },
  'insert one where nobody counts': async (target, workspaceId) => {
    const sequence = pick(target, [0, -1, -1000, 0.5, 1.5]);
    await insert(target, { ...pick(target, await target.rows(workspaceId)), id: newId(target), sequence });
  },
  'insert one in the middle and move the rest': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const place = target.random(rows.length);
    for (const { id, sequence } of rows.slice(place).reverse())
      await set(target, id ?? null, { sequence: Number(sequence) + 1 });
    const forged = { ...rows[place], id: newId(target), actorName: 'Nobody' } as Row;
    await insert(target, { ...forged, hash: hashOfRow(forged) });
    await setHead(target, workspaceId, rows.length + 1, rows.at(-1)?.hash);
  },
  'append one, rightly chained': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const last = rows.at(-1) as Row;
    const sequence = rows.length + 1;
    const forged: Row = { ...last, id: newId(target), sequence, formerHash: last.hash ?? '', actorName: 'Nobody' };
    await insert(target, { ...forged, hash: hashOfRow(forged) });
    if (target.random(2)) await setHead(target, workspaceId, sequence, last.hash);
  },
  'replay an old one at the end': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const old = pick(target, rows);
    await insert(target, { ...old, id: newId(target), sequence: rows.length + 1 });
    await setHead(target, workspaceId, rows.length + 1, old.hash);
  },
  'replay one of another workspace': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const theirs = pick(target, await target.rows(elsewhere(target, workspaceId)));
    const place = pick(target, rows);
    await set(target, place.id ?? null, { ...theirs, id: newId(target), workspaceId, sequence: place.sequence ?? 0 });
  },
  'put the whole log of another workspace in its place': async (target, workspaceId) => {
    const from = elsewhere(target, workspaceId);
    await remove(target, await target.rows(workspaceId));
    const theirs = await target.rows(from);
    for (const row of theirs) await insert(target, { ...row, id: newId(target), workspaceId });
    await setHead(target, workspaceId, theirs.length, theirs.at(-1)?.hash);
  },
  'put back an older log': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const kept = 1 + target.random(rows.length - 1);
    await remove(target, rows.slice(kept));
  },
  'alter the head': async (target, workspaceId) => {
    const rows = await target.rows(workspaceId);
    const { hash } = pick(target, rows.slice(0, -1));
    if (target.random(2)) await setHead(target, workspaceId, rows.length, hash);
    else await setHead(target, workspaceId, target.random(rows.length), rows.at(-1)?.hash);
  },
  'remove the head': async ({ writer }, workspaceId) =>
    writer.query('DELETE FROM audit_head WHERE "workspaceId" = ?', [workspaceId]),
  'remove the head and all entries': async (target, workspaceId) => {
    await remove(target, await target.rows(workspaceId));
    await target.writer.query('DELETE FROM audit_head WHERE "workspaceId" = ?', [workspaceId]);
  },
};

async function two(target: Target, workspaceId: string): Promise<[Row, Row]> {
  const rows = await target.rows(workspaceId);
  const first = target.random(rows.length - 1);
  return [rows[first] as Row, rows[first + 1 + target.random(rows.length - first - 1)] as Row];
}

const elsewhere = ({ workspaces }: Target, workspaceId: string) =>
  workspaces.find((other) => other !== workspaceId) as string;

/** Every forgery, by what it does. */
export function forgeriesOf(target: Target): [string, Forgery][] {
  const columns = columnsOf(target);
  return [
    ...columns.map((column): [string, Forgery] => [`alter ${column}`, altering(column, false)]),
    ...columns
      .filter((column) => column !== 'hash')
      .map((column): [string, Forgery] => [`alter ${column} and hash it anew`, altering(column, true)]),
    ...Object.entries(others),
  ];
}
