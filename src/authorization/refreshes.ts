/** Refreshing on request: credentials are renewed now, whether they have expired or not. */
import type { Caller } from '../access/caller';
import { Connection } from '../connections/connection';
import type { Grants } from '../connections/grants';
import { ConnectionStatus } from '../connections/health';
import { getConnection, userOf, userProblems } from '../connections/lookup';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import type { Store } from '../storage/store';
import { notAuthorized } from './refresh-failures';
import type { Refresher } from './refresher';

export class Refreshes {
  constructor(
    private readonly store: Store,
    private readonly grants: Grants,
    private readonly refresher: Refresher,
  ) {}

  /** Throws `Refused`: there is no grant, nothing to refresh it with, or the provider did not play along. */
  async refresh(caller: Caller, id: string, userId: string | null | undefined): Promise<Connection> {
    const connection = await getConnection(this.store.read, caller, { id });
    refuseAny(userProblems(caller, connection, userId));
    const grant = await this.grants.find(this.store.read, id, userOf(caller, userId));
    if (grant?.status !== ConnectionStatus.CONNECTED) throw new Refused(notAuthorized(grant, ['id']));
    if (grant.nextRefreshAt === null)
      throw new Refused({
        code: UserErrorCode.NOT_ACCEPTED,
        path: ['id'],
        message: 'There is nothing to refresh: these credentials do not expire, or the provider gave no refresh token.',
      });
    await this.refresher.renew(grant, { askedBy: caller }).catch((error: unknown) => {
      throw error instanceof Refused ? new Refused(...error.problems.map(atId)) : error;
    });
    return this.store.read.findOneByOrFail(Connection, { id });
  }
}

const atId = (problem: Problem): Problem => ({ ...problem, path: ['id'] });
