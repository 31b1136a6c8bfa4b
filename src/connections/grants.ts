/** What can be done with grants: keep, find, open, revoke; and the short account of them that their connection bears. */
import { type EntityManager, In } from 'typeorm';
import type { Credentials } from '../auth-types/auth-type';
import { newId } from '../graphql/node';
import type { Vault } from '../storage/vault';
import { Connection } from './connection';
import { Grant, userKeyOf } from './grant';
import { ConnectionStatus, type Verdict } from './health';
import { isNews, type Standing, summarize, verdicts } from './verdicts';

/** What an authorization brought. */
export interface Authorized {
  readonly credentials: Credentials;
  readonly grantedScopes: readonly string[];
  readonly expiresAt: Date | null;
}

type Row = Pick<Grant, 'id' | 'workspaceId'>;

export class Grants {
  constructor(private readonly vault: Vault) {}

  find(manager: EntityManager, connectionId: string, userId: string | null): Promise<Grant | null> {
    return manager.findOneBy(Grant, { connectionId, userKey: userKeyOf(userId) });
  }

  /** The credentials of a grant that was not revoked. */
  open(grant: Grant): Credentials | null {
    return grant.credentials === null ? null : this.vault.open<Credentials>(grant.credentials, place(grant));
  }

  /** Keeps what an authorization brought, in place of the former grant of the same user, if any. */
  async keep(
    tx: EntityManager,
    { id: connectionId, workspaceId }: Connection,
    userId: string | null,
    { credentials, grantedScopes, expiresAt }: Authorized,
    now: Date,
  ): Promise<void> {
    const former = await this.find(tx, connectionId, userId);
    const id = former?.id ?? newId('Grant');
    const standing = { status: ConnectionStatus.CONNECTED, ...verdicts.authorized };
    const facts = {
      ...standing,
      since: sinceOf(former, standing, now),
      credentials: this.vault.seal(credentials, place({ id, workspaceId })),
      grantedScopes: [...grantedScopes],
      authorizedAt: now,
      expiresAt,
      nextRefreshAt: null,
    };
    if (former) await tx.update(Grant, { id }, facts);
    else
      await tx.insert(Grant, {
        ...facts,
        id,
        workspaceId,
        connectionId,
        userKey: userKeyOf(userId),
        lastSuccessAt: null,
        lastErrorAt: null,
      });
    await this.account(tx, connectionId, now);
  }

  /** Forgets the credentials of `grants`, which are all of one connection and were not revoked before. */
  async revoke(tx: EntityManager, connectionId: string, grants: readonly Grant[], now: Date): Promise<void> {
    const revoked = { status: ConnectionStatus.REVOKED, ...verdicts.revoked, since: now };
    const forgotten = { credentials: null, expiresAt: null, nextRefreshAt: null };
    await tx.update(Grant, { id: In(grants.map(({ id }) => id)) }, { ...revoked, ...forgotten });
    await this.account(tx, connectionId, now);
  }

  /** Writes a new verdict about a grant. */
  async judge(tx: EntityManager, grant: Grant, verdict: Verdict, now: Date): Promise<void> {
    const since = sinceOf(grant, { ...verdict, status: grant.status }, now);
    await tx.update(Grant, { id: grant.id }, { ...verdict, since });
    await this.account(tx, grant.connectionId, now);
  }

  /** Brings the account that the connection bears of its grants up to date. */
  private async account(tx: EntityManager, connectionId: string, now: Date): Promise<void> {
    const grants = await tx.find(Grant, {
      select: { status: true, state: true, reason: true, remedy: true, expiresAt: true, nextRefreshAt: true },
      where: { connectionId },
      order: { id: 'ASC' },
    });
    const before = await tx.findOneByOrFail(Connection, { id: connectionId });
    const standing = summarize(grants);
    await tx.update(
      Connection,
      { id: connectionId },
      {
        ...standing,
        since: sinceOf(before, standing, now),
        expiresAt: soonest(grants.map((grant) => grant.expiresAt)),
        nextRefreshAt: soonest(grants.map((grant) => grant.nextRefreshAt)),
      },
    );
  }
}

/** Since when things stand as they do `after` a change that was made `now`. */
function sinceOf(before: (Standing & { readonly since: Date }) | null, after: Standing, now: Date): Date {
  return before && !isNews(before, after) ? before.since : now;
}

const place = ({ id, workspaceId }: Row) => ({ workspaceId, table: 'connection_grant', row: id, field: 'credentials' });

function soonest(moments: readonly (Date | null)[]): Date | null {
  const known = moments.flatMap((moment) => (moment ? [moment.getTime()] : []));
  return known.length > 0 ? new Date(Math.min(...known)) : null;
}
