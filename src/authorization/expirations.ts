/** Flows that time ends: told, what they held given back, and the record of ended ones removed when it is old. */
import { In, LessThanOrEqual } from 'typeorm';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus, isFinal } from './flow';
import { expired, type FlowStore } from './flow-store';
import type { Leftovers } from './leftovers';

/** How many are looked up at a time. */
const BATCH = 500;
/** How long an ended flow is kept, in milliseconds: thirty days. */
const KEPT = 30 * 86_400_000;

const statuses = Object.values(AuthorizationFlowStatus);

export class Expirations {
  constructor(
    private readonly store: Store,
    private readonly flows: FlowStore,
    private readonly leftovers: Leftovers,
    private readonly now: () => Date,
    private readonly log: Log,
  ) {}

  /** Ends the flows that took too long. */
  async expire(): Promise<void> {
    for (const flow of await this.before(this.now(), (status) => !isFinal(status))) {
      const isEnded = await this.flows.fail(flow, expired);
      if (isEnded && flow.status === AuthorizationFlowStatus.AWAITING_CONFIRMATION) this.giveBack(flow);
    }
  }

  /** Removes the flows that ended long ago. */
  async remove(): Promise<void> {
    const ids = (await this.before(new Date(this.now().getTime() - KEPT), isFinal)).map(({ id }) => id);
    if (ids.length > 0) await this.store.write((tx) => tx.delete(AuthorizationFlow, { id: In(ids) }));
  }

  private giveBack(flow: AuthorizationFlow): void {
    try {
      const { obtained } = this.flows.open(flow);
      if (obtained) this.leftovers.giveBack(flow, obtained);
    } catch (err) {
      this.log.error({ err, flowId: flow.id }, 'What a flow held cannot be read, and so not be given back.');
    }
  }

  private before(moment: Date, is: (status: AuthorizationFlowStatus) => boolean): Promise<AuthorizationFlow[]> {
    const where = { status: In(statuses.filter(is)), expiresAt: LessThanOrEqual(moment) };
    return this.store.read.find(AuthorizationFlow, { where, take: BATCH });
  }
}
