/** The journey of a person: our start page, off to the provider, back at the callback, to a grant or to a confirmation. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { hashOf, newSecret } from '../access/api-key';
import type { Caller } from '../access/caller';
import { ProviderFailure } from '../auth-types/provider-failure';
import { Connection } from '../connections/connection';
import { userIdOf, userKeyOf } from '../connections/grant';
import { Refused, UserErrorCode } from '../errors';
import type { Store } from '../storage/store';
import { AuthorizationErrorCode, AuthorizationFlow, AuthorizationFlowStatus, FlowStep } from './flow';
import { authorizedBy, errorOf, expired, type FlowStore, ownError, STEP_LIMIT } from './flow-store';
import type { Providers } from './provider';

/** What the start page shows. */
export interface Invitation {
  readonly flowId: string;
  readonly connectorId: string;
  readonly connectorName: string;
  readonly connectionName: string;
  readonly requestedBy: string;
  readonly userId: string | null;
  readonly scopes: readonly string[];
  readonly providerHost: string;
}

/** Where a journey stands after a step. */
export type Stop =
  | { readonly at: 'provider'; readonly url: string }
  | { readonly at: 'application'; readonly url: string }
  | { readonly at: 'end'; readonly flow: AuthorizationFlow };

/** A link or a state that stands for nothing (any more); the message is for the person. */
export class DeadEnd extends Error {}

/** The secret of a browser for a flow, by the id of the flow; from its cookie. */
export type BrowserSecret = (flowId: string) => string | undefined;

const usedOrUnknown =
  'This link was used already, has ended, or was never valid. Go back to the application and start again.';

export class Journeys {
  constructor(
    private readonly store: Store,
    private readonly flows: FlowStore,
    private readonly providers: Providers,
    private readonly now: () => Date,
  ) {}

  /** What the start page shows; looking changes nothing. Throws `DeadEnd`. */
  async invitation(startToken: string, browser: BrowserSecret): Promise<Invitation> {
    const flow = await this.linked(startToken, browser);
    const connection = await this.store.read.findOneByOrFail(Connection, { id: flow.connectionId });
    const { connector, dealings } = await this.providers.of(this.store.read, connection);
    const { authorizationUrl } = dealings.setup.config as { authorizationUrl?: string };
    return {
      flowId: flow.id,
      connectorId: connector.id,
      connectorName: connector.name,
      connectionName: connection.name,
      requestedBy: flow.requestedBy,
      userId: userIdOf(flow),
      scopes: dealings.scopes,
      providerHost: authorizationUrl ? new URL(authorizationUrl).host : '',
    };
  }

  /** Sends the browser that bears `browserSecret` to the provider; from then on no other can. Throws `DeadEnd`. */
  async leave(startToken: string, browserSecret: string): Promise<Stop> {
    const flow = await this.linked(startToken, () => browserSecret);
    const connection = await this.store.read.findOneByOrFail(Connection, { id: flow.connectionId });
    const { flow: provider, dealings } = await this.providers.of(this.store.read, connection);
    if (!provider?.begin) throw new DeadEnd(usedOrUnknown);
    const state = newSecret('gt');
    try {
      const { authorizationUrl, memory } = await provider.begin(dealings, state);
      const { affected } = await this.store.write((tx) =>
        tx.update(
          AuthorizationFlow,
          { id: flow.id, status: AuthorizationFlowStatus.PENDING, step: flow.step },
          {
            step: FlowStep.SENT,
            stateHash: hashOf(state),
            browserHash: hashOf(browserSecret),
            secrets: this.flows.seal(flow, { startToken, memory }),
            expiresAt: this.soon(),
          },
        ),
      );
      if (affected === 0) throw new DeadEnd(usedOrUnknown);
      return { at: 'provider', url: authorizationUrl };
    } catch (error) {
      return this.failed(flow, error);
    }
  }

  /** Takes a person back at the redirect URI of a connector. Throws `DeadEnd` when the state stands for nothing. */
  async arrive(connectorId: string, query: URLSearchParams, browser: BrowserSecret): Promise<Stop> {
    const [state, ...others] = query.getAll('state');
    const flow = state && others.length === 0 ? await this.flows.by(this.store.read, 'stateHash', state) : null;
    if (!flow || !(await this.consume(flow))) throw new DeadEnd(usedOrUnknown);
    if (this.flows.isOver(flow)) return this.ended(flow, expired);
    if (flow.connectorId !== connectorId) return this.ended(flow, wrongConnector);
    if (!isSame(browser(flow.id), flow.browserHash)) return this.ended(flow, wrongBrowser);
    const connection = await this.store.read.findOneByOrFail(Connection, { id: flow.connectionId });
    const { flow: provider, dealings } = await this.providers.of(this.store.read, connection);
    try {
      const obtained = await provider?.complete?.(dealings, this.flows.open(flow).memory ?? {}, query);
      if (!obtained) throw new Error('An auth type that begins a flow must complete it.');
      if (flow.returnTo !== null) return await this.await(flow, flow.returnTo, obtained);
      const isDone = await this.store.write((tx) =>
        this.flows.authorize(tx, flow, authorizedBy(obtained, dealings.scopes)),
      );
      if (isDone) await this.flows.announce(flow.id);
      return await this.end(flow);
    } catch (error) {
      return this.failed(flow, error);
    }
  }

