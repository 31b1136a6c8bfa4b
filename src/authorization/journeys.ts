/** The journey of a person: our start page, off to the provider, back at the callback, to a grant or to a confirmation. */
import { setImmediate as aTurn } from 'node:timers/promises';
import { In } from 'typeorm';
import { hashOf, newSecret } from '../access/secret';
import type { Obtained } from '../auth-types/flow';
import { ProviderFailure } from '../auth-types/provider-failure';
import { Connection } from '../connections/connection';
import { userIdOf } from '../connections/grant';
import { Scope } from '../connectors/scope';
import type { Store } from '../storage/store';
import type { Confirmations } from './confirmations';
import { AuthorizationErrorCode, AuthorizationFlow, AuthorizationFlowStatus, FlowStep } from './flow';
import { authorizedBy, errorOf, expired, type FlowStore, ownError, ownFault, STEP_LIMIT } from './flow-store';
import { type BrowserSecret, DeadEnd, type Invitation, isSame, returning, type Stop } from './journey';
import type { Leftovers } from './leftovers';
import type { Provider, Providers } from './provider';

/** How long it may take to get and keep what the provider gives once the person is back, in milliseconds. */
const FINISH_LIMIT = 60_000;

export class Journeys {
  constructor(
    private readonly store: Store,
    private readonly flows: FlowStore,
    private readonly providers: Providers,
    private readonly confirmations: Confirmations,
    private readonly leftovers: Leftovers,
    private readonly now: () => Date,
  ) {}

  /** What the start page shows; looking changes nothing. Throws `DeadEnd`. */
  async invitation(startToken: string, browser: BrowserSecret): Promise<Invitation> {
    const flow = await this.linked(startToken, browser);
    const { connection, connector, dealings } = await this.providerOf(flow);
    const { authorizationUrl } = dealings.setup.config as { authorizationUrl?: string };
    const { scopeIds } = connection;
    return {
      flowId: flow.id,
      connectorName: connector.name,
      connectionName: connection.name,
      requestedBy: flow.requestedBy,
      userId: userIdOf(flow),
      scopes: await this.store.read.find(Scope, { where: { id: In(scopeIds) }, order: { id: 'ASC' } }),
      providerHost: authorizationUrl ? new URL(authorizationUrl).host : '',
    };
  }

