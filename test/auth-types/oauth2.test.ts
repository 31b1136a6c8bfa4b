/** OAuth 2: the rules of its configuration, alone and together, and what is answered of it. */
import {
  badUserInput,
  complete,
  configured,
  connectorOf,
  documentOf,
  draft,
  refusals,
  run,
} from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { answered, long, refusedFor } from './table';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const grantType = 'AUTHORIZATION_CODE';
const refused = (oauth2: object) => refusedFor(server.ask, { oauth2: { grantType, ...oauth2 } });

test.each([
  ['clientId', long(2048), []],
  ['clientId', long(2049), ['TOO_LONG']],
  ['clientId', '', ['REQUIRED']],
  ['clientId', 'a!', ['INVALID_CHARACTERS']],
  ['clientId', 'a  b', ['INVALID_CHARACTERS']],
  ['clientSecret', long(2048), []],
  ['clientSecret', long(2049), ['TOO_LONG']],
  ['clientSecret', '', ['REQUIRED']],
  ['clientSecret', 'a!', ['INVALID_CHARACTERS']],
  ['clientSecret', 'a ', ['INVALID_CHARACTERS']],
  ['bearerName', 'Bearer', []],
  ['bearerName', 'b3', []],
  ['bearerName', long(50), []],
  ['bearerName', long(51), ['TOO_LONG']],
  ['bearerName', '', ['REQUIRED']],
  ['bearerName', 'Zoho-oauthtoken', ['INVALID_CHARACTERS']],
  ['bearerName', 'a b', ['INVALID_CHARACTERS']],
  ['bearerName', 'é', ['INVALID_CHARACTERS']],
  ['expiryTime', 899, ['OUT_OF_RANGE']],
  ['expiryTime', 900, []],
  ['expiryTime', 86_400, []],
  ['expiryTime', 86_401, ['OUT_OF_RANGE']],
  ['expiryTime', 0, ['OUT_OF_RANGE']],
  ['expiryTime', -900, ['OUT_OF_RANGE']],
  ['scopeDelimiter', ',', []],
  ['scopeDelimiter', ' ', []],
  ['scopeDelimiter', ' , ', []],
  ['scopeDelimiter', ' ,, ', ['TOO_LONG']],
  ['scopeDelimiter', '', ['REQUIRED']],
  ['scopeDelimiter', '\n', ['INVALID_CHARACTERS']],
  ['scopeDelimiter', '·', ['INVALID_CHARACTERS']],
])('%s %j: %j', async (field, value, codes) =>
  expect(await refused({ [field]: value })).toEqual(codes.map((code) => `ValidationError ${code} ${field}`)),
);

test.each(
  ['authorizationUrl', 'tokenUrl', 'refreshTokenUrl', 'revokeTokenUrl'].flatMap(
    (field): [string, string | null, string[]][] => [
      [field, 'http://provider.example/path?a=b', []],
      [field, null, []],
      [field, '', ['REQUIRED']],
      [field, 'https://provider.example/', ['INVALID_URL']],
      [field, 'https://provider.example/path#a', ['INVALID_URL']],
      [field, 'https://user:password@provider.example/path', ['INVALID_URL']],
      [field, 'https://provider.example\\path', ['INVALID_URL']],
      [field, 'https://provider.example/'.padEnd(2048, 'a'), []],
      [field, 'https://provider.example/'.padEnd(2049, 'a'), ['TOO_LONG']],
      [field, 'https://{undeclared}.example/path', ['UNKNOWN_KEY']],
    ],
  ),
)('%s %j: %j', async (field, value, codes) =>
  expect(await refused({ [field]: value })).toEqual(codes.map((code) => `ValidationError ${code} ${field}`)),
);

describe('client credentials', () => {
  const clientCredentials = (oauth2: object) => refused({ grantType: 'CLIENT_CREDENTIALS', ...oauth2 });
  const url = 'https://provider.example/path';

  test('take no authorization URL, no revoke URL and no authorization parameters, all told at once', async () => {
    const oauth2 = {
      authorizationUrl: url,
      revokeTokenUrl: url,
      authorizationParameters: [{ name: 'audience', value: 'a' }],
    };
    expect(await clientCredentials(oauth2)).toEqual([
      'ValidationError NOT_ACCEPTED authorizationParameters',
      'ValidationError NOT_ACCEPTED authorizationUrl',
      'ValidationError NOT_ACCEPTED revokeTokenUrl',
    ]);
    expect(await refused(oauth2)).toEqual([]);
    expect(await refused({ ...oauth2, grantType: 'AUTHORIZATION_CODE_WITH_PKCE' })).toEqual([]);
  });

  test('take the other URLs and token parameters', async () =>
    expect(
      await clientCredentials({
        authorizationUrl: null,
        revokeTokenUrl: null,
        authorizationParameters: [],
        tokenUrl: url,
        refreshTokenUrl: url,
        tokenParameters: [{ name: 'audience', value: 'a' }],
      }),
    ).toEqual([]));

  test('send nobody to the provider', async () => {
    const sent = await connectorOf(server.ask, await configured(server.ask, complete.pkce));
    expect(sent.redirectUri).toBe(`${server.url}/authorization/callback/${sent.id}`);
    const notSent = await connectorOf(server.ask, await configured(server.ask, complete.clientCredentials));
    expect(notSent.redirectUri).toBeNull();
  });
});

