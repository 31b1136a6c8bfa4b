/** What can be done with the authentication of a connector: configure it, mark it Ready, rotate its secret. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { authTypeNamed } from '../auth-types';
import type { AuthType, Setup } from '../auth-types/auth-type';
import { type AuthConfigInput, chosen } from '../auth-types/inputs';
import { type Problem, Refused, refuseAny, UserErrorCode } from '../errors';
import { problemsOf } from '../rules/rule';
import { hostVariablesIn, variablesIn } from '../rules/url';
import type { Store } from '../storage/store';
import { Connector, ConnectorStage } from './connector';
import { getConnector } from './lookup';
import { missingDetails } from './readiness';
import { Scope } from './scope';
import { type Setups, setupOf } from './setups';
import { requireDraft, requireNotReady } from './stage';

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
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      requireDraft(connector, 'authConfig');
      const isOther = connector.authType !== null && connector.authType !== type.name;
      if (isOther && !discardExisting) throw new Refused(discardRequired(connector, type));
      const former = connector.authType === type.name ? this.setups.open(connector) : undefined;
      const setup = setupOf(value, type.secretFields, former, this.now());
      refuseAny(this.problems(connector, type, value, setup));
      if (isOther) await tx.delete(Scope, { connectorId: id });
      return this.keep(tx, connector, { authType: type.name, ...this.setups.seal(setup, connector) });
    });
  }

  async markReady(caller: Caller, id: string): Promise<Connector> {
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      requireNotReady(connector);
      refuseAny(
        missingDetails(connector, this.setups).map((problem) => ({ ...problem, code: UserErrorCode.NOT_READY })),
      );
      return this.keep(tx, connector, { stage: ConnectorStage.READY });
    });
  }

  /** Replaces the client (or consumer) secret, in every stage; nothing else changes. */
  async rotateSecret(caller: Caller, id: string, secret: string): Promise<Connector> {
    return this.store.write(async (tx) => {
      const connector = await getConnector(tx, caller, { id });
      const type = connector.authType === null ? undefined : authTypeNamed(connector.authType);
      const field = type?.rotatableSecret;
      if (!type || !field)
        throw new Refused({
          code: UserErrorCode.NOT_ACCEPTED,
          path: ['id'],
          message: 'The authentication of this connector has no client secret.',
        });
      refuseAny(
        problemsOf(Object.assign(new type.ConfigInput(), { [field]: secret })).map((problem) => ({
          ...problem,
          path: ['secret'],
        })),
      );
      const { config, secrets } = this.setups.open(connector);
      const rotated = { config, secrets: { ...secrets, [field]: { value: secret, updatedAt: this.now().getTime() } } };
      return this.keep(tx, connector, this.setups.seal(rotated, connector));
    });
  }

  private problems(connector: Connector, type: AuthType, input: object, setup: Setup): Problem[] {
    const undeclared = undeclaredVariables({ ...connector, authType: type.name, config: setup.config });
    const inside: Problem[] = [
      ...problemsOf(input),
      ...(type.check?.(setup) ?? []),
      ...undeclared.map(({ field, variable }) => ({
        code: UserErrorCode.UNKNOWN_KEY,
        path: [field],
        message: `{${variable}} is not a connection field of this connector; declare it in connectionFields first.`,
      })),
      ...(this.requireHttps ? plainHttp(type, setup) : []),
    ];
    return inside.map((problem) => ({ ...problem, path: ['authConfig', type.field, ...problem.path] }));
  }

  private async keep(tx: EntityManager, { id }: Connector, changes: Partial<Connector>): Promise<Connector> {
    await tx.update(Connector, { id }, { ...changes, updatedAt: this.now() });
    return tx.findOneByOrFail(Connector, { id });
  }
}

function discardRequired({ stage, authType }: Connector, { name }: AuthType): Problem {
  return {
    code: UserErrorCode.DISCARD_REQUIRED,
    path: ['discardExisting'],
    message: `The connector is configured for ${authType}. Changing it to ${name} loses that configuration and the scopes: say discardExisting: true.`,
    facts: { stage, requiredStage: ConnectorStage.DRAFT },
  };
}

/** The URLs of a configuration, by field. */
function urlsOf({ urlFields }: AuthType, config: object): { field: string; url: string }[] {
  return urlFields.flatMap((field: string) => {
    const url = (config as Record<string, unknown>)[field];
    return typeof url === 'string' ? [{ field, url }] : [];
  });
}

/** The variables in URLs of the configuration that are not connection fields of the connector. */
export function undeclaredVariables({
  authType,
  config,
  connectionFields,
}: Connector): { field: string; variable: string }[] {
  if (authType === null || config === null) return [];
  return urlsOf(authTypeNamed(authType), config).flatMap(({ field, url }) =>
    variablesIn(url)
      .filter((variable) => !connectionFields.some(({ name }) => name === variable))
      .map((variable) => ({ field, variable })),
  );
}

/** The connection fields whose values become parts of host names in URLs of the configuration. */
export function hostVariables({ authType, config }: Connector): string[] {
  return authType === null || config === null
    ? []
    : urlsOf(authTypeNamed(authType), config).flatMap(({ url }) => hostVariablesIn(url));
}

function plainHttp(type: AuthType, { config }: Setup): Problem[] {
  return urlsOf(type, config)
    .filter(({ url }) => /^http:/i.test(url))
    .map(({ field }) => ({
      code: UserErrorCode.INVALID_URL,
      path: [field],
      message: 'This server refuses plain http (REQUIRE_HTTPS): use https.',
    }));
}
