/** What can be done with a connection that is authorized: call the API with its credentials, or look at the call first. */
import type { Caller } from '../access/caller';
import { authTypeNamed } from '../auth-types';
import { type AuthType, MASK } from '../auth-types/auth-type';
import { encodeBody, type SignableRequest, withContentType } from '../auth-types/request';
import { type Credentials, momentAt, type Setup } from '../auth-types/setup';
import type { Refresher } from '../authorization/refresher';
import { Grant, userKeyOf } from '../connections/grant';
import type { Grants } from '../connections/grants';
import { ConnectionStatus } from '../connections/health';
import {
  type ConnectionRead,
  noSuchConnection,
  prepareConnectionRead,
  userOf,
  userProblems,
} from '../connections/lookup';
import type { Usage } from '../connections/usage';
import { Connector } from '../connectors/connector';
import { hostsOf } from '../connectors/readiness';
import type { Setups } from '../connectors/setups';
import { Refused, refuseAny, UserErrorCode } from '../errors';
import { type Outbound, OutboundError, type OutboundResponse } from '../outbound';
import { isAllowedHost } from '../rules/host-pattern';
import type { Store } from '../storage/store';
import type { Telemetry } from '../telemetry';
import { answerOf, utf8Text } from './answer';
import { buildRequest } from './build';
import { HttpMethod, type InvokeUrlInput } from './inputs';
import type { InvokeResponse, PreviewedRequest } from './payloads';
import { isRefusedAnew, problemOf, verdictOn, verdictOnStatus } from './trouble';

/** RFC 9110 section 9.2.2: these can be sent twice and mean the same. */
const repeatable: ReadonlySet<HttpMethod> = new Set([
  HttpMethod.GET,
  HttpMethod.HEAD,
  HttpMethod.OPTIONS,
  HttpMethod.PUT,
  HttpMethod.DELETE,
]);

interface Prepared {
  readonly connector: Connector;
  readonly type: AuthType;
  readonly setup: Setup;
  readonly unsigned: SignableRequest;
  readonly grant: Grant;
}

export class Invocations {
  private readonly read: ConnectionRead<{ connector: Connector | null; grant: Grant | null }>;

  constructor(
    store: Store,
    private readonly setups: Setups,
    private readonly grants: Grants,
    private readonly usage: Usage,
    private readonly refresher: Refresher,
    private readonly outbound: Outbound,
    private readonly telemetry: Telemetry,
    private readonly now: () => Date,
  ) {
    this.read = prepareConnectionRead(
      store,
      { connector: Connector, grant: Grant },
      `JOIN connector ON connector.id = connection."connectorId"
      LEFT JOIN connection_grant "grant" ON "grant"."connectionId" = connection.id AND "grant"."userKey" = ?`,
    );
  }

  /** Build, sign, send. Throws `Refused` when there is no answer. */
  invoke(caller: Caller, input: InvokeUrlInput): Promise<InvokeResponse> {
    return this.telemetry.invoke((through) => this.call(caller, input, through));
  }

  private async call(
    caller: Caller,
    input: InvokeUrlInput,
    through: (connector: string) => void,
  ): Promise<InvokeResponse> {
    const prepared = await this.prepare(caller, input, through);
    await this.requireAllowed(prepared, prepared.grant);
    const grant = await this.refresher.fresh(prepared.grant);
    const response = await this.signAndSend(prepared, input, grant);
    const renewed = response.status === 401 && repeatable.has(input.method) ? await this.renewed(grant) : undefined;
    const last = renewed ? await this.signAndSend(prepared, input, renewed) : response;
    const wasRefusedBefore = renewed !== undefined || isRefusedAnew(grant);
    await this.usage.note(renewed ?? grant, verdictOnStatus(last.status, wasRefusedBefore));
    return answerOf(last);
  }

  /** The request as `invoke` would send it, but with a mask in place of every secret; nothing is sent or noted. */
  async preview(caller: Caller, input: InvokeUrlInput): Promise<PreviewedRequest> {
    const prepared = await this.prepare(caller, input);
    await this.requireAllowed(prepared, undefined);
    const { type, setup } = prepared;
    const masked = type.maskedCredentials(setup.config, this.grants.open(prepared.grant) ?? {});
    const { method, url, headers, body } = this.sign({ ...prepared, setup: maskedSetup(setup) }, masked);
    const bytes = encodeBody(body)?.bytes;
    return {
      method,
      url: url.href,
      headers: headers.map(([name, value]) => ({ name, value })),
      body: bytes ? utf8Text(bytes) : null,
    };
  }

