/** Asking a token endpoint (RFC 6749 section 3.2): the request by `oauth4webapi`, the answer put in order before it checks it. */
import * as oauth from 'oauth4webapi';
import { expandText } from '../../rules/template';
import type { Dealings, Obtained, ProviderAnswer } from '../flow';
import { FailureKind, ProviderFailure, words } from '../provider-failure';
import { ClientAuthentication, type OAuth2Parameters, TokenRequestFormat } from './parameters';

export type OAuth2Dealings = Dealings<OAuth2Parameters>;

/** The provider as `oauth4webapi` sees it; without a configured issuer only its place is filled. */
export function serverOf(
  { setup: { config } }: OAuth2Dealings,
  tokenEndpoint = config.tokenUrl,
): oauth.AuthorizationServer {
  return {
    issuer: config.issuer ?? 'https://issuer.invalid',
    token_endpoint: tokenEndpoint ?? undefined,
    revocation_endpoint: config.revokeTokenUrl ?? undefined,
    authorization_response_iss_parameter_supported: config.issuerPromised,
  };
}

export const clientOf = ({ setup: { config } }: OAuth2Dealings): oauth.Client => ({ client_id: config.clientId ?? '' });

/** RFC 6749 section 2.3.1; the library writes the parts of Basic form-urlencoded, as the section says. One method a request. */
export function clientAuthentication({ setup: { config, secrets } }: OAuth2Dealings): oauth.ClientAuth {
  const secret = secrets.clientSecret?.value;
  if (!secret) return oauth.None();
  return config.clientAuthentication === ClientAuthentication.CLIENT_SECRET_BASIC
    ? oauth.ClientSecretBasic(secret)
    : oauth.ClientSecretPost(secret);
}

/** The token parameters of the connector, with variables filled in. */
export function tokenParameters({ setup: { config }, variables }: OAuth2Dealings): [string, string][] {
  return config.tokenParameters.map(({ name, value }) => [name, expandText(value, variables)]);
}

/**
 * Options for requests of `oauth4webapi`: they go out through the one door, and a token answer comes back in the form the
 * library insists on. `secrets` are kept out of the provider's words.
 */
export function requestOptions(dealings: OAuth2Dealings, secrets: readonly (string | undefined)[]) {
  const hidden = [...secrets, dealings.setup.secrets.clientSecret?.value];
  return {
    // http or https is a matter of the connector and of REQUIRE_HTTPS, which the door enforces.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (
      url: string,
      { method, headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
    ) => {
      const isJson = dealings.setup.config.tokenRequestFormat === TokenRequestFormat.JSON;
      const answer = await dealings.send({
        method,
        url,
        headers: Object.entries(isJson ? { ...headers, 'content-type': 'application/json' } : headers),
        body: Buffer.from(isJson ? JSON.stringify(Object.fromEntries(body)) : body.toString()),
      });
      return inOrder(answer, hidden);
    },
  };
}

/**
 * A token answer as RFC 6749 section 5.1 has it, made of what providers really send: forms, text, numbers as strings, no or any
 * `token_type`, fields that are null, errors with status 200. Throws `ProviderFailure` for errors and for what holds no token.
 */
function inOrder({ status, headers, body }: ProviderAnswer, secrets: readonly (string | undefined)[]): Response {
  const answer = fieldsOf(body);
  const text = (name: string) =>
    typeof answer[name] === 'string' && answer[name] !== '' ? (answer[name] as string) : undefined;
  const accessToken = text('access_token');
  if (status >= 500 || status === 429)
    throw new ProviderFailure(
      FailureKind.UNAVAILABLE,
      `The provider answered ${status}: it is in trouble, or asks for patience.`,
      {
        ...errorWords(answer, secrets),
        httpStatus: status,
        retryAfter: retryAfter(headers),
      },
    );
  const isError = status >= 400 || (accessToken === undefined && answer.error !== undefined);
  if (isError)
    throw new ProviderFailure(FailureKind.REFUSED, 'The provider refused to give a token.', {
      ...errorWords(answer, secrets),
      httpStatus: status,
    });
  if (accessToken === undefined || status < 200 || status >= 300)
    throw new ProviderFailure(FailureKind.BROKEN, 'The answer of the provider holds no access token.', {
      httpStatus: status,
    });
  const expiresIn = Math.floor(Number(answer.expires_in ?? Number.NaN));
  const scope = Array.isArray(answer.scope) ? answer.scope.join(' ') : text('scope');
  const refreshToken = text('refresh_token');
  return Response.json({
    access_token: accessToken,
    // What stands before the token is the connector's bearer name, whatever the provider calls the type.
    token_type: 'bearer',
    ...(Number.isSafeInteger(expiresIn) && expiresIn > 0 && { expires_in: expiresIn }),
    ...(refreshToken && { refresh_token: refreshToken }),
    ...(scope !== undefined && { scope }),
  });
}

/** The fields of a JSON object, or else of a form; of anything else none. */
function fieldsOf(body: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(body)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
  } catch {
    return /^[^\s=&<]+=/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : {};
  }
}

function errorWords(answer: Record<string, unknown>, secrets: readonly (string | undefined)[]) {
  // Some wrap it once more: {"error":{"code":…,"message":…}}.
  const { error } = answer;
  const inner = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : undefined;
  return {
    providerError: words(inner ? (inner.type ?? inner.code) : error, secrets),
    providerErrorDescription: words(answer.error_description ?? inner?.message ?? answer.message, secrets),
  };
}

/** RFC 9110 section 10.2.3, in seconds; dates are as rare there as clocks are wrong. */
function retryAfter(headers: ProviderAnswer['headers']): number | undefined {
  const value = headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  return value && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

/** What `oauth4webapi` made of a token answer, as credentials; `former` fills in for a refresh token that was left out. */
export function obtained(
  { setup: { config }, moment, scopes }: OAuth2Dealings,
  response: oauth.TokenEndpointResponse,
  formerRefreshToken?: string,
): Obtained {
  const { access_token: accessToken, refresh_token: newRefreshToken, expires_in: expiresIn, scope } = response;
  const refreshToken = newRefreshToken ?? formerRefreshToken;
  return {
    credentials: { accessToken, ...(refreshToken && { refreshToken }) },
    grantedScopes:
      scope === undefined ? (scopes.length > 0 ? null : []) : scope.split(/[\s,]+/).filter((value) => value !== ''),
    expiresAt: new Date(moment.now.getTime() + (expiresIn ?? config.expiryTime) * 1000),
    isRefreshable: refreshToken !== undefined,
  };
}
