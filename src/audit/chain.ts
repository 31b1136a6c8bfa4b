/** The chain: what the hash of an entry is made of, and what the first entry is chained to. */
import { createHash } from 'node:crypto';
import type { AuditEvent } from './audit-event';

/** Stands for the hash of the entry before the first. */
export const GENESIS = '0'.repeat(64);

const VERSION = 'grapnel audit 1';

/** The SHA-256 over all that an entry says, as a JSON list: every value in its place, none of which can run into the next. */
export function hashOfEntry(entry: Omit<AuditEvent, 'hash'>): string {
  const canonical = JSON.stringify([
    VERSION,
    entry.formerHash,
    entry.workspaceId,
    entry.sequence,
    entry.id,
    entry.at.getTime(),
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
