/** Giving grants back: the provider is told where it has a place for that, and locally they are forgotten in any case. */
import type { Caller } from '../access/caller';
import { ProviderFailure } from '../auth-types/provider-failure';
import type { Connection } from '../connections/connection';
import type { Connections } from '../connections/connections';
import { Grant } from '../connections/grant';
import type { Grants } from '../connections/grants';
import { ConnectionStatus } from '../connections/health';
import { getConnection } from '../connections/lookup';
import type { Store } from '../storage/store';
import type { Providers } from './provider';

export class Revocations {
  constructor(
    private readonly store: Store,
    private readonly connections: Connections,
    private readonly grants: Grants,
    private readonly providers: Providers,
  ) {}

  /** Revokes the grant of one user, or, without `userId`, of everybody. Throws `Refused`. */
  async revoke(
    caller: Caller,
    id: string,
    userId: string | null | undefined,
  ): Promise<{ connection: Connection; remoteRevoked: boolean | null }> {
    const found = await getConnection(this.store.read, caller, { id });
    const remoteRevoked = await this.tellProvider(found, userId);
    return { connection: await this.connections.revoke(caller, id, userId), remoteRevoked };
  }

  /** Revokes every grant of a connection, then deletes it. Throws `Refused`. */
  async delete(caller: Caller, id: string): Promise<{ deletedId: string; remoteRevoked: boolean | null }> {
    const found = await getConnection(this.store.read, caller, { id });
    const remoteRevoked = await this.tellProvider(found, null);
    return { deletedId: await this.connections.delete(caller, id), remoteRevoked };
  }

  /** Whether the provider agreed to all; `null` when there was nothing to tell it. */
  private async tellProvider(connection: Connection, userId: string | null | undefined): Promise<boolean | null> {
    const { flow, dealings } = await this.providers.of(this.store.read, connection);
    if (!flow?.revoke) return null;
    const grants = await this.store.read.findBy(Grant, {
      connectionId: connection.id,
      ...(userId != null && { userKey: userId }),
    });
    const answers: boolean[] = [];
    for (const grant of grants.filter(({ status }) => status !== ConnectionStatus.REVOKED)) {
      const answer = await flow.revoke(dealings, this.grants.open(grant) ?? {}).catch((error: unknown) => {
        if (error instanceof ProviderFailure) return false;
        throw error;
      });
      if (answer !== null) answers.push(answer);
    }
    return answers.length === 0 ? null : answers.every((agreed) => agreed);
  }
}
