/** The owner's first key: the one that is given by BOOTSTRAP_API_KEY, or one that is generated at the first start. */
import type { EntityManager } from 'typeorm';
import { newId } from '../graphql/node';
import type { Store } from '../storage/store';
import { ApiKey } from './api-key';
import { Role } from './caller';
import { insertKey } from './new-key';
import { hashOf } from './secret';
import { Workspace } from './workspace';

const NAME = 'Owner';

/**
 * Sees to it that there is an owner. With `given` (BOOTSTRAP_API_KEY), that is the owner's key, in place of the one given
 * before; without, one is generated if no owner has a key, and its secret is returned to be told once.
 */
export async function bootstrapOwner(store: Store, given: string | undefined, now: Date): Promise<string | undefined> {
  return store.write(async (tx) => {
    const [owner] = await tx.find(ApiKey, { where: { role: Role.OWNER }, order: { id: 'ASC' }, take: 1 });
    if (given === undefined) {
      if (owner) return undefined;
      const { secret } = await insertKey(
        tx,
        { workspaceId: await firstWorkspace(tx, now), name: NAME, role: Role.OWNER },
        now,
      );
      return secret;
    }
    if (await tx.existsBy(ApiKey, { hash: hashOf(given) })) return undefined;
    const workspaceId = owner?.workspaceId ?? (await firstWorkspace(tx, now));
    await tx.delete(ApiKey, { bootstrap: true });
    await insertKey(tx, { workspaceId, name: NAME, role: Role.OWNER, secret: given }, now);
    return undefined;
  });
}

async function firstWorkspace(tx: EntityManager, now: Date): Promise<string> {
  const [first] = await tx.find(Workspace, { order: { id: 'ASC' }, take: 1 });
  if (first) return first.id;
  const id = newId('Workspace');
  await tx.insert(Workspace, { id, name: 'Default', returnToUrls: [], createdAt: now });
  return id;
}
