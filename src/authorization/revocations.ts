/** Giving grants back: the provider is told where it has a place for that, and locally they are forgotten in any case. */
import pLimit from 'p-limit';
import type { Caller } from '../access/caller';
import { ProviderFailure } from '../auth-types/provider-failure';
import type { Connection } from '../connections/connection';
import type { Connections } from '../connections/connections';
import { Grant } from '../connections/grant';
import type { Grants } from '../connections/grants';
import { getConnection, userProblems } from '../connections/lookup';
import { refuseAny } from '../errors';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import type { FlowStore } from './flow-store';
import type { Provider, Providers } from './provider';

/** How many grants of a connection are given back at once, and how long the last of them may wait for its turn, in milliseconds. */
const CONCURRENCY = 16;
const PATIENCE = 30_000;

/** What the provider said of each grant: whether it agreed; `null`: it has no place for that. */
type Answers = (boolean | null)[];

export class Revocations {
  constructor(
    private readonly store: Store,
    private readonly connections: Connections,
    private readonly grants: Grants,
    private readonly providers: Providers,
    private readonly flows: FlowStore,
    private readonly log: Log,
  ) {}

  /** Revokes the grant of one user, or, without `userId`, of everybody. Throws `Refused`. */
  async revoke(
    caller: Caller,
    id: string,
    userId: string | null | undefined,
  ): Promise<{ connection: Connection; remoteRevoked: boolean | null }> {
    const { remoteRevoked, connection } = await this.withProvider(caller, id, userId, () =>
      this.connections.revoke(caller, id, userId, (tx) => this.flows.abandon(tx, id, userId)),
    );
    return { connection, remoteRevoked };
  }

  /** Revokes every grant of a connection, then deletes it. Throws `Refused`. */
  async delete(caller: Caller, id: string): Promise<{ deletedId: string; remoteRevoked: boolean | null }> {
    const { remoteRevoked, deletedId } = await this.withProvider(caller, id, null, () =>
      this.connections.delete(caller, id),
    );
    return { deletedId, remoteRevoked };
  }

  /**
   * Tells the provider, then does `forget`: should this process die between, the credentials are still here to try again with.
   * What was renewed meanwhile is told after it. `remoteRevoked`: whether the provider agreed to all; `null`: nothing to tell it.
   */
  private async withProvider<T extends { readonly former: readonly Grant[] }>(
    caller: Caller,
    id: string,
    userId: string | null | undefined,
    forget: () => Promise<T>,
  ): Promise<T & { remoteRevoked: boolean | null }> {
    const connection = await getConnection(this.store.read, caller, { id });
    if (userId != null) refuseAny(userProblems(caller, connection, userId));
    const where = { connectionId: id, ...(userId != null && { userKey: userId }) };
    const told = await this.store.read.findBy(Grant, where);
    const answers = await this.tell(connection, told);
    const forgotten = await forget();
    const known = new Map(told.map((grant) => [grant.id, grant.generation]));
    const renewed = forgotten.former.filter((grant) => known.get(grant.id) !== grant.generation);
    const all = [...answers, ...(await this.tell(connection, renewed))].filter((answer) => answer !== null);
    return { ...forgotten, remoteRevoked: all.length === 0 ? null : all.every((agreed) => agreed) };
  }

  /** Never rejects: whatever keeps the provider from being told must keep nobody from forgetting. */
  private async tell(connection: Connection, grants: readonly Grant[]): Promise<Answers> {
    const live = grants.filter(({ credentials }) => credentials !== null);
    if (live.length === 0) return [];
    const giveUpAt = performance.now() + PATIENCE;
    const limit = pLimit(CONCURRENCY);
    try {
      const provider = await this.providers.of(this.store.read, connection);
      return await Promise.all(
        live.map((grant) => limit(async () => performance.now() < giveUpAt && this.giveBack(provider, grant))),
      );
    } catch (err) {
      this.log.error({ err, connectionId: connection.id }, 'The provider could not be told of a revocation.');
      return [false];
    }
  }

  private async giveBack({ flow, dealings }: Provider, grant: Grant): Promise<boolean | null> {
    if (!flow?.revoke) return null;
    try {
      return await flow.revoke(dealings, this.grants.open(grant) ?? {});
    } catch (err) {
      const isTheirs = err instanceof ProviderFailure;
      this.log[isTheirs ? 'warn' : 'error'](
        { err, grantId: grant.id },
        'The provider could not be told of a revocation.',
      );
      return false;
    }
  }
}
