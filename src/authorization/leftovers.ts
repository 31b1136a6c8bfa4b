/** Credentials that a flow obtained and no grant came of: given back to the provider, since nobody else knows of them. */
import pLimit from 'p-limit';
import type { Obtained } from '../auth-types/flow';
import { Connection } from '../connections/connection';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus } from './flow';
import type { Providers } from './provider';

/** How many are given back at once. */
const CONCURRENCY = 16;

export class Leftovers {
  private readonly underWay = new Set<Promise<void>>();
  private readonly limit = pLimit(CONCURRENCY);

  constructor(
    private readonly store: Store,
    private readonly providers: Providers,
    private readonly log: Log,
  ) {}

  /** Gives back what `flow` obtained, unless it is kept after all; nobody waits for the provider. */
  giveBack(flow: Pick<AuthorizationFlow, 'id' | 'connectionId'>, obtained: Obtained): void {
    const run = this.limit(() => this.tell(flow, obtained))
      .catch((err: unknown) => this.log.warn({ err, flowId: flow.id }, 'Credentials could not be given back.'))
      .finally(() => this.underWay.delete(run));
    this.underWay.add(run);
  }

  /** Waits for what is under way; for stopping. */
  async settle(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async tell({ id, connectionId }: Pick<AuthorizationFlow, 'id' | 'connectionId'>, { credentials }: Obtained) {
    const flow = await this.store.read.findOneBy(AuthorizationFlow, { id });
    // A write may have reached the database although the word of it did not reach us.
    if (flow && kept.includes(flow.status)) return;
    const connection = await this.store.read.findOneBy(Connection, { id: connectionId });
    if (!connection) return;
    const { flow: provider, dealings } = await this.providers.of(this.store.read, connection);
    await provider?.revoke?.(dealings, credentials);
  }
}

const kept = [AuthorizationFlowStatus.AUTHORIZED, AuthorizationFlowStatus.AWAITING_CONFIRMATION];
