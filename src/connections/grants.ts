/** What can be done with grants: keep, find, open, revoke; and the short account of them that their connection bears. */
import type { EntityManager } from 'typeorm';
import type { Credentials } from '../auth-types/auth-type';
import { newId } from '../graphql/node';
import type { Vault } from '../storage/vault';
import { Connection } from './connection';
import { Grant, userKeyOf } from './grant';
import { ConnectionStatus, summarize, type Verdict, verdicts } from './health';

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
    const facts = {
      status: ConnectionStatus.CONNECTED,
      credentials: this.vault.seal(credentials, place({ id, workspaceId })),
      grantedScopes: [...grantedScopes],
      authorizedAt: now,
      expiresAt,
      nextRefreshAt: null,
      ...verdicts.authorized,
      since: now,
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

  /** Forgets the credentials of `grants`, which are all of one connection. */
  async revoke(tx: EntityManager, grants: readonly Grant[], now: Date): Promise<void> {
    for (const { id } of grants) {
      const facts = { status: ConnectionStatus.REVOKED, ...verdicts.revoked, since: now };
      await tx.update(Grant, { id }, { ...facts, credentials: null, expiresAt: null, nextRefreshAt: null });
    }
    if (grants[0]) await this.account(tx, grants[0].connectionId, now);
  }

  /** Writes a new verdict about a grant. */
  async judge(tx: EntityManager, { id, connectionId }: Grant, verdict: Verdict, now: Date): Promise<void> {
    await tx.update(Grant, { id }, { ...verdict, since: now });
    await this.account(tx, connectionId, now);
  }

  /** Brings the account that the connection bears of its grants up to date. */
  private async account(tx: EntityManager, connectionId: string, now: Date): Promise<void> {
    const grants = await tx.find(Grant, {
      select: { status: true, state: true, reason: true, remedy: true, expiresAt: true, nextRefreshAt: true },
      where: { connectionId },
      order: { id: 'ASC' },
    });
    const before = await tx.findOneByOrFail(Connection, { id: connectionId });
    const summary = summarize(grants);
    const isNews =
      summary.state !== before.state || summary.status !== before.status || summary.reason !== before.reason;
    await tx.update(
      Connection,
      { id: connectionId },
      {
        ...summary,
        since: isNews ? now : before.since,
        expiresAt: soonest(grants.map((grant) => grant.expiresAt)),
        nextRefreshAt: soonest(grants.map((grant) => grant.nextRefreshAt)),
      },
    );
  }
}

const place = ({ id, workspaceId }: Row) => ({ workspaceId, table: 'connection_grant', row: id, field: 'credentials' });

function soonest(moments: readonly (Date | null)[]): Date | null {
  const known = moments.flatMap((moment) => (moment ? [moment.getTime()] : []));
  return known.length > 0 ? new Date(Math.min(...known)) : null;
}
