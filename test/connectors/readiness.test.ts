/** What each type needs to be Ready: told by `readiness` exactly as `connectorMarkReady` refuses for it. */
import { complete, configured, connectorOf, draft, refusals, run, type UserError } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const oauth2 = (grantType: string, given: object = {}) => ({ oauth2: { ...given, grantType } });
const { clientSecret: _secret, ...publicClient } = complete.oauth2.oauth2;
const { username, password } = complete.basic.basic;
const parameter = { name: 'Key', key: 'X-Key', location: 'HEADER' };

/** `config` without one of its fields. */
function without(config: Record<string, object>, field: string): object {
  const [[type, given] = ['', {}]] = Object.entries(config);
  return { [type]: Object.fromEntries(Object.entries(given).filter(([name]) => name !== field)) };
}

const each = (config: Record<string, object>, ...fields: string[]): [object, string[]][] =>
  fields.map((field) => [without(config, field), [`${Object.keys(config)[0]}.${field}`]]);

const table: [object, string[]][] = [
  [{ basic: {} }, ['basic.username.name', 'basic.username.key', 'basic.password.name', 'basic.password.key']],
  [{ basic: { username } }, ['basic.password.name', 'basic.password.key']],
  [{ basic: { password } }, ['basic.username.name', 'basic.username.key']],
  [{ basic: { username: { name: 'User' }, password } }, ['basic.username.key']],
  [{ basic: { username: { key: 'user' }, password } }, ['basic.username.name']],
  [{ basic: { username, password: { name: 'Password' } } }, ['basic.password.key']],
  [{ basic: { username, password: { key: 'password' } } }, ['basic.password.name']],
  [{ apiKey: { parameters: [] } }, ['apiKey.parameters']],
  [
    { apiKey: { parameters: [parameter, {}] } },
    ['apiKey.parameters.1.name', 'apiKey.parameters.1.key', 'apiKey.parameters.1.location'],
  ],
  ...(['name', 'key', 'location'] as const).map((part): [object, string[]] => [
    {
      apiKey: {
        parameters: [
          { ...parameter, [part]: null },
          { ...parameter, key: 'X-Other' },
        ],
      },
    },
    [`apiKey.parameters.0.${part}`],
  ]),
  [
    { oauth1: {} },
    ['consumerKey', 'consumerSecret', 'requestTokenUrl', 'authorizationUrl', 'tokenUrl'].map(
      (field) => `oauth1.${field}`,
    ),
  ],
  ...each(complete.oauth1, 'consumerKey', 'consumerSecret', 'requestTokenUrl', 'authorizationUrl', 'tokenUrl'),
  [
    oauth2('AUTHORIZATION_CODE'),
    ['oauth2.clientId', 'oauth2.clientSecret', 'oauth2.authorizationUrl', 'oauth2.tokenUrl'],
  ],
  ...each(complete.oauth2, 'clientId', 'clientSecret', 'authorizationUrl', 'tokenUrl'),
  [oauth2('AUTHORIZATION_CODE_WITH_PKCE'), ['oauth2.clientId', 'oauth2.authorizationUrl', 'oauth2.tokenUrl']],
  ...each(complete.pkce, 'clientId', 'authorizationUrl', 'tokenUrl'),
  [oauth2('CLIENT_CREDENTIALS'), ['oauth2.clientId', 'oauth2.clientSecret', 'oauth2.tokenUrl']],
  ...each(complete.clientCredentials, 'clientId', 'clientSecret', 'tokenUrl'),
  [{ aws: {} }, ['aws.serviceName', 'aws.region']],
  ...each(complete.aws, 'serviceName', 'region'),
];

const told = ({ path, message, __typename }: UserError) => ({ path, message, __typename });

test.each(table)('%j misses %j', async (authConfig, paths) => {
  const id = await configured(server.ask, authConfig);
  const before = await connectorOf(server.ask, id);
  expect(before.readiness.ready).toBe(false);
  expect(before.readiness.missing.map(({ code, path }: UserError) => [code, path.join('.')])).toEqual(
    paths.map((path) => ['REQUIRED', `authConfig.${path}`]),
  );
  const payload = await run(server.ask, 'connectorMarkReady', { id });
  expect(payload.connector).toBeNull();
  expect(new Set(payload.userErrors.map(({ code }) => code))).toEqual(new Set(['NOT_READY']));
  expect(payload.userErrors.map(told)).toEqual(before.readiness.missing.map(told));
  expect(await connectorOf(server.ask, id)).toEqual(before);
});

test('a connector without configuration misses it', async () => {
  const id = await draft(server.ask);
  const { readiness } = await connectorOf(server.ask, id);
  expect(readiness).toMatchObject({
    ready: false,
    missing: [{ code: 'REQUIRED', path: ['authConfig'] }],
    warnings: [],
  });
  const payload = await run(server.ask, 'connectorMarkReady', { id });
  expect(refusals(payload)).toEqual(['ValidationError NOT_READY authConfig']);
  expect(payload.userErrors.map(told)).toEqual(readiness.missing.map(told));
});

test.each(Object.entries(complete))('%s, complete, misses nothing and can be marked', async (_, authConfig) => {
  const id = await configured(server.ask, authConfig);
  expect((await connectorOf(server.ask, id)).readiness).toMatchObject({ ready: true, missing: [] });
  const payload = await run(server.ask, 'connectorMarkReady', { id });
  expect(refusals(payload)).toEqual([]);
  expect(payload.connector).toMatchObject({ stage: 'READY', readiness: { ready: true, missing: [] } });
});

test('what was missing is not missing any more once it is given', async () => {
  const id = await configured(server.ask, oauth2('AUTHORIZATION_CODE', publicClient));
  expect((await connectorOf(server.ask, id)).readiness.missing).toHaveLength(1);
  await run(server.ask, 'connectorSetAuthConfig', {
    id,
    authConfig: oauth2('AUTHORIZATION_CODE_WITH_PKCE', publicClient),
  });
  expect((await connectorOf(server.ask, id)).readiness.missing).toEqual([]);
});
