/** Catches up: tells what other processes wrote and nobody told here, because they died, or what is between us was away. */
import { LessThan, MoreThan } from 'typeorm';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import type { EventBus } from './bus';
import { Happening, toldOf } from './happening';

/** How often it looks, in milliseconds: what nobody tells is this late at most. */
const PERIOD = 2000;
/** How many rows one statement reads or removes. */
const BATCH = 1000;
/** How far back each look goes, in rows: one that was numbered earlier may be committed later. */
const OVERLAP = 500;
/** How long what happened can be read, in milliseconds. */
export const KEPT = 7 * 24 * 3_600_000;

export class CatchUp {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  /** The highest number seen, and how many rows were there from `OVERLAP` before it on. */
  private seen = 0;
  private count = 0;

  constructor(
    private readonly store: Store,
    private readonly bus: EventBus,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {}

  /** What happened before is told to nobody. */
  async start(): Promise<void> {
    const [last] = await this.store.read.find(Happening, { order: { seq: 'DESC' }, take: 1 });
    this.seen = Number(last?.seq ?? 0);
    await this.look();
    this.schedule();
  }

  /** Resolves when it looks no more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private schedule(): void {
    this.timer = setInterval(() => {
      this.looking ??= this.look()
        .catch((err: unknown) => this.log.error({ err }, 'What other processes did could not be read; tried again.'))
        .finally(() => {
          this.looking = undefined;
        });
    }, PERIOD).unref();
  }

  private async look(): Promise<void> {
    const recent = () => ({ seq: MoreThan(this.seen - OVERLAP) });
    if ((await this.store.read.countBy(Happening, recent())) === this.count) return;
    const rows = await this.store.read.find(Happening, {
      where: recent(),
      order: { seq: 'ASC' },
      take: OVERLAP + BATCH,
    });
    for (const happening of rows) if (!this.bus.hasTold(happening.id)) this.bus.deliver(toldOf(happening));
    this.seen = Math.max(this.seen, Number(rows.at(-1)?.seq ?? 0));
    this.count = await this.store.read.countBy(Happening, recent());
    if (rows.length === OVERLAP + BATCH) await this.look();
    await this.forget();
  }

  /** Removes what is too old, from the first on, a part at a time. */
  private async forget(): Promise<void> {
    const horizon = new Date(this.now().getTime() - KEPT);
    const [first] = await this.store.read.find(Happening, { order: { seq: 'ASC' }, take: 1 });
    if (!first || first.at >= horizon) return;
    await this.store.write((tx) =>
      tx.delete(Happening, { seq: LessThan(Number(first.seq) + BATCH), at: LessThan(horizon) }),
    );
  }
}
