/** Credentials that end with nothing to renew them: told when the time has come, so that nobody learns of it by a failed call. */
import { LessThanOrEqual } from 'typeorm';
import { connectionOf, Grant, userIdOf } from '../connections/grant';
import type { Grants } from '../connections/grants';
import { ConnectionStatus, HealthRemedy, HealthState, type Verdict } from '../connections/health';
import { isNews } from '../connections/verdicts';
import type { EventBus } from '../events/bus';
import { ConnectionEventKind } from '../events/happening';
import type { Store } from '../storage/store';

/** How many are looked up at a time. */
const BATCH = 500;

export class Endings {
  constructor(
    private readonly store: Store,
    private readonly grants: Grants,
    private readonly events: EventBus,
    private readonly now: () => Date,
  ) {}

  /** Tells of each once. The grants stay CONNECTED: should the API take the credentials all the same, the next call shows it. */
  async tell(): Promise<void> {
    const where = { endsAt: LessThanOrEqual(this.now()), status: ConnectionStatus.CONNECTED };
    const ended = await this.store.read.find(Grant, { where, order: { endsAt: 'ASC' }, take: BATCH });
    for (const { id } of ended) await this.tellOf(id);
  }

  private async tellOf(id: string): Promise<void> {
    const now = this.now();
    await this.store.write(async (tx) => {
      const grant = await tx.findOneBy(Grant, { id });
      // Authorized anew or revoked meanwhile, or told by another process.
      if (!grant?.endsAt || grant.endsAt > now) return;
      const verdict = endedAt(grant.endsAt);
      await this.grants.judge(tx, grant, verdict, now, { endsAt: null });
      if (!isNews(grant, { ...verdict, status: grant.status })) return;
      await this.events.happened(tx, ConnectionEventKind.TROUBLED, connectionOf(grant), userIdOf(grant), now);
    });
  }
}

const endedAt = (moment: Date): Verdict => ({
  state: HealthState.DEGRADED,
  reason: `The credentials expired at ${moment.toISOString()}, and the provider gave nothing to renew them with.`,
  remedy: HealthRemedy.REAUTHORIZE,
});
