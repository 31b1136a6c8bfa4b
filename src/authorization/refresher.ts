/** Keeps grants alive: refreshes their credentials before they expire, once, whoever asks. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Author } from '../audit/actor';
import { Grant } from '../connections/grant';
import { ConnectionStatus } from '../connections/health';
import { isFresh } from '../connections/refresh-times';
import { type Problem, Refused, UserErrorCode } from '../errors';
import type { Store } from '../storage/store';
import { notAuthorized, refreshProblem } from './refresh-failures';
import type { Outcome, Renewals } from './renewals';

/** How long a lease on the refresh of a grant lasts, in milliseconds: longer than a provider may take to answer. */
const LEASE = 30_000;
/**
 * How far off the end of a lease can be, in milliseconds: as much again as the clocks of several processes may differ. One that ends
 * later was taken before the clock was set back, and is none.
 */
export const LONGEST_LEASE = 2 * LEASE;
/** How often a process looks whether another one has finished its refresh, and when it stops looking, in milliseconds. */
const LOOK_AGAIN = 50;
const PATIENCE = LEASE + 5_000;

/** What is looked at of a grant that was read some time ago. */
export type SeenGrant = Pick<Grant, 'id' | 'generation' | 'refreshFailures'>;

export class Refresher {
  /** The refreshes under way in this process, by grant: whoever comes later waits for the same one. */
  private readonly underWay = new Map<string, { readonly outcome: Promise<Outcome>; readonly end: Promise<unknown> }>();

  private readonly read;

  constructor(
    private readonly store: Store,
    private readonly renewals: Renewals,
    private readonly now: () => Date,
  ) {
    this.read = store.prepare({ grant: Grant }, 'FROM connection_grant "grant" WHERE "grant".id = ?');
  }

  /**
   * `grant` with credentials that can be used now. Fresh ones cost nothing; those that nobody can renew are left for the API to
   * judge. Throws `Refused` when there are none to be had.
   */
  async fresh(grant: Grant): Promise<Grant> {
    if (grant.nextRefreshAt === null || isFresh(grant, this.now())) return grant;
    const outcome = await this.once(grant);
    const current = connected(outcome.grant);
    // What lives a little longer serves better than nothing.
    const isAlive = current.expiresAt === null || current.expiresAt > this.now();
    if (outcome.problem && !isAlive) throw new Refused(outcome.problem);
    return current;
  }

  /**
   * Refreshes the credentials that `seen` shows, unless somebody has done so since. While the provider is in trouble it is left
   * alone until the next try is due, unless somebody asked for it. Resolves to the grant as it is then. Throws `Refused` with the reason.
   */
  async renew(seen: SeenGrant, { askedBy }: { readonly askedBy?: Author } = {}): Promise<Grant> {
    const { grant, problem } = await this.once(seen, askedBy);
    if (problem) throw new Refused(problem);
    return connected(grant);
  }

  /** Whether the credentials that `seen` shows are still to be refreshed, and nobody is about it. */
  async isUntouched(seen: SeenGrant): Promise<boolean> {
    const grant = await this.current(seen);
    return !this.underWay.has(seen.id) && !this.settled(seen, grant, false) && !this.isLeased(grant);
  }

  /** Waits for what is under way; for stopping. */
  async settle(): Promise<void> {
    await Promise.allSettled([...this.underWay.values()].map(({ end }) => end));
  }

  /** Who joins a refresh that is under way has done nothing that the audit log would tell of. */
  private once(seen: SeenGrant, askedBy?: Author): Promise<Outcome> {
    const known = this.underWay.get(seen.id);
    if (known) return known.outcome;
    const forget = () => this.underWay.delete(seen.id);
    const outcome = this.refresh(seen, askedBy).then(
      (reached) => {
        // As long as what it brought is not saved nobody may refresh again: it would be with what is spent.
        if (!reached.unsaved) forget();
        return reached;
      },
      (error: unknown) => {
        forget();
        throw error;
      },
    );
    const end = outcome.then(({ unsaved }) => unsaved?.finally(forget));
    end.catch(() => undefined); // `outcome` tells
    this.underWay.set(seen.id, { outcome, end });
    return outcome;
  }

  /** Reads first: whoever comes after a refresh, or in the middle of another process's, needs no lock to learn of it. */
  private async refresh(seen: SeenGrant, askedBy: Author | undefined): Promise<Outcome> {
    const isForced = askedBy !== undefined;
    const giveUpAt = performance.now() + PATIENCE;
    for (;;) {
      const grant = await this.current(seen);
      const known = this.settled(seen, grant, isForced);
      if (known) return known;
      if (!this.isLeased(grant)) {
        const leased = await this.lease(seen, isForced);
        if (leased) return this.renewals.run(leased, askedBy);
      }
      if (performance.now() > giveUpAt) return { grant, problem: busy };
      await delay(LOOK_AGAIN);
    }
  }

  private async current({ id }: SeenGrant): Promise<Grant | null> {
    return (await this.read(id))?.grant ?? null;
  }

  /** How things stand when there is nothing to ask the provider for (any more); `undefined` when there is. */
  private settled(seen: SeenGrant, grant: Grant | null, isForced: boolean): Outcome | undefined {
    if (grant?.status !== ConnectionStatus.CONNECTED || grant.generation !== seen.generation) return { grant };
    const isWaiting = grant.refreshFailures > 0 && grant.nextRefreshAt !== null && grant.nextRefreshAt > this.now();
    const hasFailedSince = grant.refreshFailures !== seen.refreshFailures;
    return isWaiting && (hasFailedSince || !isForced) ? { grant, problem: refreshProblem(grant) } : undefined;
  }

  private isLeased(grant: Grant | null): boolean {
    const rest = (grant?.leaseUntil?.getTime() ?? 0) - this.now().getTime();
    return rest > 0 && rest <= LONGEST_LEASE;
  }

  /** The grant with its lease taken; `undefined` when somebody was faster. */
  private lease(seen: SeenGrant, isForced: boolean): Promise<Grant | undefined> {
    return this.store.write(async (tx) => {
      const grant = await tx.findOneBy(Grant, { id: seen.id });
      if (!grant || this.settled(seen, grant, isForced) || this.isLeased(grant)) return undefined;
      const lease = { leaseUntil: new Date(this.now().getTime() + LEASE), fence: grant.fence + 1 };
      await tx.update(Grant, { id: grant.id }, lease);
      return tx.create(Grant, { ...grant, ...lease });
    });
  }
}

/** The grant, if it can be used. Throws `Refused`. */
function connected(grant: Grant | null): Grant {
  if (grant?.status === ConnectionStatus.CONNECTED) return grant;
  throw new Refused(notAuthorized(grant, ['connection']));
}

const busy: Problem = {
  code: UserErrorCode.PROVIDER_ERROR,
  path: ['connection'],
  message: 'The credentials are being refreshed by another process, which takes longer than it should. Call again.',
};
