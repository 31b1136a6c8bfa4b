/** What is done by itself as time goes by: refreshes that fall due, credentials and flows that end. */
import type { Log } from '../log';
import type { ClockJumps } from './clock-jumps';
import type { DueRefreshes } from './due-refreshes';
import type { Endings } from './endings';
import type { Expirations } from './expirations';
import type { Leftovers } from './leftovers';
import type { Refresher } from './refresher';

/** How often the sweeper looks, in milliseconds. */
const PERIOD = 1000;

type Task = () => Promise<void>;

export class Sweeper {
  /** Each goes its own way, so that a provider that is slow to answer, or an error, holds up none of the others. */
  private readonly tasks: readonly Task[];
  private readonly timers = new Map<Task, NodeJS.Timeout>();
  private readonly underWay = new Set<Promise<void>>();
  private stopped = false;

  constructor(
    private readonly refreshes: DueRefreshes,
    private readonly refresher: Refresher,
    expirations: Expirations,
    private readonly leftovers: Leftovers,
    endings: Endings,
    clockJumps: ClockJumps,
    private readonly log: Log,
  ) {
    this.tasks = [
      () => refreshes.take(),
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
    await this.refreshes.stop();
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
}
