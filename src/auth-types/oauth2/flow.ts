/** The flows of OAuth 2: sending a person away and taking them back, tokens without a person, refresh, revocation. */
import * as oauth from 'oauth4webapi';
import { expandText } from '../../rules/template';
import type { Credentials } from '../auth-type';
import type { Memory, Obtained, ProviderFlow } from '../flow';
import { FailureKind, ProviderFailure, words } from '../provider-failure';
import { OAuth2GrantType, type OAuth2Parameters } from './parameters';
import {
  clientAuthentication,
  clientOf,
  type OAuth2Dealings,
  obtained,
  requestOptions,
  serverOf,
  tokenParameters,
} from './token-endpoint';

/** RFC 7636 section 4; on the plain code grant too (RFC 9700 section 2.1.1), unless the provider refuses it. */
const usesPkce = ({ grantType, sendPkce }: OAuth2Parameters) =>
  grantType === OAuth2GrantType.AUTHORIZATION_CODE_WITH_PKCE || sendPkce;

async function begin(dealings: OAuth2Dealings, state: string): Promise<{ authorizationUrl: string; memory: Memory }> {
  const { setup, scopes, redirectUri, variables } = dealings;
  const { config } = setup;
  const codeVerifier = usesPkce(config) ? oauth.generateRandomCodeVerifier() : undefined;
  const parameters: [string, string][] = [
    ['response_type', 'code'],
    ['client_id', config.clientId ?? ''],
    ['redirect_uri', redirectUri],
    ...(scopes.length > 0 ? [['scope', scopes.join(config.scopeDelimiter)] as [string, string]] : []),
    ['state', state],
    ...(codeVerifier === undefined
      ? []
      : ([
          ['code_challenge', await oauth.calculatePKCECodeChallenge(codeVerifier)],
          ['code_challenge_method', 'S256'],
        ] as [string, string][])),
    ...config.authorizationParameters.map(({ name, value }): [string, string] => [name, expandText(value, variables)]),
  ];
  const url = config.authorizationUrl ?? '';
  // Written out, because URLSearchParams would turn spaces into +, which not every provider reads as a space.
  const query = parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
  return {
    authorizationUrl: `${url}${url.includes('?') ? '&' : '?'}${query}`,
    memory: { state, ...(codeVerifier !== undefined && { codeVerifier }) },
  };
}

async function complete(
  dealings: OAuth2Dealings,
  { state = '', codeVerifier }: Memory,
  query: URLSearchParams,
): Promise<Obtained> {
  const server = serverOf(dealings);
  const client = clientOf(dealings);
  const code = query.get('code') ?? undefined;
  return understood(async () => {
    const callback = oauth.validateAuthResponse(server, client, known(query, dealings), state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuthentication(dealings),
      callback,
      dealings.redirectUri,
      codeVerifier ?? oauth.nopkce,
      { ...requestOptions(dealings, [code, codeVerifier]), additionalParameters: tokenParameters(dealings) },
    );
    return obtained(dealings, await oauth.processAuthorizationCodeResponse(server, client, response));
  });
}

/** RFC 9207 section 2.4: `iss` is compared where the connector names the issuer; where it does not, there is nothing to compare with. */
function known(query: URLSearchParams, { setup: { config } }: OAuth2Dealings): URLSearchParams {
  const parameters = new URLSearchParams(query);
  if (config.issuer == null) parameters.delete('iss');
  return parameters;
}

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
    return {
      ...obtained(dealings, await oauth.processClientCredentialsResponse(server, client, response)),
      isRefreshable: true,
    };
  });
}

async function refresh(dealings: OAuth2Dealings, { refreshToken }: Credentials): Promise<Obtained> {
  const { config } = dealings.setup;
  if (config.grantType === OAuth2GrantType.CLIENT_CREDENTIALS) return obtain(dealings);
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
      {
        ...requestOptions(dealings, [refreshToken]),
        additionalParameters: tokenParameters(dealings),
      },
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
  const token = refreshToken ?? accessToken;
  const { status } = await oauth.revocationRequest(
    serverOf(dealings),
    clientOf(dealings),
    clientAuthentication(dealings),
    token,
    {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (
        url: string,
        { method, headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
      ) => {
        const answer = await dealings.send({
          method,
          url,
          headers: Object.entries(headers),
          body: Buffer.from(body.toString()),
        });
        return new Response(null, { status: answer.status < 200 ? 500 : answer.status });
      },
    },
  );
  if (isFine(status)) return true;
  const plain = await dealings.send({
    method: 'POST',
    url: revokeTokenUrl,
    headers: [['authorization', `${bearerName} ${accessToken}`]],
  });
  return isFine(plain.status);
}

const isFine = (status: number) => status >= 200 && status < 300;

/** Runs `work`; whatever the library finds wrong with an answer becomes a `ProviderFailure`. */
async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProviderFailure) throw error;
    if (error instanceof oauth.AuthorizationResponseError) throw authorizationFailure(error);
    if (error instanceof oauth.OperationProcessingError || error instanceof oauth.ResponseBodyError)
      throw new ProviderFailure(FailureKind.BROKEN, 'The answer of the provider cannot be trusted or understood.', {
        providerError: error.code,
      });
    throw error;
  }
}

/** RFC 6749 section 4.1.2.1. */
function authorizationFailure({ error, error_description }: oauth.AuthorizationResponseError): ProviderFailure {
  const details = { providerError: words(error, []), providerErrorDescription: words(error_description, []) };
  if (error === 'access_denied')
    return new ProviderFailure(FailureKind.DENIED, 'The request was declined at the provider.', details);
  return new ProviderFailure(FailureKind.REFUSED, 'The provider refused the request.', details);
}

export const oauth2Flow = { begin, complete, obtain, refresh, revoke } satisfies ProviderFlow<OAuth2Parameters>;
