/** The rules about more than one field of an OAuth 2 configuration, and what it needs to be Ready. */
import { type Problem, UserErrorCode } from '../../errors';
import { missingFields, type Setup, type Surroundings } from '../auth-type';
import { type ExtraParameter, OAuth2GrantType, type OAuth2Parameters } from './parameters';

/** RFC 6749, RFC 7636, RFC 9101, RFC 9126: what an authorization request says by itself. */
const authorizationRequestParameters = [
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
];

/** RFC 6749, RFC 7636, RFC 7521: what a token request says by itself. */
const tokenRequestParameters = [
  'grant_type',
  'code',
  'redirect_uri',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'code_verifier',
  'refresh_token',
  'scope',
];

const onlyForPeople = {
  authorizationUrl: 'An authorization URL',
  revokeTokenUrl: 'A revoke URL',
} as const;

/** Whether nobody is sent to the provider. */
export const isClientCredentials = ({ grantType }: OAuth2Parameters) =>
  grantType === OAuth2GrantType.CLIENT_CREDENTIALS;

export function check({ config }: Setup<OAuth2Parameters>): Problem[] {
  return [
    ...refusedForClientCredentials(config),
    ...checkExtra('authorizationParameters', config.authorizationParameters, authorizationRequestParameters),
    ...checkExtra('tokenParameters', config.tokenParameters, tokenRequestParameters),
    ...checkQuery(config.authorizationUrl ?? ''),
    ...(config.issuerPromised && config.issuer == null ? [issuerRequired] : []),
  ];
}

const issuerRequired: Problem = {
  code: UserErrorCode.REQUIRED,
  path: ['issuer'],
  message: 'When the provider promises to send its issuer, the issuer must be given to compare it with.',
};

function refusedForClientCredentials(config: OAuth2Parameters): Problem[] {
  if (!isClientCredentials(config)) return [];
  const refused = (field: string, what: string) => ({
    code: UserErrorCode.NOT_ACCEPTED,
    path: [field],
    message: `${what} is not accepted with the grant type CLIENT_CREDENTIALS: nobody is sent to the provider.`,
  });
  const urls = (['authorizationUrl', 'revokeTokenUrl'] as const).filter((field) => config[field] != null);
  return [
    ...urls.map((field) => refused(field, onlyForPeople[field])),
    ...(config.authorizationParameters.length > 0
      ? [refused('authorizationParameters', 'An authorization parameter')]
      : []),
  ];
}

function checkExtra(field: string, parameters: readonly ExtraParameter[], reserved: readonly string[]): Problem[] {
  return parameters.flatMap(({ name }, index): Problem[] => {
    const path = [field, `${index}`, 'name'];
    if (isReserved(name, reserved)) return [reservedParameter(name, path)];
    if (parameters.slice(0, index).some((other) => other.name === name))
      return [{ code: UserErrorCode.ALREADY_EXISTS, path, message: `Another parameter has the name ${name}.` }];
    return [];
  });
}

/** RFC 6749 section 3.1: no parameter may be sent twice. */
function checkQuery(authorizationUrl: string): Problem[] {
  const [, query = ''] = authorizationUrl.split('?', 2);
  return [...new URLSearchParams(query).keys()]
    .filter((name) => isReserved(name, authorizationRequestParameters))
    .map((name) => reservedParameter(name, ['authorizationUrl']));
}

/** Whatever its case: some providers do not tell `State` from `state`. */
const isReserved = (name: string, reserved: readonly string[]) => reserved.includes(name.toLowerCase());

const reservedParameter = (name: string, path: readonly string[]): Problem => ({
  code: UserErrorCode.RESERVED,
  path,
  message: `${name} belongs to the protocol and cannot be set here.`,
});

export function missing({ config, secrets }: Setup<OAuth2Parameters>): Problem[] {
  return missingFields(
    { ...config, ...secrets },
    {
      clientId: 'The client ID',
      ...(config.grantType === OAuth2GrantType.AUTHORIZATION_CODE_WITH_PKCE
        ? {}
        : { clientSecret: 'The client secret' }),
      ...(isClientCredentials(config) ? {} : { authorizationUrl: 'The authorization URL' }),
      tokenUrl: 'The token URL',
    },
  );
}

export function warnings(_setup: Setup<OAuth2Parameters>, { scopeCount }: Surroundings): Problem[] {
  return scopeCount > 0
    ? []
    : [
        {
          code: UserErrorCode.REQUIRED,
          path: ['scopes'],
          message: 'The connector has no scopes: providers then grant their default, or refuse.',
        },
      ];
}
