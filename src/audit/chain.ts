/** The chain: what the hash of an entry is made of, and what the first entry is chained to. */
import { createHash } from 'node:crypto';
import type { AuditEvent } from './audit-event';

/** Stands for the hash of the entry before the first. */
export const GENESIS = '0'.repeat(64);

const VERSION = 'grapnel audit 1';

/** An entry as the database keeps it, to the letter: what reading it would make equal may have been altered all the same. */
export type KeptEntry = Omit<AuditEvent, 'at'> & {
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** The SHA-256 over all that an entry says, as a JSON list: every value in its place, none of which can run into the next. */
export function hashOfEntry(entry: Omit<KeptEntry, 'hash'>): string {
  const canonical = JSON.stringify([
    VERSION,
    entry.formerHash,
    entry.workspaceId,
    entry.sequence,
    entry.id,
    entry.at,
    entry.actorKind,
    entry.actorId,
    entry.actorName,
    entry.actorRole,
    entry.actorUserId,
    entry.requestId,
    entry.action,
    entry.subjectKind,
    entry.subjectId,
    entry.subjectName,
    entry.details,
  ]);
  return createHash('sha256').update(canonical).digest('hex');
}
