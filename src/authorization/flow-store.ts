/** How flows are kept: their secrets sealed, their tokens as hashes, their end told to whoever watches. */
import type { EntityManager } from 'typeorm';
import { hashOf } from '../access/secret';
import type { Obtained } from '../auth-types/flow';
import { FailureKind, type ProviderFailure } from '../auth-types/provider-failure';
import { connectionOf, userIdOf } from '../connections/grant';
import type { Authorized, Grants } from '../connections/grants';
import type { EventBus } from '../events/bus';
import { ConnectionEventKind } from '../events/happening';
import { afterCommit } from '../storage/after-commit';
import type { Store } from '../storage/store';
import type { Vault } from '../storage/vault';
import type { Telemetry } from '../telemetry';
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
    private readonly telemetry: Telemetry,
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
   * Ends a flow with a grant, in a transaction of the caller's. `false`: the flow has moved on since it was read, and nothing was
   * done.
   */
  async authorize(tx: EntityManager, flow: AuthorizationFlow, authorized: Authorized): Promise<boolean> {
    const now = this.now();
    const ended = { ...forgotten, status: AuthorizationFlowStatus.AUTHORIZED, expiresAt: now };
    if (!(await this.change(tx, flow, ended))) return false;
    await this.grants.keep(tx, connectionOf(flow), userIdOf(flow), authorized, now);
    await this.events.happened(tx, ConnectionEventKind.AUTHORIZED, connectionOf(flow), userIdOf(flow), now);
    return true;
  }

  /** Ends a flow without a grant, unless it has ended already. */
  async fail(flow: AuthorizationFlow, error: AuthorizationFlowError): Promise<void> {
    const status =
      error.code === AuthorizationErrorCode.DENIED
        ? AuthorizationFlowStatus.DENIED
        : error.code === AuthorizationErrorCode.EXPIRED
          ? AuthorizationFlowStatus.EXPIRED
          : AuthorizationFlowStatus.FAILED;
    await this.store.write((tx) => this.change(tx, flow, { ...forgotten, status, error, expiresAt: this.now() }));
  }

  /** Changes the state of a flow, and tells whoever watches it. `false`: the flow has moved on since it was read; nothing was done. */
  async change(tx: EntityManager, flow: AuthorizationFlow, changes: Partial<AuthorizationFlow>): Promise<boolean> {
    const { affected } = await tx.update(AuthorizationFlow, { id: flow.id, status: flow.status }, changes);
    if (affected !== 1) return false;
    const { status } = changes;
    if (status) afterCommit(tx, () => this.telemetry.metrics.flow(status));
    await this.events.flowChanged(tx, flow, this.now());
    return true;
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
