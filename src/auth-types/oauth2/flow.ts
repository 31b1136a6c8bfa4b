/** The flows of OAuth 2 without a person: client credentials, refresh, revocation; and all of them together. */
import * as oauth from 'oauth4webapi';
import type { Obtained, ProviderFlow } from '../flow';
import { FailureKind, ProviderFailure } from '../provider-failure';
import type { Credentials } from '../setup';
import { begin, complete } from './authorization';
import type { OAuth2Parameters } from './parameters';
import { isClientCredentials } from './rules';
import {
  clientAuthentication,
  clientOf,
  type OAuth2Dealings,
  obtained,
  requestOptions,
  serverOf,
  tokenParameters,
} from './token-endpoint';
import { understood } from './understood';

/** RFC 6749 section 4.4. */
async function obtain(dealings: OAuth2Dealings): Promise<Obtained> {
  const server = serverOf(dealings);
  const client = clientOf(dealings);
  const { scopes, setup } = dealings;
  const parameters = [
    ...(scopes.length > 0 ? [['scope', scopes.join(setup.config.scopeDelimiter)] as [string, string]] : []),
    ...tokenParameters(dealings),
  ];
  return understood(async () => {
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      clientAuthentication(dealings),
      new URLSearchParams(parameters),
      requestOptions(dealings, []),
    );
    const given = obtained(dealings, await oauth.processClientCredentialsResponse(server, client, response));
    // Each time it asks for the scopes anew, so that silence means these, not those of the time before.
    return { ...given, grantedScopes: given.grantedScopes ?? scopes, isRefreshable: true };
  });
}

/** RFC 6749 section 6. */
async function refresh(dealings: OAuth2Dealings, { refreshToken }: Credentials): Promise<Obtained> {
  const { config } = dealings.setup;
  if (isClientCredentials(config)) return obtain(dealings);
  if (refreshToken === undefined)
    throw new ProviderFailure(FailureKind.REFUSED, 'The provider gave no refresh token.', {
      providerError: 'no_refresh_token',
    });
  const server = serverOf(dealings, config.refreshTokenUrl ?? config.tokenUrl);
  const client = clientOf(dealings);
  return understood(async () => {
    const response = await oauth.refreshTokenGrantRequest(
      server,
      client,
      clientAuthentication(dealings),
      refreshToken,
      { ...requestOptions(dealings, [refreshToken]), additionalParameters: tokenParameters(dealings) },
    );
    return obtained(dealings, await oauth.processRefreshTokenResponse(server, client, response), refreshToken);
  });
}

/**
 * RFC 7009, with the refresh token, whose end is the end of the grant, or else the access token. A provider that does not take that
 * is asked the older way: a POST that bears the access token.
 */
async function revoke(
  dealings: OAuth2Dealings,
  { refreshToken, accessToken = '' }: Credentials,
): Promise<boolean | null> {
  const { revokeTokenUrl, bearerName } = dealings.setup.config;
  if (revokeTokenUrl == null) return null;
  let isRevoked = false;
  await oauth.revocationRequest(
    serverOf(dealings),
    clientOf(dealings),
    clientAuthentication(dealings),
    refreshToken ?? accessToken,
    {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (
        url: string,
        { method, headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
      ) => {
        const sent = { method, url, headers: Object.entries(headers), body: Buffer.from(body.toString()) };
        isRevoked = isFine(await dealings.send(sent));
        return new Response();
      },
    },
  );
  if (isRevoked) return true;
  const headers = [['authorization', `${bearerName} ${accessToken}`]] as const;
  return isFine(await dealings.send({ method: 'POST', url: revokeTokenUrl, headers }));
}

const isFine = ({ status }: { readonly status: number }) => status >= 200 && status < 300;

export const oauth2Flow = { begin, complete, obtain, refresh, revoke } satisfies ProviderFlow<OAuth2Parameters>;