  /** Confirms a flow with the one-time token that its `returnTo` was given. Throws `Refused`. */
  async confirm(caller: Caller, token: string): Promise<AuthorizationFlow> {
    const flow = await this.flows.by(this.store.read, 'confirmationHash', token);
    const { session } = caller;
    const isForeign =
      session && (flow?.connectionId !== session.connectionId || flow.userKey !== userKeyOf(session.userId));
    if (flow?.workspaceId !== caller.workspaceId || isForeign || this.flows.isOver(flow)) throw noSuchConfirmation();
    const { obtained } = this.flows.open(flow);
    const connection = await this.store.read.findOneByOrFail(Connection, { id: flow.connectionId });
    const { dealings } = await this.providers.of(this.store.read, connection);
    const isDone =
      obtained &&
      (await this.store.write((tx) => this.flows.authorize(tx, flow, authorizedBy(obtained, dealings.scopes))));
    if (!isDone) throw noSuchConfirmation();
    await this.flows.announce(flow.id);
    return this.store.read.findOneByOrFail(AuthorizationFlow, { id: flow.id });
  }

  private soon(): Date {
    return new Date(this.now().getTime() + STEP_LIMIT);
  }

  /** The flow of a start link that this browser may (still) follow. */
  private async linked(startToken: string, browser: BrowserSecret): Promise<AuthorizationFlow> {
    const flow = await this.flows.by(this.store.read, 'startHash', startToken);
    if (!flow || flow.status !== AuthorizationFlowStatus.PENDING) throw new DeadEnd(usedOrUnknown);
    if (this.flows.isOver(flow)) {
      await this.flows.fail(flow, expired);
      throw new DeadEnd(expired.message);
    }
    const isOwn = flow.step === FlowStep.SENT && isSame(browser(flow.id), flow.browserHash);
    if (flow.step !== FlowStep.LINKED && !isOwn) throw new DeadEnd(usedOrUnknown);
    return flow;
  }

  /** Uses the state up; of several that try, one succeeds. */
  private async consume({ id, stateHash }: AuthorizationFlow): Promise<boolean> {
    const { affected } = await this.store.write((tx) =>
      tx.update(
        AuthorizationFlow,
        { id, status: AuthorizationFlowStatus.PENDING, step: FlowStep.SENT, stateHash: stateHash ?? '' },
        { step: FlowStep.RETURNED, stateHash: null },
      ),
    );
    return affected === 1;
  }

  /** Keeps what the provider gave until the application confirms that it was its own user who finished. */
  private async await(
    flow: AuthorizationFlow,
    returnTo: string,
    obtained: Parameters<typeof authorizedBy>[0],
  ): Promise<Stop> {
    const token = newSecret('gc');
    const { affected } = await this.store.write((tx) =>
      tx.update(
        AuthorizationFlow,
        { id: flow.id, status: AuthorizationFlowStatus.PENDING },
        {
          status: AuthorizationFlowStatus.AWAITING_CONFIRMATION,
          confirmationHash: hashOf(token),
          startHash: null,
          secrets: this.flows.seal(flow, { obtained }),
          expiresAt: this.soon(),
        },
      ),
    );
    if (affected === 0) return this.end(flow);
    await this.flows.announce(flow.id);
    return { at: 'application', url: returning(returnTo, { flow: flow.id, status: 'AWAITING_CONFIRMATION', token }) };
  }

  private async failed(flow: AuthorizationFlow, error: unknown): Promise<Stop> {
    if (!(error instanceof ProviderFailure)) throw error;
    return this.ended(flow, errorOf(error));
  }

  private async ended(flow: AuthorizationFlow, error: Parameters<FlowStore['fail']>[1]): Promise<Stop> {
    await this.flows.fail(flow, error);
    return this.end(flow);
  }

  private async end({ id }: AuthorizationFlow): Promise<Stop> {
    const flow = await this.store.read.findOneBy(AuthorizationFlow, { id });
    if (!flow) throw new DeadEnd(usedOrUnknown);
    return flow.returnTo === null
      ? { at: 'end', flow }
      : { at: 'application', url: returning(flow.returnTo, { flow: flow.id, status: flow.status }) };
  }
}

/** `returnTo` with what the application needs; its own query stays. */
function returning(
  returnTo: string,
  { flow, status, token }: { flow: string; status: string; token?: string },
): string {
  const url = new URL(returnTo);
  url.searchParams.set('authorizationFlowId', flow);
  url.searchParams.set('authorizationFlowStatus', status);
  if (token !== undefined) url.searchParams.set('confirmationToken', token);
  return url.href;
}

function isSame(secret: string | undefined, hash: string | null): boolean {
  if (secret === undefined || hash === null) return false;
  const [one, other] = [hashOf(secret), hash].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

const noSuchConfirmation = () =>
  new Refused({
    code: UserErrorCode.NOT_FOUND,
    path: ['token'],
    message:
      'There is no authorization to confirm with this token: it was used, has expired, or is not of this workspace.',
  });

const wrongConnector = ownError(
  AuthorizationErrorCode.WRONG_CONNECTOR,
  'The answer arrived at the redirect URI of another connector. Nothing was connected.',
);

const wrongBrowser = ownError(
  AuthorizationErrorCode.WRONG_BROWSER,
  'The answer arrived in another browser than the one that set out. Nothing was connected.',
);
