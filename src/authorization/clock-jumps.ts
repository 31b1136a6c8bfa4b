/** The clock of the machine set back: what was to happen at a moment that is now far off happens in its time all the same. */
import { In, MoreThan } from 'typeorm';
import { SESSION_SECONDS } from '../access/inputs';
import { SessionToken } from '../access/session-token';
import { Grant } from '../connections/grant';
import type { Grants } from '../connections/grants';
import { LONGEST_RETRY } from '../connections/refresh-times';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus } from './flow';
import { STEP_LIMIT } from './flow-store';
import { LONGEST_LEASE } from './refresher';

/** How far the clocks of several machines may differ, in milliseconds: less than that is no jump. */
const TOLERANCE = 60_000;
/** Over how long the refreshes that a jump makes due are spread, in milliseconds. */
const SPREAD = 60_000;
/** How many grants are written at a time. */
const BATCH = 500;

export class ClockJumps {
  private seen: Date | undefined;

  constructor(
    private readonly store: Store,
    private readonly grants: Grants,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {}

  /** Costs nothing while time goes forward; looks through everything at the start and when the clock was set back. */
  async mend(): Promise<void> {
    const now = this.now();
    const isForward = this.seen !== undefined && now >= this.seen;
    if (!isForward) await this.mendAll(now);
    this.seen = now;
  }

  private async mendAll(now: Date): Promise<void> {
    const at = (milliseconds: number) => new Date(now.getTime() + milliseconds);
    const beyond = (milliseconds: number) => MoreThan(at(milliseconds + TOLERANCE));
    await this.store.write(async (tx) => {
      const status = In([AuthorizationFlowStatus.PENDING, AuthorizationFlowStatus.AWAITING_CONFIRMATION]);
      await tx.update(AuthorizationFlow, { status, expiresAt: beyond(STEP_LIMIT) }, { expiresAt: at(STEP_LIMIT) });
      const longest = SESSION_SECONDS.most * 1000;
      await tx.update(SessionToken, { expiresAt: beyond(longest) }, { expiresAt: at(longest) });
      await tx.update(Grant, { leaseUntil: beyond(LONGEST_LEASE) }, { leaseUntil: null });
    });
    const where = () => [
      { obtainedAt: beyond(0) },
      { refreshFailures: MoreThan(0), nextRefreshAt: beyond(LONGEST_RETRY) },
    ];
    for (;;) {
      const grants = await this.store.read.find(Grant, { select: { id: true }, where: where(), take: BATCH });
      if (grants.length === 0) return;
      this.log.warn(
        { grants: grants.length },
        'The clock was set back: credentials of the future are looked after now.',
      );
      await this.store.write(async (tx) => {
        for (const { id } of grants) {
          const grant = await tx.findOneBy(Grant, { id });
          if (grant) await this.grants.judge(tx, grant, grant, now, mended(grant, now));
        }
      });
    }
  }
}

/**
 * How long the credentials live is known, but not how much of that is over: all of it at most. So what can be renewed is renewed soon,
 * and what cannot ends in a whole lifetime from now.
 */
function mended({ obtainedAt, expiresAt, endsAt, nextRefreshAt }: Grant, now: Date): Partial<Grant> {
  const back = Math.max(0, (obtainedAt?.getTime() ?? 0) - now.getTime());
  const set = (moment: Date | null) => moment && new Date(moment.getTime() - back);
  return {
    obtainedAt: back > 0 ? now : obtainedAt,
    expiresAt: set(expiresAt),
    endsAt: set(endsAt),
    nextRefreshAt: nextRefreshAt && new Date(now.getTime() + SPREAD * Math.random()),
  };
}
