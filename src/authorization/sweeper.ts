/** What is done by itself as time goes by: refreshes that fall due, flows that took too long, session tokens that ended. */
import pLimit from 'p-limit';
import { In, LessThanOrEqual } from 'typeorm';
import type { ApiKeys } from '../access/api-keys';
import { Grant } from '../connections/grant';
import { ConnectionStatus } from '../connections/health';
import { Refused } from '../errors';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus } from './flow';
import { expired, type FlowStore } from './flow-store';
import type { Refresher } from './refresher';

/** How often the sweeper looks, in milliseconds. */
const PERIOD = 1000;
/** How many refreshes are under way at once, and how many are looked up at a time. */
const CONCURRENCY = 32;
const BATCH = 500;

export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private sweep: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly store: Store,
    private readonly refresher: Refresher,
    private readonly flows: FlowStore,
    private readonly apiKeys: ApiKeys,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.sweep = this.once()
        .catch((err: unknown) => this.log.error({ err }, 'A sweep failed; the next one tries again.'))
        .then(() => {
          if (!this.stopped) this.start();
        });
    }, PERIOD).unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sweep;
    await this.refresher.settle();
  }

  /** Everything that is due now. */
  async once(): Promise<void> {
    await this.refreshDue();
    await this.expireFlows();
    await this.apiKeys.forgetEnded();
  }

  private async refreshDue(): Promise<void> {
    const due = await this.store.read.find(Grant, {
      where: { nextRefreshAt: LessThanOrEqual(this.now()), status: ConnectionStatus.CONNECTED },
      order: { nextRefreshAt: 'ASC' },
      take: BATCH,
    });
    const limit = pLimit(CONCURRENCY);
    await Promise.all(due.map((grant) => limit(() => this.refresh(grant))));
  }

  private async refresh(grant: Grant): Promise<void> {
    if (this.stopped) return;
    try {
      await this.refresher.renew(grant);
    } catch (err) {
      // Health tells it already; anything but a provider's refusal is our own fault.
      if (!(err instanceof Refused)) this.log.error({ err, grantId: grant.id }, 'A refresh failed.');
    }
  }

  private async expireFlows(): Promise<void> {
    const over = await this.store.read.find(AuthorizationFlow, {
      where: {
        status: In([AuthorizationFlowStatus.PENDING, AuthorizationFlowStatus.AWAITING_CONFIRMATION]),
        expiresAt: LessThanOrEqual(this.now()),
      },
      take: BATCH,
    });
    for (const flow of over) await this.flows.fail(flow, expired);
  }
}
