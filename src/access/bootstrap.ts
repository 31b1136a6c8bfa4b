/** The owner's first key: the one that is given by BOOTSTRAP_API_KEY, or one that is generated at the first start. */
import type { EntityManager } from 'typeorm';
import { type Author, SERVER } from '../audit/actor';
import { record } from '../audit/trail';
import type { Store } from '../storage/store';
import { ApiKey } from './api-key';
import { keyRevoked } from './api-keys';
import { Role } from './caller';
import { insertKey } from './new-key';
import { hashOf } from './secret';
import { Workspace } from './workspace';
import { insertWorkspace } from './workspaces';

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
      const { secret } = await insertKey(tx, await firstWorkspace(tx, now), { name: NAME, role: Role.OWNER }, now);
      return secret;
    }
    if (await tx.existsBy(ApiKey, { hash: hashOf(given) })) return undefined;
    const author = owner ? serverIn(owner.workspaceId) : await firstWorkspace(tx, now);
    for (const former of await tx.findBy(ApiKey, { bootstrap: true })) {
      await tx.delete(ApiKey, { id: former.id });
      await record(tx, serverIn(former.workspaceId), now, keyRevoked(former));
    }
    await insertKey(tx, author, { name: NAME, role: Role.OWNER, secret: given }, now);
    return undefined;
  });
}

const serverIn = (workspaceId: string): Author => ({ workspaceId, actor: SERVER });

/** The server in the first workspace, which is made where there is none. */
async function firstWorkspace(tx: EntityManager, now: Date): Promise<Author> {
  const [first] = await tx.find(Workspace, { order: { id: 'ASC' }, take: 1 });
  return serverIn((first ?? (await insertWorkspace(tx, SERVER, 'Default', now))).id);
}
