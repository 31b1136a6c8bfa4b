/** Extra parameters of OAuth 2: the protocol's own cannot be set, in no spelling and in no place. */
import { oauth2 } from '../../src/auth-types/oauth2';
import { ExtraParameter } from '../../src/auth-types/oauth2/extra-parameters';
import { OAuth2GrantType, type OAuth2Parameters } from '../../src/auth-types/oauth2/parameters';
import { check } from '../../src/auth-types/oauth2/rules';
import { problemsOf } from '../../src/rules/rule';

const problems = (given: Partial<OAuth2Parameters>) => {
  const config = Object.assign(new oauth2.ConfigInput() as OAuth2Parameters, {
    grantType: OAuth2GrantType.AUTHORIZATION_CODE,
    authorizationParameters: [],
    tokenParameters: [],
    ...given,
  });
  return [...problemsOf(config), ...check({ config, secrets: {} })].map(
    ({ code, path }) => `${code} ${path.join('.')}`,
  );
};

const parameter = (name: string, value = 'x') => Object.assign(new ExtraParameter(), { name, value });

describe('an authorization parameter', () => {
  test.each([
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
    'STATE',
    'Client_Id',
  ])('%s is refused, and in the query of the authorization URL, too', (name) => {
    expect(problems({ authorizationParameters: [parameter('prompt'), parameter(name)] })).toEqual([
      'RESERVED authorizationParameters.1.name',
    ]);
    const authorizationUrl = `https://provider.example.com/authorize?prompt=x&${name}=y`;
    expect(problems({ authorizationUrl })).toEqual(['RESERVED authorizationUrl']);
  });

  test.each(['prompt', 'access_type', 'nonce', 'audience', 'states', 'grant_type'])('%s is accepted', (name) => {
    expect(problems({ authorizationParameters: [parameter(name)] })).toEqual([]);
    expect(problems({ authorizationUrl: `https://provider.example.com/state?${name}=state` })).toEqual([]);
  });

  test('is refused the second time, and for client credentials', () => {
    expect(problems({ authorizationParameters: [parameter('prompt'), parameter('prompt')] })).toEqual([
      'ALREADY_EXISTS authorizationParameters.1.name',
    ]);
    const grantType = OAuth2GrantType.CLIENT_CREDENTIALS;
    expect(problems({ grantType, authorizationParameters: [parameter('prompt')] })).toEqual([
      'NOT_ACCEPTED authorizationParameters',
    ]);
  });
});

describe('a token parameter', () => {
  test.each([
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
    'Client_Secret',
  ])('%s is refused', (name) => {
    expect(problems({ tokenParameters: [parameter('audience'), parameter(name)] })).toEqual([
      'RESERVED tokenParameters.1.name',
    ]);
  });

  test.each(['audience', 'resource', 'state', 'username', 'password'])('%s is accepted', (name) => {
    expect(problems({ tokenParameters: [parameter(name)] })).toEqual([]);
  });
});

describe('the value of a parameter', () => {
  test.each([
    ['a', []],
    ['é & {variable} 😀!', []],
    ['x'.repeat(2048), []],
    ['x'.repeat(2049), ['TOO_LONG value']],
    ['', ['REQUIRED value']],
    ['a\nb', ['INVALID_CHARACTERS value']],
    ['a\u0000', ['INVALID_CHARACTERS value']],
    ['half of a pair \ud83d', ['INVALID_CHARACTERS value']],
  ])('%j', (value, expected) => {
    expect(problemsOf(parameter('name', value)).map(({ code, path }) => `${code} ${path.join('.')}`)).toEqual(expected);
  });
});
