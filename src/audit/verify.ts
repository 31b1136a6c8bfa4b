/** Verifying the audit log: each chain is followed from its first entry to its head, as of one moment, and the first fault is named. */
import type { EntityManager } from 'typeorm';
import { AuditEvent } from './audit-event';
import { AuditHead } from './audit-head';
import { GENESIS, hashOfEntry, type KeptEntry } from './chain';

/** How many entries are read at a time. */
const BATCH = 1000;

/** What was found of the log of one workspace. */
export interface Verified {
  readonly workspaceId: string;
  /** How many entries hold, from the first one. */
  readonly entries: number;
  /** Of the last one that holds. */
  readonly hash: string;
  /** The first thing that is wrong; `undefined`: nothing is. */
  readonly fault: string | undefined;
}

export interface Listeners {
  /** Told now and then how many entries have been followed. */
  readonly progress?: (entries: number) => void;
  /** Told the hash of each entry that holds. */
  readonly passed?: (hash: string) => void;
}

/** All workspaces that there are, or of which the log tells or once told. */
export async function auditedWorkspaces(manager: EntityManager): Promise<string[]> {
  const rows: { id: string }[] = await manager.query(
    'SELECT id FROM workspace UNION SELECT "workspaceId" FROM audit_head UNION SELECT "workspaceId" FROM audit_event',
  );
  return rows.map(({ id }) => id).sort();
}

/** Follows the log of a workspace. `manager` reads as of one moment, so that what is added meanwhile is no fault. */
export async function verifyLog(
  manager: EntityManager,
  workspaceId: string,
  { progress, passed }: Listeners = {},
): Promise<Verified> {
  const head = await manager.findOneBy(AuditHead, { workspaceId });
  let [entries, hash] = [0, GENESIS];
  const found = (fault?: string): Verified => ({ workspaceId, entries, hash, fault });
  if (!head) return found('The head of the log is missing.');
  for (;;) {
    const batch = await entriesAfter(manager, workspaceId, entries);
    for (const entry of batch) {
      const fault = faultOf(entry, entries + 1, hash);
      if (fault) return found(fault);
      entries += 1;
      hash = entry.hash;
      passed?.(hash);
    }
    if (batch.length < BATCH) break;
    progress?.(entries);
  }
  if (entries < head.entries) return found(`Entry ${entries + 1} is missing, of ${head.entries}.`);
  if (entries !== head.entries)
    return found(
      `Entry ${head.entries + 1} was inserted, or the head of the log was altered: it counts ${head.entries}.`,
    );
  if (hash !== head.hash)
    return found(`Entry ${entries} was altered, or the head of the log: it is not the one that the head names.`);
  // What stands at a place where no entry is looked for.
  const count = await manager.countBy(AuditEvent, { workspaceId });
  if (count !== entries) return found(`${count - entries} entries were inserted beside the ${entries} of the chain.`);
  return found();
}

async function entriesAfter(manager: EntityManager, workspaceId: string, sequence: number): Promise<KeptEntry[]> {
  const query = manager
    .createQueryBuilder(AuditEvent, 'item')
    .select([])
    .where('item.workspaceId = :workspaceId AND item.sequence > :sequence', { workspaceId, sequence })
    .orderBy('item.sequence')
    .addOrderBy('item.id')
    .limit(BATCH);
  for (const { propertyName } of query.expressionMap.mainAlias?.metadata.columns ?? [])
    query.addSelect(`item.${propertyName}`, propertyName);
  const rows = await query.getRawMany<KeptEntry>();
  return rows.map((row) => ({ ...row, at: asKept(row.at) }));
}

/** Postgres answers bigint as text; what else there may be instead of a number is left as it is, to be told. */
const asKept = (at: number | string) => (typeof at === 'string' && /^\d+$/.test(at) ? Number(at) : at) as number;

/** What is wrong with an entry, where the one of this number should stand that follows the one with `formerHash`. */
function faultOf(entry: KeptEntry, number: number, formerHash: string): string | undefined {
  if (entry.sequence > number) return `Entry ${number} is missing: ${nameOf(entry)} follows in its place.`;
  if (entry.sequence !== number) return `${nameOf(entry)} was inserted, or its number was altered.`;
  if (entry.hash !== hashOfEntry(entry)) return `${nameOf(entry)} was altered.`;
  if (entry.formerHash !== formerHash)
    return number === 1
      ? `${nameOf(entry)} is not the first one that was written.`
      : `${nameOf(entry)} was not written after entry ${number - 1} as it is now: one of them was altered or inserted.`;
  return undefined;
}

const nameOf = ({ sequence, id }: KeptEntry) => `Entry ${sequence} (${id})`;
