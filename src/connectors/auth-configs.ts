/** What can be done with the authentication of a connector: configure it, mark it Ready, rotate its secret. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { AuditAction } from '../audit/action';
import { changedFields, type Details, record } from '../audit/trail';
import { authTypeNamed } from '../auth-types';
import type { AuthType } from '../auth-types/auth-type';
import { type AuthConfigInput, chosen } from '../auth-types/inputs';
import type { Setup } from '../auth-types/setup';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { problemsOf } from '../rules/rule';
import type { Store } from '../storage/store';
import { asSubject, Connector, ConnectorStage } from './connector';
import { getConnector } from './lookup';
import { inside, missingDetails } from './readiness';
import { Scope } from './scope';
import { type Setups, setupOf } from './setups';
import { draftProblems, requireNotReady } from './stage';
import { undeclaredVariables, urlsOf } from './url-variables';

export class AuthConfigs {
  constructor(
    private readonly store: Store,
    private readonly setups: Setups,
    private readonly requireHttps: boolean,
    private readonly now: () => Date,
  ) {}

  /** Configures the authentication. Another type than before loses the former configuration and the scopes. */
  async set(caller: Caller, id: string, input: AuthConfigInput, discardExisting: boolean): Promise<Connector> {
    const { type, value } = chosen(input);
    const broken = problemsOf(value);
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      const isOther = connector.authType !== null && connector.authType !== type.name;
      const former = connector.authType === type.name ? this.setups.open(connector) : undefined;
      const setup = setupOf(value, type.secretFields, former, this.now());
      refuseAny([
        ...draftProblems(connector, 'authConfig'),
        ...(isOther && !discardExisting ? discardProblems(connector, type) : []),
        ...[...broken, ...this.problems(connector, type, setup)].map((problem) => inside(type, problem)),
      ]);
      if (isOther) await tx.delete(Scope, { connectorId: id });
      const changes = { authType: type.name, ...this.setups.seal(setup, connector) };
      return this.keep(tx, caller, connector, changes, AuditAction.CONNECTOR_AUTH_CONFIG_SET, {
        authType: type.name,
        formerAuthType: isOther ? connector.authType : null,
        fields: changedSettings(former, setup),
      });
    });
  }

  async markReady(caller: Caller, id: string): Promise<Connector> {
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      requireNotReady(connector);
      refuseAny(
        missingDetails(connector, this.setups).map((problem) => ({ ...problem, code: UserErrorCode.NOT_READY })),
      );
      const stage = ConnectorStage.READY;
      return this.keep(tx, caller, connector, { stage }, AuditAction.CONNECTOR_MARKED_READY, { stage });
    });
  }

  /** Replaces the client (or consumer) secret, in every stage; nothing else changes. */
  async rotateSecret(caller: Caller, id: string, value: string): Promise<Connector> {
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      const { type, field, setup } = this.rotatable(connector);
      const broken = problemsOf(Object.assign(new type.ConfigInput(), { [field]: value }));
      refuseAny(broken.map((problem) => ({ ...problem, path: ['secret'] })));
      const secrets = { ...setup.secrets, [field]: { value, updatedAt: this.now().getTime() } };
      const changes = this.setups.seal({ ...setup, secrets }, connector);
      return this.keep(tx, caller, connector, changes, AuditAction.CONNECTOR_SECRET_ROTATED, { field });
    });
  }

  /** The field whose secret can be replaced, with the configuration that has it. Throws `Refused` when there is none. */
  private rotatable(connector: Connector): { type: AuthType; field: string; setup: Setup } {
    const type = connector.authType === null ? undefined : authTypeNamed(connector.authType);
    const setup = this.setups.open(connector);
    const field = type?.rotatableSecret;
    if (type && field && setup.secrets[field]) return { type, field, setup };
    const message =
      'The connector has no client secret to replace; a first one is given with connectorSetAuthConfig, in DRAFT.';
    throw new Refused({ code: UserErrorCode.NOT_ACCEPTED, path: ['id'], message });
  }

  /** What is wrong with a configuration beyond its single fields. Paths begin inside it. */
  private problems({ connectionFields }: Connector, type: AuthType, setup: Setup): Problem[] {
    const configured = { authType: type.name, config: setup.config };
    return [
      ...(type.check?.(setup) ?? []),
      ...undeclaredVariables({ ...configured, connectionFields }).map(({ path, variable }) => ({
        code: UserErrorCode.UNKNOWN_KEY,
        path,
        message: `{${variable}} is not a connection field of this connector; declare it in connectionFields first.`,
      })),
      ...(this.requireHttps ? urlsOf(configured) : [])
        .filter(({ url }) => /^http:/i.test(url))
        .map(({ field }) => ({
          code: UserErrorCode.INVALID_URL,
          path: [field],
          message: 'This server refuses plain http (REQUIRE_HTTPS): use https.',
        })),
    ];
  }

  private async keep(
    tx: EntityManager,
    caller: Caller,
    connector: Connector,
    changes: Partial<Connector>,
    action: AuditAction,
    details: Details,
  ): Promise<Connector> {
    const { id } = connector;
    await tx.update(Connector, { id }, { ...changes, updatedAt: this.now() });
    await record(tx, caller, this.now(), { action, subject: asSubject(connector), details });
    return tx.findOneByOrFail(Connector, { id });
  }
}

/** The names of the fields, secret ones too, in which a configuration differs from the former one. */
function changedSettings(former: Setup | undefined, setup: Setup): string | undefined {
  const before = { ...former?.config, ...former?.secrets };
  const after = { ...setup.config, ...setup.secrets };
  return changedFields(before, after, Object.keys({ ...before, ...after }));
}

function discardProblems({ stage, authType }: Connector, { name }: AuthType): Problem[] {
  // Where the stage does not allow it, saying so would not help.
  if (stage !== ConnectorStage.DRAFT) return [];
  const message = `The connector is configured for ${authType}. Changing it to ${name} loses that configuration and the scopes: say discardExisting: true.`;
  const facts = { stage, requiredStage: ConnectorStage.DRAFT };
  return [{ code: UserErrorCode.DISCARD_REQUIRED, path: ['discardExisting'], message, facts }];
}
