/** From an Authorization value to the caller: keys and session tokens, looked up by their hashes. */
import { AuditActorKind } from '../audit/actor';
import { topLevelError } from '../errors';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { ApiKey } from './api-key';
import type { Caller } from './caller';
import { type KeptKey, KeptKeys } from './kept-keys';
import { hashOf } from './secret';
import { SessionToken } from './session-token';

/** How exact `lastUsedAt` is, in milliseconds: a write for every use would cost more than the use. */
const LAST_USED_STEP = 60_000;

export class Authenticator {
  private readonly kept: KeptKeys;
  /** The keys whose use is being noted. */
  private readonly noting = new Set<string>();
  private readonly readKey;
  private readonly readToken;

  constructor(
    private readonly store: Store,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {
    this.kept = new KeptKeys(store.prepareVersion());
    this.readKey = store.prepare({ key: ApiKey }, 'FROM api_key key WHERE key.hash = ?');
    this.readToken = store.prepare(
      { token: SessionToken, key: ApiKey },
      'FROM session_token token JOIN api_key key ON key.id = token."keyId" WHERE token.hash = ?',
    );
  }

  /**
   * The caller behind `Bearer <key>` (RFC 6750 section 2.1), who asks with the request of this id. Throws UNAUTHENTICATED, the same
   * for every reason.
   */
  async authenticate(authorization: string | undefined, requestId: string): Promise<Caller> {
    const [, secret] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '') ?? [];
    const found = secret && (await this.find(hashOf(secret)));
    if (!found || this.isOver(found.expiresAt))
      throw topLevelError(
        'UNAUTHENTICATED',
        'Give a valid API key: Authorization: Bearer <key> (on a socket: connectionParams.authorization).',
      );
    if (!found.caller.session) await this.noteUse(found);
    return { ...found.caller, actor: { ...found.actor, requestId } };
  }

  /** Forgets a key that was revoked. */
  end(keyId: string): void {
    this.kept.end(keyId);
  }

  private find(hash: string): Promise<KeptKey | undefined> {
    return this.kept.get(hash, async () => (await this.byKey(hash)) ?? (await this.bySession(hash)));
  }

  private async byKey(hash: string): Promise<KeptKey | undefined> {
    const { key } = (await this.readKey(hash)) ?? {};
    if (!key) return undefined;
    const { workspaceId, id, name, role, expiresAt, lastUsedAt } = key;
    const actor = { kind: AuditActorKind.KEY, id, name, role, userId: null };
    return { caller: { workspaceId, keyId: id, tokenId: null, role, session: null }, actor, expiresAt, lastUsedAt };
  }

  private async bySession(hash: string): Promise<KeptKey | undefined> {
    const { token, key } = (await this.readToken(hash)) ?? {};
    if (!token || !key) return undefined;
    const { workspaceId, connectionId, userId } = token;
    const session = { connectionId, userId };
    const ends = [token.expiresAt, ...(key.expiresAt ? [key.expiresAt] : [])].map((end) => end.getTime());
    return {
      caller: { workspaceId, keyId: key.id, tokenId: token.id, role: null, session },
      actor: { kind: AuditActorKind.SESSION_TOKEN, id: token.id, name: key.name, role: null, userId },
      expiresAt: new Date(Math.min(...ends)),
      lastUsedAt: null,
    };
  }

  private isOver(expiresAt: Date | null): boolean {
    return expiresAt !== null && expiresAt <= this.now();
  }

  private async noteUse({ caller: { keyId: id }, lastUsedAt }: KeptKey): Promise<void> {
    const now = this.now();
    // Either way: of a use before the clock was set back, too, there are newer ones to tell.
    if (lastUsedAt && Math.abs(now.getTime() - lastUsedAt.getTime()) < LAST_USED_STEP) return;
    // Of many at once, one notes it for all.
    if (this.noting.has(id)) return;
    this.noting.add(id);
    try {
      await this.store.write((tx) => tx.update(ApiKey, { id }, { lastUsedAt: now }));
      this.kept.forget(id);
    } catch (err) {
      // That is no reason to answer nothing: the next use is noted.
      this.log.warn({ err, keyId: id }, 'When a key was last used could not be noted.');
    } finally {
      this.noting.delete(id);
    }
  }
}
