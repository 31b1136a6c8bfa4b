/** Making a key: the one place where a secret is drawn and only its hash is kept. */
import type { EntityManager } from 'typeorm';
import { AuditAction, AuditSubjectKind } from '../audit/action';
import type { Author } from '../audit/actor';
import { record } from '../audit/trail';
import { newId } from '../graphql/node';
import { ApiKey } from './api-key';
import { hashOf, newSecret } from './secret';

type Wanted = Pick<ApiKey, 'name' | 'role'> & {
  readonly expiresAt?: Date | null;
  /** From BOOTSTRAP_API_KEY; left out: a new one is drawn. */
  readonly secret?: string;
};

/** Keeps a new key that `author` makes in their workspace, in a transaction of the caller's. The secret is known from the answer only. */
export async function insertKey(
  tx: EntityManager,
  author: Author,
  { name, role, expiresAt = null, secret: given }: Wanted,
  now: Date,
): Promise<{ apiKey: ApiKey; secret: string }> {
  const secret = given ?? newSecret('gk');
  const apiKey = tx.create(ApiKey, {
    id: newId('ApiKey'),
    workspaceId: author.workspaceId,
    name,
    role,
    hash: hashOf(secret),
    lastFour: secret.slice(-4),
    bootstrap: given !== undefined,
    createdAt: now,
    expiresAt,
    lastUsedAt: null,
  });
  await tx.insert(ApiKey, apiKey);
  await record(tx, author, now, {
    action: AuditAction.API_KEY_CREATED,
    subject: { kind: AuditSubjectKind.KEY, id: apiKey.id, name },
    details: { role, expiresAt: expiresAt?.toISOString() },
  });
  return { apiKey, secret };
}
