/** Keeps grants alive: refreshes their credentials before they expire, once, whoever asks. */
import type { EntityManager } from 'typeorm';
import type { Obtained } from '../auth-types/flow';
import { FailureKind, ProviderFailure } from '../auth-types/provider-failure';
import { Connection } from '../connections/connection';
import { Grant, userIdOf } from '../connections/grant';
import type { Grants } from '../connections/grants';
import { ConnectionStatus, HealthRemedy, HealthState, type Verdict } from '../connections/health';
import { isFresh, retryTime } from '../connections/refresh-times';
import { Refused, UserErrorCode } from '../errors';
import { ConnectionEventKind, type EventBus } from '../events/bus';
import type { Store } from '../storage/store';
import { problemOf } from './authorizations';
import { authorizedBy } from './flow-store';
import type { Providers } from './provider';

/** How long a lease on the refresh of a grant lasts, in milliseconds: longer than a provider may take to answer. */
const LEASE = 30_000;
/** How often a process looks whether another one has finished its refresh, in milliseconds. */
const LOOK_AGAIN = 50;

export class Refresher {
  /** The refreshes under way in this process, by grant: whoever comes later waits for the same one. */
  private readonly underWay = new Map<string, Promise<Grant>>();

  constructor(
    private readonly store: Store,
    private readonly grants: Grants,
    private readonly providers: Providers,
    private readonly events: EventBus,
    private readonly now: () => Date,
  ) {}

  /** `grant` with credentials that can be used now. A fresh one costs nothing. Throws `Refused` when there are none to be had. */
  async fresh(grant: Grant): Promise<Grant> {
    if (isFresh(grant.expiresAt, this.now())) return grant;
    // Nobody can renew what has no time to be renewed at; the API may take it all the same.
    if (grant.nextRefreshAt === null) return grant;
    if (grant.refreshFailures > 0 && grant.nextRefreshAt > this.now()) throw waiting(grant);
    return this.renew(grant);
  }

  /**
   * Refreshes the credentials that `seen` shows, unless somebody has done so since. Resolves to the grant as it is then. Throws
   * `Refused` with the provider's reason.
   */
  renew(seen: Grant): Promise<Grant> {
    const known = this.underWay.get(seen.id);
    if (known) return known;
    const refresh = this.renewOnce(seen).finally(() => this.underWay.delete(seen.id));
    this.underWay.set(seen.id, refresh);
    return refresh;
  }

  /** Waits for what is under way; for stopping. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.underWay.values());
  }

  private async renewOnce(seen: Grant): Promise<Grant> {
    for (;;) {
      const grant = await this.lease(seen);
      if (grant && grant.credentials !== seen.credentials) return grant;
      if (grant) return this.ask(grant);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
    }
  }

  /**
   * The grant re-read: with the lease taken when its credentials are still those seen, without when they have changed; `undefined`
   * while somebody else holds the lease. Throws `Refused` when it cannot be used any more.
   */
  private lease(seen: Grant): Promise<Grant | undefined> {
    return this.store.write(async (tx) => {
      const grant = await tx.findOneBy(Grant, { id: seen.id });
      if (grant?.status !== ConnectionStatus.CONNECTED) throw unusable(grant);
      if (grant.credentials !== seen.credentials) return grant;
      if (grant.leaseUntil && grant.leaseUntil > this.now()) return undefined;
      const leaseUntil = new Date(this.now().getTime() + LEASE);
      await tx.update(Grant, { id: grant.id }, { leaseUntil, fence: grant.fence + 1 });
      return tx.create(Grant, { ...grant, leaseUntil, fence: grant.fence + 1 });
    });
  }

  private async ask(leased: Grant): Promise<Grant> {
    const connection = await this.store.read.findOneByOrFail(Connection, { id: leased.connectionId });
    const { flow, dealings } = await this.providers.of(this.store.read, connection);
    let outcome: Obtained | ProviderFailure;
    try {
      if (!flow?.refresh)
        throw new ProviderFailure(FailureKind.REFUSED, 'There is nothing to refresh for this auth type.');
      outcome = await flow.refresh(dealings, this.grants.open(leased) ?? {});
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      outcome = error;
    }
    const failure = outcome instanceof ProviderFailure ? outcome : undefined;
    const { grant, isOwn } = await this.store.write(async (tx) => {
      const current = await tx.findOneBy(Grant, { id: leased.id });
      // Somebody else has the lease now, or authorized or revoked meanwhile: what we got is no longer this grant's.
      if (!current || current.fence !== leased.fence) return { grant: current, isOwn: false };
      await (outcome instanceof ProviderFailure
        ? this.keepFailure(tx, current, outcome)
        : this.grants.renew(tx, current, authorizedBy(outcome, dealings.scopes), this.now()));
      return { grant: await tx.findOneBy(Grant, { id: leased.id }), isOwn: true };
    });
    if (isOwn && grant) this.announce(leased, grant);
    if (grant?.status !== ConnectionStatus.CONNECTED)
      throw failure ? new Refused(problemOf(failure, ['connection'])) : unusable(grant);
    if (failure && isOwn && !isFresh(grant.expiresAt, this.now()))
      throw new Refused(problemOf(failure, ['connection']));
    return grant;
  }

  /** A failure takes nothing away: the credentials stay, and unless the provider says that they are dead, they are tried again. */
  private async keepFailure(tx: EntityManager, grant: Grant, failure: ProviderFailure): Promise<void> {
    const isDead = failure.kind === FailureKind.REFUSED && failure.providerError === 'invalid_grant';
    if (isDead) {
      const known = {
        status: ConnectionStatus.NEEDS_ATTENTION,
        leaseUntil: null,
        nextRefreshAt: null,
        lastErrorAt: this.now(),
      };
      return this.grants.judge(tx, grant, dead, this.now(), known);
    }
    const refreshFailures = grant.refreshFailures + 1;
    const nextRefreshAt = retryTime(this.now(), refreshFailures, Math.random(), failure.retryAfter);
    const known = { leaseUntil: null, refreshFailures, nextRefreshAt, lastErrorAt: this.now() };
    await this.grants.judge(tx, grant, troubled(failure, nextRefreshAt), this.now(), known);
  }

  private announce(before: Grant, after: Grant): void {
    if (before.state === after.state) return;
    const kind = after.state === HealthState.OK ? ConnectionEventKind.RECOVERED : ConnectionEventKind.TROUBLED;
    this.events.happened(kind, { id: after.connectionId, workspaceId: after.workspaceId }, userIdOf(after), this.now());
  }
}

const dead: Verdict = {
  state: HealthState.BROKEN,
  reason: 'The provider does not accept the refresh token any more (invalid_grant).',
  remedy: HealthRemedy.REAUTHORIZE,
};

function troubled({ kind, message }: ProviderFailure, next: Date): Verdict {
  const isOurs = kind === FailureKind.REFUSED;
  return {
    state: HealthState.DEGRADED,
    reason: `The credentials could not be refreshed: ${message} The next try is at ${next.toISOString()}.`,
    remedy: isOurs ? HealthRemedy.FIX_CONFIGURATION : HealthRemedy.WAIT,
  };
}

const waiting = ({ reason }: Grant) =>
  new Refused({ code: UserErrorCode.PROVIDER_ERROR, path: ['connection'], message: reason });

function unusable(grant: Grant | null): Refused {
  return new Refused({
    code: UserErrorCode.NOT_AUTHORIZED,
    path: ['connection'],
    message: `The connection is ${grant?.status ?? ConnectionStatus.UNAUTHORIZED}: use connectionAuthorize first.`,
  });
}
