/** Refreshes that fall due: found and done connector by connector, so that a provider in trouble holds up none of the others. */
import { setImmediate as aTurn } from 'node:timers/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import { Grant } from '../connections/grant';
import { ConnectionStatus } from '../connections/health';
import { Connector } from '../connectors/connector';
import { Refused } from '../errors';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import type { Refresher, SeenGrant } from './refresher';
import { turnstile } from './turnstile';

/** How many refreshes are under way at once: in all, and at the provider of one connector. */
const AT_ONCE = { inAll: 512, most: 128 };
/**
 * How a provider is asked by more or fewer at once after a second in which it refused none or some: found by simulation
 * (`npm run simulate`), where quicker steps made a wave after an outage last longer.
 */
const STEPS = { up: 1.02, down: 0.9 };
/** How many of a connector wait for their turn, and in all. */
const WAITING = { ofOne: 2_000, inAll: 20_000 };
/** How many get into line before callers have a turn of the event loop. */
const IN_A_ROW = 200;

/** One connector's part. */
interface Lane {
  readonly limit: LimitFunction;
  /** The grants that wait or are under way. */
  readonly grants: Set<string>;
  /** Whether the provider refused one since it was last looked at. */
  hasRefused: boolean;
}

export class DueRefreshes {
  private readonly lanes = new Map<string, Lane>();
  private readonly inAll = pLimit(AT_ONCE.inAll);
  private readonly toBegin = turnstile();
  private readonly underWay = new Set<Promise<void>>();
  private waiting = 0;
  private stopped = false;

  constructor(
    private readonly store: Store,
    private readonly refresher: Refresher,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {}

  /** Takes up what is due and not taken up yet; resolves when it was found, not when it is done. */
  async take(): Promise<void> {
    const now = this.now();
    for (const id of await this.dueConnectors(now)) {
      const lane = this.lanes.get(id) ?? { limit: pLimit(AT_ONCE.most), grants: new Set<string>(), hasRefused: false };
      this.lanes.set(id, lane);
      // As long as there is enough to do, looking up more would only make it older.
      if (lane.grants.size > WAITING.ofOne / 2 || this.waiting > WAITING.inAll) continue;
      for (const [index, grant] of (await this.due(id, now)).entries()) {
        if (!lane.grants.has(grant.id)) this.add(lane, grant);
        if (index % IN_A_ROW === IN_A_ROW - 1) await aTurn();
      }
    }
    for (const [id, lane] of this.lanes) this.adapt(id, lane);
  }

  /** Begins nothing new, and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.underWay);
  }

  private async dueConnectors(now: Date): Promise<string[]> {
    const rows = await this.store.read
      .createQueryBuilder(Connector, 'connector')
      .select('connector.id', 'id')
      .where((query) => {
        const due = query
          .subQuery()
          .select('1')
          .from(Grant, 'due')
          .where('due.connectorId = connector.id AND due.nextRefreshAt <= :now', { now: now.getTime() })
          .getQuery();
        return `EXISTS ${due}`;
      })
      .getRawMany<{ id: string }>();
    return rows.map(({ id }) => id);
  }

  private due(connectorId: string, now: Date): Promise<SeenGrant[]> {
    return (
      this.store.read
        .createQueryBuilder(Grant, 'due')
        .select('due.id', 'id')
        .addSelect('due.generation', 'generation')
        .addSelect('due.refreshFailures', 'refreshFailures')
        .where('due.connectorId = :connectorId AND due.nextRefreshAt <= :now', { connectorId, now: now.getTime() })
        .andWhere('due.status = :status', { status: ConnectionStatus.CONNECTED })
        // Those that somebody holds a lease on are being refreshed; should that come to nothing, the lease ends.
        .andWhere('(due.leaseUntil IS NULL OR due.leaseUntil <= :now)')
        .orderBy('due.nextRefreshAt')
        .limit(WAITING.ofOne)
        // There may be many: as they are, without an entity for each.
        .getRawMany<SeenGrant>()
    );
  }

  private adapt(id: string, lane: Lane): void {
    const { limit, grants, hasRefused } = lane;
    if (grants.size === 0 && limit.concurrency === AT_ONCE.most) this.lanes.delete(id);
    limit.concurrency = hasRefused
      ? Math.max(1, Math.floor(limit.concurrency * STEPS.down))
      : Math.min(AT_ONCE.most, Math.ceil(limit.concurrency * STEPS.up));
    lane.hasRefused = false;
  }

  private add(lane: Lane, grant: SeenGrant): void {
    const { limit, grants } = lane;
    grants.add(grant.id);
    this.waiting += 1;
    const run = limit(() => this.inAll(() => this.refresh(lane, grant))).finally(() => {
      grants.delete(grant.id);
      this.waiting -= 1;
      this.underWay.delete(run);
    });
    this.underWay.add(run);
  }

  private async refresh(lane: Lane, grant: SeenGrant): Promise<void> {
    await this.toBegin();
    if (this.stopped) return;
    try {
      // What another process has taken up meanwhile is left to it: waiting for it would take the place of another grant.
      if (!(await this.refresher.isUntouched(grant))) return;
      await this.refresher.renew(grant);
    } catch (err) {
      // Health tells of a refusal already.
      if (!(err instanceof Refused)) this.log.error({ err, grantId: grant.id }, 'A refresh failed.');
      lane.hasRefused = true;
    }
  }
}
