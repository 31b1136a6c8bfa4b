/** The person's part of OAuth 2 (RFC 6749 section 4.1): where they are sent, and what they bring back. */
import * as oauth from 'oauth4webapi';
import { percentEncode } from '../../rules/percent-encoding';
import { expandText } from '../../rules/template';
import type { Memory, Obtained } from '../flow';
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
import { passing, understood } from './understood';

type Parameter = readonly [name: string, value: string];

/** RFC 7636 section 4; on the plain code grant too (RFC 9700 section 2.1.1), unless the provider refuses it. */
const usesPkce = ({ grantType, sendPkce }: OAuth2Parameters) =>
  grantType === OAuth2GrantType.AUTHORIZATION_CODE_WITH_PKCE || sendPkce;

export async function begin(
  dealings: OAuth2Dealings,
  state: string,
): Promise<{ authorizationUrl: string; memory: Memory }> {
  const { config } = dealings.setup;
  const codeVerifier = usesPkce(config) ? oauth.generateRandomCodeVerifier() : undefined;
  const challenge: Parameter[] = codeVerifier
    ? [
        ['code_challenge', await oauth.calculatePKCECodeChallenge(codeVerifier)],
        ['code_challenge_method', 'S256'],
      ]
    : [];
  return {
    authorizationUrl: withQuery(config.authorizationUrl ?? '', [...request(dealings, state), ...challenge]),
    memory: { state, ...(codeVerifier !== undefined && { codeVerifier }) },
  };
}

/** RFC 6749 section 4.1.1, and the connector's own parameters. */
function request({ setup: { config }, scopes, redirectUri, variables }: OAuth2Dealings, state: string): Parameter[] {
  return [
    ['response_type', 'code'],
    ['client_id', config.clientId ?? ''],
    ['redirect_uri', redirectUri],
    ...(scopes.length > 0 ? [['scope', scopes.join(config.scopeDelimiter)] as const] : []),
    ['state', state],
    ...config.authorizationParameters.map(({ name, value }) => [name, expandText(value, variables)] as const),
  ];
}

/** Written out, because URLSearchParams would turn spaces into +, which not every provider reads as a space. */
function withQuery(url: string, parameters: readonly Parameter[]): string {
  const query = parameters.map((parameter) => parameter.map(percentEncode).join('=')).join('&');
  const joint = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&';
  return `${url}${joint}${query}`;
}

export async function complete(
  dealings: OAuth2Dealings,
  { state = '', codeVerifier }: Memory,
  query: URLSearchParams,
): Promise<Obtained> {
  checkIssuer(dealings.setup.config, query);
  const answered = new URLSearchParams(query);
  answered.delete('iss');
  const server = serverOf(dealings);
  const client = clientOf(dealings);
  return understood(async () => {
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuthentication(dealings),
      accepted(() => oauth.validateAuthResponse(server, client, answered, state)),
      dealings.redirectUri,
      codeVerifier ?? oauth.nopkce,
      {
        ...requestOptions(dealings, [query.get('code') ?? undefined, codeVerifier]),
        additionalParameters: tokenParameters(dealings),
      },
    );
    return obtained(dealings, await oauth.processAuthorizationCodeResponse(server, client, response));
  });
}

/** RFC 9207 section 2.4: `iss` is compared where the connector names the issuer; where it does not, there is nothing to compare with. */
function checkIssuer({ issuer, issuerPromised }: OAuth2Parameters, query: URLSearchParams): void {
  if (issuer == null) return;
  const [iss, ...others] = query.getAll('iss');
  if (iss === undefined && !issuerPromised) return;
  if (iss === issuer && others.length === 0) return;
  throw new ProviderFailure(
    FailureKind.BROKEN,
    iss === undefined
      ? 'The answer does not say which provider it comes from, as this provider promises to (RFC 9207).'
      : 'The answer comes from another provider than the one that was asked (RFC 9207).',
  );
}

/** What `check` accepts of the person's return; an error of the provider (RFC 6749 section 4.1.2.1) becomes a `ProviderFailure`. */
function accepted(check: () => URLSearchParams): URLSearchParams {
  try {
    return check();
  } catch (thrown) {
    if (!(thrown instanceof oauth.AuthorizationResponseError)) throw thrown;
    const { error, error_description } = thrown;
    const details = { providerError: words(error, []), providerErrorDescription: words(error_description, []) };
    // Some have words of their own, such as user_cancelled_login.
    if (/denied|declined|cancel|reject/i.test(error))
      throw new ProviderFailure(FailureKind.DENIED, 'The request was declined at the provider.', details);
    if (passing.includes(error))
      throw new ProviderFailure(FailureKind.UNAVAILABLE, 'The provider is in trouble, or asks for patience.', details);
    throw new ProviderFailure(FailureKind.REFUSED, 'The provider refused the request.', details);
  }
}
