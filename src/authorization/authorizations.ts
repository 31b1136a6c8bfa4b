/** What can be done to obtain a grant: with credentials that are given, it is there at once. */
import type { Caller } from '../access/caller';
import { authTypeNamed } from '../auth-types';
import type { AuthType, Credentials } from '../auth-types/auth-type';
import { type CredentialsInput, chosen } from '../auth-types/inputs';
import { Connection } from '../connections/connection';
import { userKeyOf } from '../connections/grant';
import type { Grants } from '../connections/grants';
import { getConnection, userOf, userProblems } from '../connections/lookup';
import { Connector } from '../connectors/connector';
import { type Problem, refuseAny, UserErrorCode } from '../errors';
import { ConnectionEventKind, type EventBus } from '../events/bus';
import { newId } from '../graphql/node';
import { problemsOf } from '../rules/rule';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus } from './flow';
import type { ConnectionAuthorizeInput } from './inputs';

export class Authorizations {
  constructor(
    private readonly store: Store,
    private readonly grants: Grants,
    private readonly events: EventBus,
    private readonly now: () => Date,
  ) {}

  /** Authorizes a connection with the credentials given. A new grant takes the place of the former one of the same user. */
  async authorize(
    caller: Caller,
    input: ConnectionAuthorizeInput,
  ): Promise<{ flow: AuthorizationFlow; connection: Connection }> {
    const outcome = await this.store.write(async (tx) => {
      const found = await getConnection(tx, caller, input.connection, ['connection']);
      const connector = await tx.findOneByOrFail(Connector, { id: found.connectorId });
      const type = authTypeNamed(connector.authType ?? '');
      const { problems, credentials } = readCredentials(type, connector.config ?? {}, input.credentials);
      refuseAny([...userProblems(caller, found, input.userId), ...problems]);
      const userId = userOf(caller, input.userId);
      const now = this.now();
      await this.grants.keep(tx, found, userId, { credentials, grantedScopes: [], expiresAt: null }, now);
      const flow = tx.create(AuthorizationFlow, {
        id: newId('AuthorizationFlow'),
        workspaceId: found.workspaceId,
        connectionId: found.id,
        userKey: userKeyOf(userId),
        status: AuthorizationFlowStatus.AUTHORIZED,
        authorizationUrl: null,
        error: null,
        createdAt: now,
        expiresAt: now,
      });
      await tx.insert(AuthorizationFlow, flow);
      return { flow, userId, connection: await tx.findOneByOrFail(Connection, { id: found.id }) };
    });
    const { flow, connection, userId } = outcome;
    this.events.flowChanged(flow.id);
    this.events.happened(ConnectionEventKind.AUTHORIZED, connection, userId, this.now());
    return { flow, connection };
  }
}

/** The credentials that `input` holds for `type`, or what is wrong with them, with the paths of `connectionAuthorize`. */
function readCredentials(
  type: AuthType,
  config: object,
  input: CredentialsInput | null | undefined,
): { problems: Problem[]; credentials: Credentials } {
  const refused = (problems: Problem[]) => ({ problems, credentials: {} });
  const problem = (code: UserErrorCode, message: string) => refused([{ code, path: ['credentials'], message }]);
  if (!type.CredentialsInput || !type.credentials)
    return problem(
      UserErrorCode.NOT_ACCEPTED,
      `Connections of the type ${type.name} are authorized at the provider, which this version cannot do yet.`,
    );
  if (!input) return problem(UserErrorCode.REQUIRED, `Credentials are required: give credentials.${type.field}.`);
  const { type: given, value } = chosen(input);
  if (given !== type)
    return problem(
      UserErrorCode.NOT_ACCEPTED,
      `The connector takes credentials.${type.field}, not credentials.${given.field}.`,
    );
  const problems = [...problemsOf(value), ...(type.credentialProblems?.(value, config) ?? [])];
  if (problems.length === 0) return { problems, credentials: type.credentials(value) };
  return refused(problems.map((inside) => ({ ...inside, path: ['credentials', type.field, ...inside.path] })));
}