  /** Sends the browser that bears `browserSecret` to the provider; from then on no other can. Throws `DeadEnd`. */
  async leave(startToken: string, browserSecret: string): Promise<Stop> {
    const flow = await this.linked(startToken, () => browserSecret);
    try {
      const { flow: provider, dealings } = await this.providerOf(flow);
      if (!provider?.begin) throw new Error('An auth type that redirects must begin a flow.');
      const state = newSecret('gt');
      const { authorizationUrl, memory } = await provider.begin(dealings, state);
      const { affected } = await this.store.write((tx) =>
        tx.update(
          AuthorizationFlow,
          { id: flow.id, status: AuthorizationFlowStatus.PENDING, step: flow.step },
          {
            step: FlowStep.SENT,
            stateHash: hashOf(state),
            browserHash: hashOf(browserSecret),
            secrets: this.flows.seal(flow, { startToken, memory, asked: dealings.scopes }),
            expiresAt: this.in(STEP_LIMIT),
          },
        ),
      );
      // Somebody was faster. If it was the same browser, by a second click, it may go on; `linked` tells.
      return affected === 0 ? this.leave(startToken, browserSecret) : { at: 'provider', url: authorizationUrl };
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
    try {
      const { flow: provider, dealings } = await this.providerOf(flow);
      const { memory = {}, asked = [] } = this.flows.open(flow);
      const obtained = await provider?.complete?.(dealings, memory, query);
      if (!obtained) throw new Error('An auth type that begins a flow must complete it.');
      return await this.finish(flow, obtained, asked);
    } catch (error) {
      const isForeseen = error instanceof ProviderFailure || error instanceof DeadEnd;
      // The state is used up: there is no second try.
      if (!isForeseen) await this.flows.fail(flow, ownFault);
      return this.failed(flow, error);
    }
  }

  /** Keeps what the provider gave: as a grant, or until the application confirms. */
  private async finish(flow: AuthorizationFlow, obtained: Obtained, asked: readonly string[]): Promise<Stop> {
    if (flow.returnTo !== null) {
      const token = await this.orGivenBack(flow, obtained, this.confirmations.hold(flow, obtained, asked));
      if (token === undefined) return this.end(flow);
      const status = AuthorizationFlowStatus.AWAITING_CONFIRMATION;
      return { at: 'application', url: returning(flow.returnTo, { flow: flow.id, status, token }) };
    }
    const authorized = this.store.write((tx) => this.flows.authorize(tx, flow, authorizedBy(obtained, asked)));
    await this.orGivenBack(flow, obtained, authorized);
    return this.end(flow);
  }

  /** What could not be kept, because the flow ended meanwhile or the database is in trouble, is of no use to anybody. */
  private async orGivenBack<T>(flow: AuthorizationFlow, obtained: Obtained, keeping: Promise<T>): Promise<T> {
    let isKept = false;
    try {
      const kept = await keeping;
      isKept = Boolean(kept);
      return kept;
    } finally {
      if (!isKept) this.leftovers.giveBack(flow, obtained);
    }
  }

  private in(milliseconds: number): Date {
    return new Date(this.now().getTime() + milliseconds);
  }

  /** The connection that a flow is for, and its provider. Throws `DeadEnd` when the connection was deleted meanwhile. */
  private async providerOf(flow: AuthorizationFlow): Promise<Provider & { connection: Connection }> {
    const connection = await this.store.read.findOneBy(Connection, { id: flow.connectionId });
    if (!connection) throw new DeadEnd(usedOrUnknown);
    return { connection, ...(await this.providers.of(this.store.read, connection)) };
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

  /** Uses the state up; of several that try, one succeeds. What was in time stays in time. */
  private async consume(flow: AuthorizationFlow): Promise<boolean> {
    const { affected } = await this.store.write((tx) =>
      tx.update(
        AuthorizationFlow,
        { id: flow.id, status: AuthorizationFlowStatus.PENDING, step: FlowStep.SENT, stateHash: flow.stateHash ?? '' },
        { step: FlowStep.RETURNED, stateHash: null, expiresAt: this.in(FINISH_LIMIT) },
      ),
    );
    return affected === 1;
  }

  /** Ends a flow that the provider does not play along with; everything else is thrown on. */
  private async failed(flow: AuthorizationFlow, error: unknown): Promise<Stop> {
    if (error instanceof ProviderFailure) return this.ended(flow, errorOf(error));
    throw error;
  }

  private async ended(flow: AuthorizationFlow, error: Parameters<FlowStore['fail']>[1]): Promise<Stop> {
    await this.flows.fail(flow, error);
    return this.end(flow);
  }

  private async end({ id }: AuthorizationFlow): Promise<Stop> {
    // Whoever watches the flow is told of it first: a page can wait for a turn of the event loop.
    await aTurn();
    const flow = await this.store.read.findOneBy(AuthorizationFlow, { id });
    if (!flow) throw new DeadEnd(usedOrUnknown);
    return flow.returnTo === null
      ? { at: 'end', flow }
      : { at: 'application', url: returning(flow.returnTo, { flow: flow.id, status: flow.status }) };
  }
}

const usedOrUnknown =
  'This link was used already, has ended, or was never valid. Go back to the application and start again.';

const wrongConnector = ownError(
  AuthorizationErrorCode.WRONG_CONNECTOR,
  'The answer arrived at the redirect URI of another connector. Nothing was connected.',
);

const wrongBrowser = ownError(
  AuthorizationErrorCode.WRONG_BROWSER,
  'The answer arrived in another browser than the one that set out. Nothing was connected.',
);