describe.each(['authorizationParameters', 'tokenParameters'])('%s', (field) => {
  const parameters = (...items: object[]) => refused({ [field]: items });

  test.each([
    ['name', 'access_type', []],
    ['name', 'Scope', ['RESERVED']],
    ['name', long(2048), []],
    ['name', long(2049), ['TOO_LONG']],
    ['name', '', ['REQUIRED']],
    ['name', 'a!', ['INVALID_CHARACTERS']],
    ['value', 'offline', []],
    ['value', 'é 😀!', []],
    ['value', long(2048), []],
    ['value', long(2049), ['TOO_LONG']],
    ['value', '', ['REQUIRED']],
    ['value', 'a\nb', ['INVALID_CHARACTERS']],
    ['value', 'a\ud800b', ['INVALID_CHARACTERS']],
  ])('%s %j: %j', async (part, value, codes) =>
    expect(await parameters({ name: 'audience', value: 'a', [part]: value })).toEqual(
      codes.map((code) => `ValidationError ${code} ${field}.0.${part}`),
    ),
  );

  test('are at most 20; of more nothing else is told', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `p${index}`, value: 'a' }));
    expect(await parameters(...many(20))).toEqual([]);
    expect(await parameters(...many(21))).toEqual([`ValidationError TOO_LONG ${field}`]);
    expect(await parameters(...Array(5000).fill({ name: '', value: '' }))).toEqual([
      `ValidationError TOO_LONG ${field}`,
    ]);
  });

  test('no two have one name', async () => {
    const items = ['a', 'b', 'A', 'a'].map((name) => ({ name, value: 'x' }));
    expect(await parameters(...items)).toEqual([`ConflictError ALREADY_EXISTS ${field}.3.name`]);
  });
});

describe('what belongs to the protocol cannot be an extra parameter', () => {
  const both = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'redirect_uri', 'scope'];
  const ofAuthorization = [
    'response_type',
    'response_mode',
    'state',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
  ];
  const ofTokens = ['grant_type', 'code', 'code_verifier', 'refresh_token'];

  test.each([
    ['authorizationParameters', [...both, ...ofAuthorization]],
    ['tokenParameters', [...both, ...ofTokens]],
  ])('%s: each is refused by its name', async (field, names) => {
    const id = await draft(server.ask);
    const told: string[] = [];
    for (const name of names) {
      const authConfig = { oauth2: { grantType, [field]: [{ name, value: 'a' }] } };
      const { userErrors } = await run(server.ask, 'connectorSetAuthConfig', { id, authConfig });
      expect(userErrors).toMatchObject([{ code: 'RESERVED', path: ['authConfig', 'oauth2', field, '0', 'name'] }]);
      told.push(...names.filter((other) => userErrors[0]?.message.split(' ').includes(other)));
    }
    expect(told).toEqual(names);
  });

  test.each([
    ['authorizationParameters', ['audience', 'access_type', 'prompt', 'login_hint', 'resource', 'nonce', 'grant_type']],
    ['tokenParameters', ['audience', 'resource', 'account_id', 'response_type']],
  ])('%s: others are accepted', async (field, names) =>
    expect(await refused({ [field]: names.map((name) => ({ name, value: 'a' })) })).toEqual([]),
  );
});

