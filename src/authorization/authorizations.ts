/** Beginning to authorize: with credentials given it is done at once, with a provider it begins with a link to our start page. */
import type { EntityManager } from 'typeorm';
import { ApiKey } from '../access/api-key';
import type { Caller } from '../access/caller';
import { hashOf, newSecret } from '../access/secret';
import { Workspace } from '../access/workspace';
import { AuditAction } from '../audit/action';
import { authTypeNamed } from '../auth-types';
import type { AuthType } from '../auth-types/auth-type';
import { ProviderFailure } from '../auth-types/provider-failure';
import { Connection } from '../connections/connection';
import { userKeyOf } from '../connections/grant';
import type { Authorized } from '../connections/grants';
import { getConnection, userOf, userProblems } from '../connections/lookup';
import { Connector } from '../connectors/connector';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { newId } from '../graphql/node';
import type { Store } from '../storage/store';
import { noCredentials, readCredentials } from './credentials';
import { AuthorizationFlow, AuthorizationFlowStatus, FlowStep } from './flow';
import { authorizedBy, type FlowStore, STEP_LIMIT } from './flow-store';
import type { ConnectionAuthorizeInput } from './inputs';
import type { Providers } from './provider';

interface Begun {
  readonly flow: AuthorizationFlow;
  readonly connection: Connection;
}

export class Authorizations {
  constructor(
    private readonly store: Store,
    private readonly flows: FlowStore,
    private readonly providers: Providers,
    private readonly now: () => Date,
  ) {}

  /** Throws `Refused`. */
  async authorize(caller: Caller, input: ConnectionAuthorizeInput): Promise<Begun> {
    const connection = await getConnection(this.store.read, caller, input.connection, ['connection']);
    const connector = await this.store.read.findOneByOrFail(Connector, { id: connection.connectorId });
    const type = authTypeNamed(connector.authType ?? '');
    const problems = userProblems(caller, connection, input.userId);
    if (type.CredentialsInput) return this.withCredentials(caller, input, type, connector, problems);
    if (input.credentials) problems.push(noCredentials(type));
    if (type.redirects?.(connector.config ?? {})) return this.withPerson(caller, input, connection, problems);
    if (input.returnTo != null) problems.push(nobodyReturns(type));
    refuseAny(problems);
    return this.withoutPerson(caller, input, connection);
  }

  private async withCredentials(
    caller: Caller,
    input: ConnectionAuthorizeInput,
    type: AuthType,
    { config }: Connector,
    problems: Problem[],
  ): Promise<Begun> {
    const read = readCredentials(type, config ?? {}, input.credentials);
    if (input.returnTo != null) problems.push(nobodyReturns(type));
    refuseAny([...problems, ...read.problems]);
    const brought = { grantedScopes: [], missingScopes: [], expiresAt: null, isRefreshable: false };
    return this.atOnce(caller, input, { ...brought, credentials: read.credentials ?? {} });
  }

  private async withoutPerson(caller: Caller, input: ConnectionAuthorizeInput, connection: Connection): Promise<Begun> {
    try {
      const { flow, dealings } = await this.providers.of(this.store.read, connection);
      const obtained = await flow?.obtain?.(dealings);
      if (!obtained) throw new Error('An auth type without credentials, redirect and obtain cannot be authorized.');
      return await this.atOnce(caller, input, authorizedBy(obtained, dealings.scopes));
    } catch (error) {
      throw error instanceof ProviderFailure ? new Refused(problemOf(error, ['connection'])) : error;
    }
  }

  /** A flow that ends as it begins. */
  private async atOnce(caller: Caller, input: ConnectionAuthorizeInput, authorized: Authorized): Promise<Begun> {
    return this.store.write(async (tx) => {
      const connection = await getConnection(tx, caller, input.connection, ['connection']);
      const flow = await this.insert(tx, caller, connection, input, FlowStep.RETURNED);
      await this.flows.authorize(tx, flow, authorized);
      return this.reread(tx, flow);
    });
  }

  private async withPerson(
    caller: Caller,
    input: ConnectionAuthorizeInput,
    { id }: Connection,
    problems: readonly Problem[],
  ): Promise<Begun> {
    return this.store.write(async (tx) => {
      const connection = await getConnection(tx, caller, { id }, ['connection']);
      const { returnToUrls } = await tx.findOneByOrFail(Workspace, { id: caller.workspaceId });
      const isUnlisted = input.returnTo != null && !returnToUrls.includes(input.returnTo);
      refuseAny([
        ...problems,
        ...(isUnlisted ? [notAllowListed] : []),
        // Better told now than to the person who is sent to a provider that has no address.
        ...(await problemsOfProvider(() => this.providers.of(tx, connection))),
      ]);
      const flow = await this.insert(tx, caller, connection, input, FlowStep.LINKED);
      const startToken = newSecret('gl');
      await tx.update(
        AuthorizationFlow,
        { id: flow.id },
        { startHash: hashOf(startToken), secrets: this.flows.seal(flow, { startToken }) },
      );
      await this.flows.record(tx, flow, AuditAction.AUTHORIZATION_BEGUN);
      return this.reread(tx, flow);
    });
  }

  private async insert(
    tx: EntityManager,
    caller: Caller,
    { id: connectionId, workspaceId, connectorId }: Connection,
    { userId, returnTo }: ConnectionAuthorizeInput,
    step: FlowStep,
  ): Promise<AuthorizationFlow> {
    const workspace = await tx.findOneByOrFail(Workspace, { id: workspaceId });
    const key = caller.session ? null : await tx.findOneBy(ApiKey, { id: caller.keyId });
    const flow = tx.create(AuthorizationFlow, {
      id: newId('AuthorizationFlow'),
      workspaceId,
      connectionId,
      connectorId,
      userKey: userKeyOf(userOf(caller, userId)),
      status: AuthorizationFlowStatus.PENDING,
      step,
      requestedBy: key ? `${workspace.name} (key "${key.name}")` : workspace.name,
      begunBy: caller.actor,
      returnTo: returnTo ?? null,
      error: null,
      createdAt: this.now(),
      expiresAt: new Date(this.now().getTime() + STEP_LIMIT),
    });
    await tx.insert(AuthorizationFlow, flow);
    return flow;
  }

  private async reread(tx: EntityManager, { id, connectionId }: AuthorizationFlow): Promise<Begun> {
    const flow = await tx.findOneByOrFail(AuthorizationFlow, { id });
    return { flow, connection: await tx.findOneByOrFail(Connection, { id: connectionId }) };
  }
}

const nobodyReturns = ({ name }: AuthType): Problem => ({
  code: UserErrorCode.NOT_ACCEPTED,
  path: ['returnTo'],
  message: `Nobody is sent to a provider for this connection of the type ${name}, so that nobody returns.`,
});

const notAllowListed: Problem = {
  code: UserErrorCode.NOT_ACCEPTED,
  path: ['returnTo'],
  message:
    'The URL is not one of the returnToUrls of the workspace, letter by letter; an ADMIN can add it with workspaceUpdate.',
};

/** What the provider does not play along with in `work`. */
async function problemsOfProvider(work: () => Promise<unknown>): Promise<Problem[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (error instanceof ProviderFailure) return [problemOf(error, ['connection'])];
    throw error;
  }
}

/** What the caller is told of a provider that did not play along. */
export function problemOf(failure: ProviderFailure, path: readonly string[]): Problem {
  const { message, providerError, httpStatus } = failure;
  return {
    code: UserErrorCode.PROVIDER_ERROR,
    path,
    message,
    facts: { providerError: providerError ?? undefined, httpStatus: httpStatus ?? undefined },
  };
}
