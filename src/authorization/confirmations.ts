/** The confirmation that ends a flow with `returnTo`: the application vouches that the person who finished is the one who began. */

import type { Caller } from '../access/caller';
import { hashOf, newSecret } from '../access/secret';
import type { Obtained } from '../auth-types/flow';
import { userKeyOf } from '../connections/grant';
import { Refused, UserErrorCode } from '../errors';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus } from './flow';
import { authorizedBy, type FlowStore, STEP_LIMIT } from './flow-store';

export class Confirmations {
  constructor(
    private readonly store: Store,
    private readonly flows: FlowStore,
    private readonly now: () => Date,
  ) {}

  /**
   * Keeps what the provider gave, and gives the one-time token that makes a grant of it; `undefined`: the flow has ended meanwhile.
   */
  async hold(flow: AuthorizationFlow, obtained: Obtained, asked: readonly string[]): Promise<string | undefined> {
    const token = newSecret('gc');
    const isHeld = await this.store.write((tx) =>
      this.flows.change(tx, flow, {
        status: AuthorizationFlowStatus.AWAITING_CONFIRMATION,
        confirmationHash: hashOf(token),
        startHash: null,
        secrets: this.flows.seal(flow, { obtained, asked }),
        expiresAt: new Date(this.now().getTime() + STEP_LIMIT),
      }),
    );
    return isHeld ? token : undefined;
  }

  /** Makes a grant of what is held. Throws `Refused`. */
  async confirm(caller: Caller, token: string): Promise<AuthorizationFlow> {
    const flow = await this.flows.by(this.store.read, 'confirmationHash', token);
    const { session } = caller;
    const isForeign =
      session && (flow?.connectionId !== session.connectionId || flow.userKey !== userKeyOf(session.userId));
    if (flow?.workspaceId !== caller.workspaceId || isForeign || this.flows.isOver(flow)) throw noSuchConfirmation();
    const { obtained, asked = [] } = this.flows.open(flow);
    const isDone =
      obtained &&
      (await this.store.write((tx) => this.flows.authorize(tx, flow, authorizedBy(obtained, asked), caller.actor)));
    if (!isDone) throw noSuchConfirmation();
    return this.store.read.findOneByOrFail(AuthorizationFlow, { id: flow.id });
  }
}

const noSuchConfirmation = () =>
  new Refused({
    code: UserErrorCode.NOT_FOUND,
    path: ['token'],
    message:
      'There is no authorization to confirm with this token: it was used, has expired, or is not of this workspace.',
  });
