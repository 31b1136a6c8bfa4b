/** Asking a token endpoint (RFC 6749 section 3.2): the request by `oauth4webapi`, the answer put in order before it checks it. */
import * as oauth from 'oauth4webapi';
import { expandText } from '../../rules/template';
import type { Dealings, Obtained } from '../flow';
import { ClientAuthentication, type OAuth2Parameters, TokenRequestFormat } from './parameters';
import { inOrder } from './token-answer';

export type OAuth2Dealings = Dealings<OAuth2Parameters>;

/** The provider as `oauth4webapi` sees it. It insists on an issuer; ours is compared where the person comes back. */
export function serverOf(
  { setup: { config } }: OAuth2Dealings,
  tokenEndpoint = config.tokenUrl,
): oauth.AuthorizationServer {
  return {
    issuer: 'https://issuer.invalid',
    token_endpoint: tokenEndpoint ?? undefined,
    revocation_endpoint: config.revokeTokenUrl ?? undefined,
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
 * library insists on. `secrets` of the request are kept out of the provider's words.
 */
export function requestOptions({ setup, hidden = [], send }: OAuth2Dealings, secrets: readonly (string | undefined)[]) {
  return {
    // http or https is a matter of the connector and of REQUIRE_HTTPS, which the door enforces.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (
      url: string,
      { method, headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
    ) => {
      const isJson = setup.config.tokenRequestFormat === TokenRequestFormat.JSON;
      const answer = await send({
        method,
        url,
        headers: Object.entries(isJson ? { ...headers, 'content-type': 'application/json' } : headers),
        body: Buffer.from(isJson ? JSON.stringify(Object.fromEntries(body)) : body.toString()),
      });
      const basic = headers.authorization?.replace(/^Basic /, '');
      return inOrder(answer, [...secrets, setup.secrets.clientSecret?.value, basic, ...hidden]);
    },
  };
}

/** What `oauth4webapi` made of a token answer, as credentials; `former` fills in for a refresh token that was left out. */
export function obtained(
  dealings: OAuth2Dealings,
  response: oauth.TokenEndpointResponse,
  formerRefreshToken?: string,
): Obtained {
  const { access_token: accessToken, refresh_token: newRefreshToken, expires_in: expiresIn, scope } = response;
  const { moment, setup } = dealings;
  const refreshToken = newRefreshToken ?? formerRefreshToken;
  return {
    credentials: { accessToken, ...(refreshToken && { refreshToken }) },
    grantedScopes: scope === undefined ? null : scopesIn(scope, dealings),
    expiresAt: new Date(moment.now.getTime() + (expiresIn ?? setup.config.expiryTime) * 1000),
    isExpiryAssumed: expiresIn === undefined,
    isRefreshable: refreshToken !== undefined,
  };
}

/** RFC 6749 section 3.3 has spaces between scopes; others write commas, or what they want to be sent. */
function scopesIn(text: string, { scopes, setup: { config } }: OAuth2Dealings): string[] {
  const pieces = text.split(/\s+/).flatMap((piece) =>
    // A comma may be part of a scope, too.
    scopes.includes(piece)
      ? [piece]
      : piece.split(',').flatMap((part) => part.split(config.scopeDelimiter.trim() || ',')),
  );
  return pieces.filter((scope) => scope !== '');
}
