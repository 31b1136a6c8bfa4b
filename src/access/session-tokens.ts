/** What can be done with session tokens: make one for a connection. */
import { type EntityManager, LessThanOrEqual } from 'typeorm';
import { AuditAction, AuditSubjectKind } from '../audit/action';
import { record } from '../audit/trail';
import { alsoRefusing, type Problem, refuseAny } from '../errors';
import { newId } from '../graphql/node';
import type { ConnectionRef } from '../graphql/reference';
import { problemsOf } from '../rules/rule';
import type { Store } from '../storage/store';
import type { Caller } from './caller';
import type { SessionTokenCreateInput } from './inputs';
import { hashOf, newSecret } from './secret';
import { SessionToken } from './session-token';

/** What session tokens ask of connections, which stand above this room. */
export interface ConnectionLookup {
  /** The connection that `ref` names for `caller`, and what is wrong with `userId` for it. Throws `Refused` NOT_FOUND. */
  forUser(
    manager: EntityManager,
    caller: Caller,
    ref: ConnectionRef,
    userId: string | null | undefined,
  ): Promise<{ connection: { id: string }; problems: Problem[] }>;
}

export class SessionTokens {
  constructor(
    private readonly store: Store,
    private readonly connections: ConnectionLookup,
    private readonly now: () => Date,
  ) {}

  /** Makes a token and forgets those that ended, so that they do not pile up. */
  async create(caller: Caller, input: SessionTokenCreateInput): Promise<{ token: string; expiresAt: Date }> {
    const { connection: ref, userId = null, expiresInSeconds } = input;
    const token = newSecret('gs');
    return this.store.write(async (tx) => {
      const own = problemsOf(input);
      const { connection, problems } = await alsoRefusing(own, () => this.connections.forUser(tx, caller, ref, userId));
      refuseAny([...own, ...problems]);
      const now = this.now();
      const expiresAt = new Date(now.getTime() + expiresInSeconds * 1000);
      await tx.delete(SessionToken, { expiresAt: LessThanOrEqual(now) });
      const id = newId('SessionToken');
      await tx.insert(SessionToken, {
        id,
        workspaceId: caller.workspaceId,
        keyId: caller.keyId,
        connectionId: connection.id,
        userId,
        hash: hashOf(token),
        expiresAt,
      });
      await record(tx, caller, now, {
        action: AuditAction.SESSION_TOKEN_CREATED,
        subject: { kind: AuditSubjectKind.SESSION_TOKEN, id, name: null },
        details: { connection: connection.id, userId, expiresAt: expiresAt.toISOString() },
      });
      return { token, expiresAt };
    });
  }
}
