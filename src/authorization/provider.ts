/** Dealing with a provider in the name of one connection: everything its auth type needs for that, put together. */
import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import { authTypeNamed } from '../auth-types';
import type { AuthType } from '../auth-types/auth-type';
import type { Dealings, ProviderAnswer, ProviderFlow, ProviderRequest } from '../auth-types/flow';
import { FailureKind, ProviderFailure } from '../auth-types/provider-failure';
import { momentAt, type Setup } from '../auth-types/setup';
import type { Connection } from '../connections/connection';
import { openVariables } from '../connections/variables';
import { Connector } from '../connectors/connector';
import { Scope } from '../connectors/scope';
import type { Setups } from '../connectors/setups';
import type { Links } from '../links';
import { type Outbound, OutboundError } from '../outbound';
import { parseUrl } from '../parse-url';
import { expandUrl, UnfitValue, type Variables } from '../rules/template';
import type { Vault } from '../storage/vault';
import type { Telemetry } from '../telemetry';

/** How long a provider may take, in milliseconds, and how much it may answer, in bytes. */
const LIMITS = { timeoutMs: 20_000, maxBytes: 1024 * 1024 };

export interface Provider {
  readonly connector: Connector;
  readonly type: AuthType;
  /** Absent where people bring their credentials along. */
  readonly flow: ProviderFlow | undefined;
  readonly dealings: Dealings;
}

export class Providers {
  constructor(
    private readonly vault: Vault,
    private readonly setups: Setups,
    private readonly links: Links,
    private readonly outbound: Outbound,
    private readonly telemetry: Telemetry,
    private readonly now: () => Date,
  ) {}

  /** The provider of a connection, as things are now. Throws `ProviderFailure` when its URLs cannot be made of the connection's variables. */
  async of(manager: EntityManager, connection: Connection): Promise<Provider> {
    const connector = await manager.findOneByOrFail(Connector, { id: connection.connectorId });
    return this.with(manager, connection, connector);
  }

  /** The same where the connector was read already. */
  async with(manager: EntityManager, connection: Connection, connector: Connector): Promise<Provider> {
    const type = authTypeNamed(connector.authType ?? '');
    const { scopeIds } = connection;
    const scopes =
      scopeIds.length === 0 ? [] : await manager.find(Scope, { where: { id: In(scopeIds) }, order: { id: 'ASC' } });
    const variables = openVariables(connection, this.vault);
    const dealings = {
      setup: filledIn(type, this.setups.open(connector), variables),
      variables,
      hidden: connection.secretVariableNames.map((name) => variables[name]),
      scopes: scopes.map(({ value }) => value),
      redirectUri: this.links.redirectUri(connector.id),
      moment: momentAt(this.now()),
      send: (request: ProviderRequest) => this.send(connector, request),
    };
    return { connector, type, flow: type.flow, dealings };
  }

  private async send({ linkName }: Connector, request: ProviderRequest): Promise<ProviderAnswer> {
    try {
      const host = parseUrl(request.url)?.host ?? '';
      const facts = { purpose: 'provider', connector: linkName, method: request.method, host } as const;
      return await this.telemetry.upstream(facts, () => this.outbound.send({ ...request, ...LIMITS }));
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new ProviderFailure(FailureKind.UNAVAILABLE, error.message, { providerError: error.failure.toLowerCase() });
    }
  }
}

function filledIn({ urlFields }: AuthType, { config, secrets }: Setup, variables: Variables): Setup {
  const values = config as Record<string, unknown>;
  const urls = urlFields.flatMap((field: string) =>
    typeof values[field] === 'string' ? [[field, expanded(values[field], variables)]] : [],
  );
  return { config: { ...config, ...Object.fromEntries(urls) }, secrets };
}

function expanded(url: string, variables: Variables): string {
  try {
    return expandUrl(url, variables);
  } catch (error) {
    throw error instanceof UnfitValue ? new ProviderFailure(FailureKind.REFUSED, error.message) : error;
  }
}
