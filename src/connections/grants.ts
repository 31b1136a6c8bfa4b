/** What can be done with grants: keep, find, open, revoke; and the short account of them that their connection bears. */
import type { EntityManager } from 'typeorm';
import type { Credentials } from '../auth-types/setup';
import { newId } from '../graphql/node';
import { placeIn } from '../storage/sealed-columns';
import type { Vault } from '../storage/vault';
import { Connection } from './connection';
import { Grant, userKeyOf } from './grant';
import { ConnectionStatus, HealthState, type Verdict } from './health';
import { refreshTime } from './refresh-times';
import { healthy, isNews, type Standing, summarize, verdicts } from './verdicts';

/** What an authorization or a refresh brought. */
export interface Authorized {
  readonly credentials: Credentials;
  readonly grantedScopes: readonly string[];
  /** The scopes that were asked for but not granted. */
  readonly missingScopes: readonly string[];
  readonly expiresAt: Date | null;
  /** Whether `expiresAt` is the connector's guess, because the provider does not say. */
  readonly isExpiryAssumed?: boolean;
  readonly isRefreshable: boolean;
}

/** A grant as it is after a change, and the connection whose account was brought up to date with it, as it was before. */
export interface Changed {
  readonly grant: Grant;
  readonly connection: Connection;
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
    { id: connectionId, workspaceId, connectorId }: Pick<Connection, 'id' | 'workspaceId' | 'connectorId'>,
    userId: string | null,
    authorized: Authorized,
    now: Date,
  ): Promise<void> {
    const former = await this.find(tx, connectionId, userId);
    const id = former?.id ?? newId('Grant');
    const standing = { status: ConnectionStatus.CONNECTED, ...healthy(authorized, verdicts.authorized) };
    const facts = {
      ...this.facts({ id, workspaceId }, authorized, now),
      ...standing,
      since: sinceOf(former, standing, now),
      authorizedAt: now,
    };
    if (former) await tx.update(Grant, { id }, { ...facts, ...changed(former) });
    else
      await tx.insert(Grant, {
        ...facts,
        id,
        workspaceId,
        connectionId,
        connectorId,
        userKey: userKeyOf(userId),
        fence: 0,
        generation: 0,
        lastSuccessAt: null,
        lastErrorAt: null,
      });
    await this.account(tx, connectionId, now);
  }

  /** Keeps what a refresh of `grant` brought; the caller holds its lease. */
  async renew(tx: EntityManager, grant: Grant, authorized: Authorized, now: Date): Promise<Changed> {
    const verdict = healthy(authorized, verdicts.renewed);
    const wasAndIsWell = grant.state === HealthState.OK && verdict.state === HealthState.OK;
    const facts = { ...this.facts(grant, authorized, now), ...changed(grant) };
    return this.judge(tx, grant, wasAndIsWell ? grant : verdict, now, facts);
  }

  private facts(
    row: Row,
    { credentials, grantedScopes, missingScopes, expiresAt, isExpiryAssumed, isRefreshable }: Authorized,
    now: Date,
  ) {
    return {
      status: ConnectionStatus.CONNECTED,
      credentials: this.vault.seal(credentials, place(row)),
      grantedScopes: [...grantedScopes],
      missingScopes: [...missingScopes],
      obtainedAt: now,
      expiresAt,
      nextRefreshAt: isRefreshable && expiresAt ? refreshTime(now, expiresAt, Math.random()) : null,
      endsAt: isRefreshable || isExpiryAssumed ? null : expiresAt,
      leaseUntil: null,
      refreshFailures: 0,
    };
  }

  /** Forgets the credentials of `grants`, which are all of one connection and were not revoked before. */
  async revoke(tx: EntityManager, connectionId: string, grants: readonly Grant[], now: Date): Promise<void> {
    const revoked = { status: ConnectionStatus.REVOKED, ...verdicts.revoked, since: now };
    for (const grant of grants)
      await tx.update(Grant, { id: grant.id }, { ...revoked, ...forgotten, ...changed(grant) });
    await this.account(tx, connectionId, now);
  }

  /** Writes a new verdict about a grant, with what else is `known` of it now. */
  async judge(
    tx: EntityManager,
    grant: Grant,
    { state, reason, remedy }: Verdict,
    now: Date,
    known: Partial<Grant> = {},
  ): Promise<Changed> {
    const standing = { status: known.status ?? grant.status, state, reason, remedy };
    const changes = { ...known, ...standing, since: sinceOf(grant, standing, now) };
    await tx.update(Grant, { id: grant.id }, changes);
    const connection = await this.account(tx, grant.connectionId, now);
    return { grant: tx.create(Grant, { ...grant, ...changes }), connection };
  }

  /** Brings the account that the connection bears of its grants up to date; gives the connection as it was before. */
  private async account(tx: EntityManager, connectionId: string, now: Date): Promise<Connection> {
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
    return before;
  }
}

/** Since when things stand as they do `after` a change that was made `now`. */
function sinceOf(before: (Standing & { readonly since: Date }) | null, after: Standing, now: Date): Date {
  return before && !isNews(before, after) ? before.since : now;
}

/** The counts of a grant whose credentials change. */
const changed = ({ fence, generation }: Grant) => ({ fence: fence + 1, generation: generation + 1 });

/** What is left of a grant that was revoked. */
const forgotten = {
  credentials: null,
  obtainedAt: null,
  expiresAt: null,
  nextRefreshAt: null,
  endsAt: null,
  leaseUntil: null,
  refreshFailures: 0,
};

const place = (row: Row) => placeIn('connection_grant', row);

function soonest(moments: readonly (Date | null)[]): Date | null {
  const known = moments.flatMap((moment) => (moment ? [moment.getTime()] : []));
  return known.length > 0 ? new Date(Math.min(...known)) : null;
}