  private async prepare(
    caller: Caller,
    input: InvokeUrlInput,
    through?: (connector: string) => void,
  ): Promise<Prepared> {
    const userId = userOf(caller, input.userId);
    const { connection, connector, grant } = (await this.read(caller, input.connection, userKeyOf(userId))) ?? {};
    if (!connection || !connector) throw noSuchConnection(['connection']);
    through?.(connector.linkName);
    refuseAny(userProblems(caller, connection, input.userId));
    const type = authTypeNamed(connector.authType ?? '');
    const setup = this.setups.open(connector);
    const unsigned = buildRequest(input, type.signedHeaders(setup.config));
    return { connector, type, setup, unsigned, grant: this.usable(grant ?? null, userId) };
  }

  private usable(grant: Grant | null, userId: string | null): Grant {
    if (grant?.status === ConnectionStatus.CONNECTED) return grant;
    const whose = userId === null ? 'The connection' : 'The connection, for this user,';
    throw new Refused({
      code: UserErrorCode.NOT_AUTHORIZED,
      path: userId === null ? ['connection'] : ['userId'],
      message: `${whose} is ${grant?.status ?? ConnectionStatus.UNAUTHORIZED}: use connectionAuthorize first.`,
    });
  }

  /** Credentials go only where the connector says. */
  private async requireAllowed({ connector, unsigned }: Prepared, grant: Grant | undefined): Promise<void> {
    const hosts = hostsOf(connector);
    if (isAllowedHost(unsigned.url, hosts)) return;
    const { host } = unsigned.url;
    const allowed = hosts.length === 0 ? 'names no host yet' : `allows ${hosts.join(', ')}`;
    const message = `The connector ${connector.linkName} ${allowed}. Add "${host}" to its allowedHosts (connectorUpdate) if credentials may go there.`;
    throw await this.refusal(new OutboundError('TARGET_NOT_ALLOWED', host, message), grant);
  }

  /** The grant with new credentials, after the API refused the former ones; `undefined` when there are none to be had. */
  private async renewed(grant: Grant): Promise<Grant | undefined> {
    if (grant.nextRefreshAt === null || isRefusedAnew(grant)) return undefined;
    try {
      const renewed = await this.refresher.renew(grant);
      return renewed.generation === grant.generation ? undefined : renewed;
    } catch (error) {
      if (error instanceof Refused) return undefined;
      throw error;
    }
  }

  private signAndSend(prepared: Prepared, input: InvokeUrlInput, grant: Grant): Promise<OutboundResponse> {
    return this.send(prepared.connector, this.sign(prepared, this.grants.open(grant) ?? {}), input, grant);
  }

  private sign({ type, setup, unsigned }: Prepared, credentials: Credentials): SignableRequest {
    // Signing can add a form to a request that had no body, and so no media type.
    return withContentType(type.sign(unsigned, setup, credentials, momentAt(this.now())));
  }

  private async send(
    { linkName }: Connector,
    { method, url, headers, body }: SignableRequest,
    input: InvokeUrlInput,
    grant: Grant,
  ): Promise<OutboundResponse> {
    const { timeoutMs, maxResponseBytes: maxBytes } = input;
    try {
      return await this.telemetry.upstream({ purpose: 'invoke', connector: linkName, method, host: url.host }, () =>
        this.outbound.send({ method, url, headers, body: encodeBody(body)?.bytes, timeoutMs, maxBytes }),
      );
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw await this.refusal(error, grant);
    }
  }

  /** What the caller is told of a call that got no answer; the health of the grant shows it too. */
  private async refusal(error: OutboundError, grant: Grant | undefined): Promise<Refused> {
    const verdict = verdictOn(error);
    if (grant && verdict) await this.usage.note(grant, verdict);
    return new Refused(problemOf(error));
  }
}

/** A connector's secrets sign too; a preview signed with them would tell what they are, or let it be guessed. */
function maskedSetup({ config, secrets }: Setup): Setup {
  const masked = Object.entries(secrets).map(([name, secret]) => [name, { ...secret, value: MASK }]);
  return { config, secrets: Object.fromEntries(masked) };
}
