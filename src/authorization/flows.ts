/** Watching flows: the state as it is, and each change until the last. */
import type { Caller } from '../access/caller';
import { userKeyOf } from '../connections/grant';
import { topLevelError } from '../errors';
import type { EventBus } from '../events/bus';
import { mapStream } from '../events/stream';
import type { Links } from '../links';
import { isKeepable } from '../rules/text';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus, FlowStep, isFinal } from './flow';
import type { FlowStore } from './flow-store';

export class Flows {
  private readonly read;

  constructor(
    store: Store,
    private readonly events: EventBus,
    private readonly flowStore: FlowStore,
    private readonly links: Links,
  ) {
    // Whoever watches is told as soon as this is read.
    this.read = store.prepare(
      { flow: AuthorizationFlow },
      'FROM authorization_flow flow WHERE flow.id = ? AND flow."workspaceId" = ?',
    );
  }

  /** The link to the start page of a flow that nobody has followed yet; `null` otherwise. */
  startLink(flow: AuthorizationFlow): string | null {
    if (flow.status !== AuthorizationFlowStatus.PENDING || flow.step !== FlowStep.LINKED) return null;
    const { startToken } = this.flowStore.open(flow);
    return startToken === undefined ? null : this.links.start(startToken);
  }

  /** A flow that `caller` sees, or `null`. */
  async find({ workspaceId, session }: Caller, id: string): Promise<AuthorizationFlow | null> {
    if (!isKeepable(id)) return null;
    const { flow = null } = (await this.read(id, workspaceId)) ?? {};
    const isForeign =
      session && (flow?.connectionId !== session.connectionId || flow.userKey !== userKeyOf(session.userId));
    return isForeign ? null : flow;
  }

  /**
   * The flow as it is now, then after each change; ends with its final state, or with its connection. Throws BAD_USER_INPUT when
   * there is no such flow for `caller`.
   */
  async watch(caller: Caller, id: string): Promise<AsyncIterableIterator<AuthorizationFlow>> {
    const found = await this.find(caller, id);
    if (!found) throw topLevelError('BAD_USER_INPUT', 'There is no such authorization flow.');
    const changes = this.events.ofFlow(found);
    // The state as it is now is read after the listening began, so that no change falls between.
    changes.send(id);
    let told: AuthorizationFlowStatus | undefined;
    return mapStream(changes, async () => {
      const flow = await this.find(caller, id);
      if (!flow) return { last: true };
      const isNews = flow.status !== told;
      told = flow.status;
      return { told: isNews ? flow : undefined, last: isFinal(flow.status) };
    });
  }
}