test('every broken rule is told at once, and nothing is changed', async () => {
  const id = await configured(server.ask, complete.oauth2);
  const before = await connectorOf(server.ask, id);
  const oauth2 = {
    grantType: 'CLIENT_CREDENTIALS',
    clientId: '',
    clientSecret: 'a  b',
    authorizationUrl: 'ftp://provider.example/authorize',
    tokenUrl: 'https://{a}.example.com/{b}',
    refreshTokenUrl: 'https://example.com#',
    bearerName: '-',
    expiryTime: 1,
    scopeDelimiter: '',
    tokenParameters: [
      { name: 'ok', value: '' },
      { name: 'code', value: 'a' },
    ],
  };
  expect(refusals(await run(server.ask, 'connectorSetAuthConfig', { id, authConfig: { oauth2 } }))).toEqual(
    [
      'INVALID_CHARACTERS authConfig.oauth2.bearerName',
      'INVALID_CHARACTERS authConfig.oauth2.clientSecret',
      'INVALID_URL authConfig.oauth2.authorizationUrl',
      'INVALID_URL authConfig.oauth2.refreshTokenUrl',
      'INVALID_URL authConfig.oauth2.refreshTokenUrl',
      'NOT_ACCEPTED authConfig.oauth2.authorizationUrl',
      'OUT_OF_RANGE authConfig.oauth2.expiryTime',
      'REQUIRED authConfig.oauth2.clientId',
      'REQUIRED authConfig.oauth2.scopeDelimiter',
      'REQUIRED authConfig.oauth2.tokenParameters.0.value',
      'RESERVED authConfig.oauth2.tokenParameters.1.name',
      'UNKNOWN_KEY authConfig.oauth2.tokenUrl',
      'UNKNOWN_KEY authConfig.oauth2.tokenUrl',
    ].map((refusal) => `ValidationError ${refusal}`),
  );
  expect(await connectorOf(server.ask, id)).toEqual(before);
});

test('what is left out has a default, and the secret is not answered', async () => {
  const { clientSecret, ...told } = complete.oauth2.oauth2;
  expect(await answered(server.ask, complete.oauth2)).toEqual({
    __typename: 'OAuth2AuthConfig',
    ...told,
    clientSecret: { isSet: true, lastFour: '0001', updatedAt: expect.any(String) },
    clientAuthentication: 'CLIENT_SECRET_POST',
    refreshTokenUrl: null,
    revokeTokenUrl: null,
    bearerName: 'Bearer',
    expiryTime: 3600,
    scopeDelimiter: ',',
    authorizationParameters: [],
    tokenParameters: [],
  });
});

test('what is given is answered as it was given', async () => {
  const given = {
    grantType: 'AUTHORIZATION_CODE_WITH_PKCE',
    clientId: 'a client',
    clientAuthentication: 'CLIENT_SECRET_BASIC',
    authorizationUrl: 'https://{sub}.provider.example/authorize?a=b',
    tokenUrl: 'HTTPS://{sub}.Provider.example:8443/{tenant}/token',
    refreshTokenUrl: 'https://provider.example/refresh?tenant={tenant}',
    revokeTokenUrl: 'https://provider.example/revoke',
    bearerName: 'token',
    expiryTime: 900,
    scopeDelimiter: ' ',
    authorizationParameters: [{ name: 'access_type', value: 'offline' }],
    tokenParameters: [{ name: 'audience', value: 'https://api.example/' }],
  };
  const connectionFields = [
    { name: 'sub', label: 'Subdomain' },
    { name: 'tenant', label: 'Tenant' },
  ];
  expect(await answered(server.ask, { oauth2: given }, { connectionFields })).toEqual({
    __typename: 'OAuth2AuthConfig',
    ...given,
    clientSecret: { isSet: false, lastFour: null, updatedAt: null },
  });
});

test.each([
  { grantType: null },
  { grantType, bearerName: null },
  { grantType, expiryTime: null },
  { grantType, expiryTime: 900.5 },
  { grantType, scopeDelimiter: null },
  { grantType, clientAuthentication: null },
  { grantType, authorizationParameters: null },
  { grantType: 'PASSWORD' },
  {},
])('the schema refuses %j', async (oauth2) => {
  const variables = { id: 'any', authConfig: { oauth2 } };
  expect(await badUserInput(server.ask(documentOf('connectorSetAuthConfig'), variables))).toBe(true);
});

test('no scopes is a warning, not an error', async () => {
  const id = await configured(server.ask, complete.oauth2, { allowedHosts: ['api.example.com'] });
  const { readiness } = await connectorOf(server.ask, id);
  expect(readiness).toMatchObject({ ready: true, missing: [], warnings: [{ code: 'REQUIRED', path: ['scopes'] }] });
  await run(server.ask, 'scopesAdd', { connectorId: id, scopes: [{ name: 'Read', value: 'read' }] });
  expect((await connectorOf(server.ask, id)).readiness.warnings).toEqual([]);
});

test('plain http is refused where the server requires https, in every URL', async () => {
  const strict = await startTestServer({ env: { REQUIRE_HTTPS: 'true' } });
  try {
    const urls = {
      authorizationUrl: 'http://provider.example/authorize',
      tokenUrl: 'HTTP://provider.example/token',
      refreshTokenUrl: 'https://provider.example/refresh',
      revokeTokenUrl: 'http://provider.example/revoke',
    };
    expect(await refusedFor(strict.ask, { oauth2: { grantType, ...urls } })).toEqual([
      'ValidationError INVALID_URL authorizationUrl',
      'ValidationError INVALID_URL revokeTokenUrl',
      'ValidationError INVALID_URL tokenUrl',
    ]);
  } finally {
    await strict.remove();
  }
});
