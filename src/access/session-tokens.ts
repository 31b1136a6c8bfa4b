/** What can be done with session tokens: make one for a connection. */
import { type Problem, refuseAny } from '../errors';
import { newId } from '../graphql/node';
import type { ConnectionRef } from '../graphql/reference';
import { problemsOf } from '../rules/rule';
import type { Store } from '../storage/store';
import { hashOf, newSecret } from './api-key';
import type { Caller } from './caller';
import type { SessionTokenCreateInput } from './inputs';
import { SessionToken } from './session-token';

/** What session tokens ask of connections, which stand above this room. */
export interface ConnectionLookup {
  /** The connection that `ref` names for `caller`, and what is wrong with `userId` for it. Throws `Refused` NOT_FOUND. */
  forUser(
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

  async create(caller: Caller, input: SessionTokenCreateInput): Promise<{ token: string; expiresAt: Date }> {
    const { connection, problems } = await this.connections.forUser(caller, input.connection, input.userId);
    refuseAny([...problemsOf(input), ...problems]);
    const token = newSecret('gs');
    const expiresAt = new Date(this.now().getTime() + input.expiresInSeconds * 1000);
    await this.store.write((tx) =>
      tx.insert(SessionToken, {
        id: newId('SessionToken'),
        workspaceId: caller.workspaceId,
        keyId: caller.keyId,
        connectionId: connection.id,
        userId: input.userId ?? null,
        hash: hashOf(token),
        expiresAt,
      }),
    );
    return { token, expiresAt };
  }
}
