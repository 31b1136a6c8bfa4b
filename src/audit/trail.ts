/** Writing the audit log: a deed is recorded in the transaction that does it, or neither happens. */
import type { EntityManager } from 'typeorm';
import { newNumberedId } from '../graphql/node';
import type { AuditAction, AuditSubjectKind } from './action';
import type { Author } from './actor';
import { AuditEvent } from './audit-event';
import { AuditHead } from './audit-head';
import { GENESIS, hashOfEntry } from './chain';

/** What is left out, or null, is not told. */
export type Details = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Deed {
  readonly action: AuditAction;
  readonly subject: { readonly kind: AuditSubjectKind; readonly id: string; readonly name: string | null };
  /** Never a secret, nor what somebody may have put one into. */
  readonly details?: Details;
}

/** Begins the log of a new workspace. */
export async function openLog(tx: EntityManager, workspaceId: string): Promise<void> {
  await tx.insert(AuditHead, { workspaceId, entries: 0, hash: GENESIS });
}

/** Adds deeds to the log of a workspace, in the transaction `tx` that does them. */
export async function record(
  tx: EntityManager,
  { workspaceId, actor }: Author,
  at: Date,
  ...deeds: readonly Deed[]
): Promise<void> {
  const head = await tx.findOneBy(AuditHead, { workspaceId });
  // A log that began again would hide that the former one was removed.
  if (!head) throw new Error(`The audit log of ${workspaceId} lacks its head, so that nothing can be recorded in it.`);
  let { entries, hash } = head;
  for (const { action, subject, details = {} } of deeds) {
    entries += 1;
    const entry = {
      id: newNumberedId('AuditEvent', entries),
      workspaceId,
      sequence: entries,
      at,
      actorKind: actor.kind,
      actorId: actor.id,
      actorName: actor.name,
      actorRole: actor.role,
      actorUserId: actor.userId,
      requestId: actor.requestId,
      action,
      subjectKind: subject.kind,
      subjectId: subject.id,
      subjectName: subject.name,
      details: JSON.stringify(pairsOf(details)),
      formerHash: hash,
    };
    hash = hashOfEntry({ ...entry, at: at.getTime() });
    await tx.insert(AuditEvent, { ...entry, hash });
  }
  await tx.update(AuditHead, { workspaceId }, { entries, hash });
}

function pairsOf(details: Details): [string, string][] {
  return Object.entries(details)
    .flatMap(([name, value]): [string, string][] => (value == null ? [] : [[name, `${value}`]]))
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** What of a thing with a name changed, as details. */
export function changesOf<T extends { readonly name: string }>(
  before: T,
  after: T,
  fields: readonly (keyof T & string)[],
): Details {
  return {
    fields: changedFields(before, after, fields),
    formerName: before.name === after.name ? undefined : before.name,
  };
}

/** The names of those of `fields` that differ, as a detail; `undefined`: none does. */
export function changedFields(before: object, after: object, fields: readonly string[]): string | undefined {
  const valueIn = (thing: object, field: string) => JSON.stringify((thing as Record<string, unknown>)[field] ?? null);
  return fields.filter((field) => valueIn(before, field) !== valueIn(after, field)).join(', ') || undefined;
}
