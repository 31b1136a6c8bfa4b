/** How flows are kept: their secrets sealed, their tokens as hashes, their end told to whoever watches. */
import type { EntityManager } from 'typeorm';
import { hashOf } from '../access/secret';
import type { Obtained } from '../auth-types/flow';
import { FailureKind, type ProviderFailure } from '../auth-types/provider-failure';
import { Connection } from '../connections/connection';
import { userIdOf } from '../connections/grant';
import type { Authorized, Grants } from '../connections/grants';
import { ConnectionEventKind, type EventBus } from '../events/bus';
import type { Store } from '../storage/store';
import type { Vault } from '../storage/vault';
import {
  AuthorizationErrorCode,
  AuthorizationFlow,
  type AuthorizationFlowError,
  AuthorizationFlowStatus,
  type FlowSecrets,
} from './flow';

/** How long each part of a flow may take, in milliseconds: reading the page, consenting at the provider, confirming. */
export const STEP_LIMIT = 600_000;

const place = ({ id, workspaceId }: Pick<AuthorizationFlow, 'id' | 'workspaceId'>) => ({
  workspaceId,
  table: 'authorization_flow',
  row: id,
  field: 'secrets',
});

/** What nobody needs any more once a flow has ended. */
const forgotten = { startHash: null, stateHash: null, confirmationHash: null, secrets: null };

const failureCodes: Record<FailureKind, AuthorizationErrorCode> = {
  DENIED: AuthorizationErrorCode.DENIED,
  REFUSED: AuthorizationErrorCode.PROVIDER_REFUSED,
  UNAVAILABLE: AuthorizationErrorCode.PROVIDER_UNAVAILABLE,
  BROKEN: AuthorizationErrorCode.PROVIDER_ANSWER_UNUSABLE,
};

export class FlowStore {
  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
    private readonly grants: Grants,
    private readonly events: EventBus,
    private readonly now: () => Date,
  ) {}

  open(flow: AuthorizationFlow): FlowSecrets {
    return flow.secrets === null ? {} : this.vault.open<FlowSecrets>(flow.secrets, place(flow));
  }

  seal(flow: Pick<AuthorizationFlow, 'id' | 'workspaceId'>, secrets: FlowSecrets): string {
    return this.vault.seal(secrets, place(flow));
  }

  /** The flow that a token in a link, a state or a confirmation stands for. */
  by(
    manager: EntityManager,
    column: 'startHash' | 'stateHash' | 'confirmationHash',
    token: string,
  ): Promise<AuthorizationFlow | null> {
    return manager.findOneBy(AuthorizationFlow, { [column]: hashOf(token) });
  }

  isOver({ expiresAt }: AuthorizationFlow): boolean {
    return expiresAt <= this.now();
  }

  /**
   * Ends a flow with a grant, in a transaction of the caller's, which has to `announce` it after the commit. `false`: the flow has
   * moved on since it was read, and nothing was done.
   */
  async authorize(tx: EntityManager, flow: AuthorizationFlow, authorized: Authorized): Promise<boolean> {
    const { affected } = await tx.update(
      AuthorizationFlow,
      { id: flow.id, status: flow.status },
      { ...forgotten, status: AuthorizationFlowStatus.AUTHORIZED, expiresAt: this.now() },
    );
    if (affected !== 1) return false;
    const connection = { id: flow.connectionId, workspaceId: flow.workspaceId };
    await this.grants.keep(tx, connection, userIdOf(flow), authorized, this.now());
    return true;
  }

  /** Ends a flow without a grant; `false`: it has moved on since it was read, and nothing was done. */
  async fail(flow: AuthorizationFlow, error: AuthorizationFlowError): Promise<boolean> {
    const status =
      error.code === AuthorizationErrorCode.DENIED
        ? AuthorizationFlowStatus.DENIED
        : error.code === AuthorizationErrorCode.EXPIRED
          ? AuthorizationFlowStatus.EXPIRED
          : AuthorizationFlowStatus.FAILED;
    const { affected } = await this.store.write((tx) =>
      tx.update(
        AuthorizationFlow,
        { id: flow.id, status: flow.status },
        { ...forgotten, status, error, expiresAt: this.now() },
      ),
    );
    if (affected === 0) return false;
    this.events.flowChanged(flow.id);
    return true;
  }

  /** Tells whoever watches that a flow changed, and, where it brought a grant, that its connection did. */
  async announce(flowId: string): Promise<void> {
    this.events.flowChanged(flowId);
    const flow = await this.store.read.findOneBy(AuthorizationFlow, { id: flowId });
    if (flow?.status !== AuthorizationFlowStatus.AUTHORIZED) return;
    const connection = await this.store.read.findOneBy(Connection, { id: flow.connectionId });
    if (connection) this.events.happened(ConnectionEventKind.AUTHORIZED, connection, userIdOf(flow), this.now());
  }
}

/** What a provider gave, seen against what was asked for. */
export function authorizedBy(
  { credentials, grantedScopes, expiresAt, isExpiryAssumed, isRefreshable }: Obtained,
  asked: readonly string[],
): Authorized {
  const granted = grantedScopes ?? asked;
  return {
    credentials,
    grantedScopes: granted,
    missingScopes: asked.filter((scope) => !granted.includes(scope)),
    expiresAt: expiresAt && new Date(expiresAt),
    isExpiryAssumed,
    isRefreshable,
  };
}

/** The end of a flow that a provider did not play along with. */
export function errorOf({
  kind,
  message,
  providerError,
  providerErrorDescription,
}: ProviderFailure): AuthorizationFlowError {
  return { code: failureCodes[kind], message, providerError, providerErrorDescription };
}

/** An end that is our own finding. */
export function ownError(code: AuthorizationErrorCode, message: string): AuthorizationFlowError {
  return { code, message, providerError: null, providerErrorDescription: null };
}

/** An end that nobody foresaw. */
export const ownFault = ownError(
  AuthorizationErrorCode.INTERNAL,
  'Something went wrong on our side. Nothing was connected; start again.',
);

export const expired = ownError(AuthorizationErrorCode.EXPIRED, 'The authorization took too long. Start it again.');
