/** What is done by itself as time goes by: refreshes that fall due, credentials and flows that end. */
import pLimit from 'p-limit';
import { IsNull, LessThanOrEqual } from 'typeorm';
import { Grant } from '../connections/grant';
import { ConnectionStatus } from '../connections/health';
import { Refused } from '../errors';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import type { ClockJumps } from './clock-jumps';
import type { Endings } from './endings';
import type { Expirations } from './expirations';
import type { Leftovers } from './leftovers';
import type { Refresher } from './refresher';

/** How often the sweeper looks, in milliseconds. */
const PERIOD = 1000;
/** How many refreshes are under way at once, and how many are looked up at a time. */
const CONCURRENCY = 32;
const BATCH = 500;

type Task = () => Promise<void>;

export class Sweeper {
  /** Each goes its own way, so that a provider that is slow to answer, or an error, holds up none of the others. */
  private readonly tasks: readonly Task[];
  private readonly timers = new Map<Task, NodeJS.Timeout>();
  private readonly underWay = new Set<Promise<void>>();
  private stopped = false;

  constructor(
    private readonly store: Store,
    private readonly refresher: Refresher,
    expirations: Expirations,
    private readonly leftovers: Leftovers,
    endings: Endings,
    clockJumps: ClockJumps,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {
    this.tasks = [
      () => this.refreshDue(),
      () => expirations.expire(),
      () => expirations.remove(),
      () => endings.tell(),
      () => clockJumps.mend(),
    ];
  }

  start(): void {
    for (const task of this.tasks) this.schedule(task);
  }

  /** Takes nothing new, and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    await Promise.all(this.underWay);
    await Promise.all([this.refresher.settle(), this.leftovers.settle()]);
  }

  private schedule(task: Task): void {
    if (this.stopped) return;
    const timer = setTimeout(() => {
      const run = task()
        .catch((err: unknown) => this.log.error({ err }, 'A sweep failed; the next one tries again.'))
        .finally(() => {
          this.underWay.delete(run);
          this.schedule(task);
        });
      this.underWay.add(run);
    }, PERIOD);
    this.timers.set(task, timer.unref());
  }

  private async refreshDue(): Promise<void> {
    const now = this.now();
    // Made anew for each use: TypeORM writes into operators.
    const due = () => ({ nextRefreshAt: LessThanOrEqual(now), status: ConnectionStatus.CONNECTED });
    const grants = await this.store.read.find(Grant, {
      // Those that somebody holds a lease on are being refreshed; should that come to nothing, the lease ends.
      where: [
        { ...due(), leaseUntil: IsNull() },
        { ...due(), leaseUntil: LessThanOrEqual(now) },
      ],
      order: { nextRefreshAt: 'ASC' },
      take: BATCH,
    });
    const limit = pLimit(CONCURRENCY);
    await Promise.all(grants.map((grant) => limit(() => this.refresh(grant))));
  }

  private async refresh(grant: Grant): Promise<void> {
    if (this.stopped) return;
    try {
      await this.refresher.renew(grant);
    } catch (err) {
      // Health tells of a refusal already.
      if (!(err instanceof Refused)) this.log.error({ err, grantId: grant.id }, 'A refresh failed.');
    }
  }
}
