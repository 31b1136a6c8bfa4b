/** How flows are kept: their secrets sealed, their tokens as hashes, their end told to whoever watches. */
import { type EntityManager, In } from 'typeorm';
import { hashOf } from '../access/secret';
import { AuditAction } from '../audit/action';
import { type Actor, SERVER } from '../audit/actor';
import { type Details, record } from '../audit/trail';
import type { Obtained } from '../auth-types/flow';
import { FailureKind, type ProviderFailure } from '../auth-types/provider-failure';
import { asSubject, Connection } from '../connections/connection';
import { connectionOf, userIdOf } from '../connections/grant';
import type { Authorized, Grants } from '../connections/grants';
import type { EventBus } from '../events/bus';
import { ConnectionEventKind } from '../events/happening';
import { afterCommit } from '../storage/after-commit';
import { placeIn } from '../storage/sealed-columns';
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

const place = (row: Pick<AuthorizationFlow, 'id' | 'workspaceId'>) => placeIn('authorization_flow', row);

/** What nobody needs any more once a flow has ended. */
const forgotten = { startHash: null, stateHash: null, confirmationHash: null, secrets: null };

const failureCodes: Record<FailureKind, AuthorizationErrorCode> = {
  DENIED: AuthorizationErrorCode.DENIED,
  REFUSED: AuthorizationErrorCode.PROVIDER_REFUSED,
  UNAVAILABLE: AuthorizationErrorCode.PROVIDER_UNAVAILABLE,
  BROKEN: AuthorizationErrorCode.PROVIDER_ANSWER_UNUSABLE,
};

/** An end for want of an answer is nobody's deed. */
const failureActions: Partial<Record<AuthorizationFlowStatus, AuditAction>> = {
  DENIED: AuditAction.AUTHORIZATION_DENIED,
  FAILED: AuditAction.AUTHORIZATION_FAILED,
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
   * done. `confirmedBy`: who vouched for it; left out where nobody has to.
   */
  async authorize(
    tx: EntityManager,
    flow: AuthorizationFlow,
    authorized: Authorized,
    confirmedBy?: Actor,
  ): Promise<boolean> {
    const now = this.now();
    const ended = { ...forgotten, status: AuthorizationFlowStatus.AUTHORIZED, expiresAt: now };
    if (!(await this.change(tx, flow, ended))) return false;
    const { connectorId } = flow;
    await this.grants.keep(tx, { ...connectionOf(flow), connectorId }, userIdOf(flow), authorized, now);
    await this.events.happened(tx, ConnectionEventKind.AUTHORIZED, connectionOf(flow), userIdOf(flow), now);
    const begunBy = confirmedBy && flow.begunBy?.id;
    await this.record(tx, flow, AuditAction.CONNECTION_AUTHORIZED, { begunBy }, confirmedBy);
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
    return this.store.write(async (tx) => {
      const isEnded = await this.change(tx, flow, { ...forgotten, status, error, expiresAt: this.now() });
      const action = failureActions[status];
      if (isEnded && action) await this.record(tx, flow, action, { code: error.code });
      return isEnded;
    });
  }

  /** Records what became of a flow, as the deed of who began it unless that is somebody else's. */
  async record(
    tx: EntityManager,
    flow: Pick<AuthorizationFlow, 'id' | 'workspaceId' | 'connectionId' | 'userKey' | 'begunBy'>,
    action: AuditAction,
    details: Details = {},
    actor = flow.begunBy ?? SERVER,
  ): Promise<void> {
    const connection = await tx.findOneByOrFail(Connection, { id: flow.connectionId });
    await record(tx, { workspaceId: flow.workspaceId, actor }, this.now(), {
      action,
      subject: asSubject(connection),
      details: { flow: flow.id, userId: userIdOf(flow), ...details },
    });
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

  /**
   * Ends every flow of a connection (of one user of it) that is under way, in a transaction of the caller's: what was begun before a
   * revocation must not bring credentials after it.
   */
  async abandon(tx: EntityManager, connectionId: string, userId: string | null | undefined): Promise<void> {
    const status = In([AuthorizationFlowStatus.PENDING, AuthorizationFlowStatus.AWAITING_CONFIRMATION]);
    const underWay = await tx.findBy(AuthorizationFlow, {
      ...{ connectionId, status },
      ...(userId != null && { userKey: userId }),
    });
    const ended = { ...forgotten, status: AuthorizationFlowStatus.FAILED, error: revoked, expiresAt: this.now() };
    for (const flow of underWay) await this.change(tx, flow, ended);
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

const revoked = ownError(
  AuthorizationErrorCode.REVOKED,
  'The credentials of the connection were revoked meanwhile. Start again if it is to be connected anew.',
);
