/** From an Authorization value to the caller: keys and session tokens, looked up by their hashes. */
import { topLevelError } from '../errors';
import type { Store } from '../storage/store';
import { ApiKey } from './api-key';
import type { Caller } from './caller';
import { hashOf } from './secret';
import { SessionToken } from './session-token';

/** How exact `lastUsedAt` is, in milliseconds: a write for every use would cost more than the use. */
const LAST_USED_STEP = 60_000;

export class Authenticator {
  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
  ) {}

  /** The caller behind `Bearer <key>` (RFC 6750 section 2.1). Throws UNAUTHENTICATED, the same for every reason. */
  async authenticate(authorization: string | undefined): Promise<Caller> {
    const [, secret] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '') ?? [];
    const caller = secret && ((await this.byKey(hashOf(secret))) ?? (await this.bySession(hashOf(secret))));
    if (!caller)
      throw topLevelError(
        'UNAUTHENTICATED',
        'Give a valid API key: Authorization: Bearer <key> (on a socket: connectionParams.authorization).',
      );
    return caller;
  }

  private async byKey(hash: string): Promise<Caller | undefined> {
    const key = await this.store.read.findOneBy(ApiKey, { hash });
    if (!key || this.isOver(key.expiresAt)) return undefined;
    await this.noteUse(key);
    return { workspaceId: key.workspaceId, keyId: key.id, tokenId: null, role: key.role, session: null };
  }

  private async bySession(hash: string): Promise<Caller | undefined> {
    const token = await this.store.read.findOneBy(SessionToken, { hash });
    if (!token || this.isOver(token.expiresAt)) return undefined;
    const key = await this.store.read.findOneBy(ApiKey, { id: token.keyId });
    if (!key || this.isOver(key.expiresAt)) return undefined;
    const { workspaceId, connectionId, userId } = token;
    return { workspaceId, keyId: key.id, tokenId: token.id, role: null, session: { connectionId, userId } };
  }

  private isOver(expiresAt: Date | null): boolean {
    return expiresAt !== null && expiresAt <= this.now();
  }

  private async noteUse({ id, lastUsedAt }: ApiKey): Promise<void> {
    const now = this.now();
    // Either way: of a use before the clock was set back, too, there are newer ones to tell.
    if (lastUsedAt && Math.abs(now.getTime() - lastUsedAt.getTime()) < LAST_USED_STEP) return;
    await this.store.write((tx) => tx.update(ApiKey, { id }, { lastUsedAt: now }));
  }
}
