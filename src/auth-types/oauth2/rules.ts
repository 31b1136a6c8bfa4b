/** The rules about more than one field of an OAuth 2 configuration, and what it needs to be Ready. */
import { type Problem, UserErrorCode } from '../../errors';
import type { Surroundings } from '../auth-type';
import { missingFields } from '../missing';
import type { Setup } from '../setup';
import { authorizationRequestParameters, isReserved, reserved } from './extra-parameters';
import { OAuth2GrantType, type OAuth2Parameters } from './parameters';

/** Whether nobody is sent to the provider. */
export const isClientCredentials = ({ grantType }: OAuth2Parameters): boolean =>
  grantType === OAuth2GrantType.CLIENT_CREDENTIALS;

export function check({ config }: Setup<OAuth2Parameters>): Problem[] {
  return [
    ...refusedForClientCredentials(config),
    ...reservedInQuery(config.authorizationUrl ?? ''),
    ...(config.issuerPromised && config.issuer == null ? [issuerRequired] : []),
  ];
}

const issuerRequired: Problem = {
  code: UserErrorCode.REQUIRED,
  path: ['issuer'],
  message: 'When the provider promises to send its issuer, the issuer must be given to compare it with.',
};

/** What is about the person who is sent to the provider is refused where nobody is. */
function refusedForClientCredentials(config: OAuth2Parameters): Problem[] {
  if (!isClientCredentials(config)) return [];
  const { authorizationUrl, revokeTokenUrl, authorizationParameters } = config;
  return [
    ...(authorizationUrl == null ? [] : [refused('authorizationUrl', 'An authorization URL')]),
    ...(revokeTokenUrl == null ? [] : [refused('revokeTokenUrl', 'A revoke URL')]),
    ...(authorizationParameters.length === 0 ? [] : [refused('authorizationParameters', 'An authorization parameter')]),
  ];
}

const refused = (field: keyof OAuth2Parameters, what: string): Problem => ({
  code: UserErrorCode.NOT_ACCEPTED,
  path: [field],
  message: `${what} is not accepted with the grant type CLIENT_CREDENTIALS: nobody is sent to the provider.`,
});

/** RFC 6749 section 3.1: no parameter may be sent twice. */
function reservedInQuery(authorizationUrl: string): Problem[] {
  const [, query = ''] = authorizationUrl.split('?', 2);
  return [...new URLSearchParams(query).keys()]
    .filter((name) => isReserved(name, authorizationRequestParameters))
    .map((name) => ({ ...reserved(name), path: ['authorizationUrl'] }));
}

export function missing({ config, secrets }: Setup<OAuth2Parameters>): Problem[] {
  const secretIsOptional = config.grantType === OAuth2GrantType.AUTHORIZATION_CODE_WITH_PKCE;
  return missingFields(
    { ...config, ...secrets },
    {
      clientId: 'The client ID',
      ...(!secretIsOptional && { clientSecret: 'The client secret' }),
      ...(!isClientCredentials(config) && { authorizationUrl: 'The authorization URL' }),
      tokenUrl: 'The token URL',
    },
  );
}

export function warnings(_setup: Setup<OAuth2Parameters>, { scopeCount }: Surroundings): Problem[] {
  if (scopeCount > 0) return [];
  const message = 'The connector has no scopes: providers then grant their default, or refuse.';
  return [{ code: UserErrorCode.REQUIRED, path: ['scopes'], message }];
}
