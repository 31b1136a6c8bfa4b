/** The credentials of each static type: every value on both sides of its rule, with the path to it. */
import { tryAuthorize } from '../support/acts';
import { startTestServer, type TestServer } from '../support/server';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

type StaticType = keyof typeof staticConfigs;
const configs: Record<StaticType, object> = {
  ...staticConfigs,
  apiKey: {
    apiKey: {
      parameters: [
        { name: 'Key', key: 'X-Api-Key', location: 'HEADER' },
        { name: 'App', key: 'appid', location: 'QUERY_STRING' },
      ],
    },
  },
};

let server: TestServer;
/** A connection of each type. */
const connections = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer();
  for (const [type, config] of Object.entries(configs)) {
    const id = await readyConnector(server.ask, { name: type }, config);
    connections.set(type, await createConnection(server.ask, { connector: { id }, name: type }));
  }
});
afterAll(() => server.remove());

/** A text of so many characters. */
const long = (length: number) => 'x'.repeat(length);

test.each<[StaticType, string, object, string[]]>([
  [
    'basic',
    'an empty user name and password',
    { username: '', password: '' },
    ['REQUIRED password', 'REQUIRED username'],
  ],
  ['basic', 'a colon in the user name', { username: 'a:b', password: 'p' }, ['INVALID_CHARACTERS username']],
  ['basic', 'a colon in the password', { username: 'a', password: 'p:q' }, []],
  [
    'basic',
    'control characters',
    { username: 'a\n', password: '\u007f' },
    ['INVALID_CHARACTERS password', 'INVALID_CHARACTERS username'],
  ],
  ['basic', '2048 characters', { username: long(2048), password: long(2048) }, []],
  [
    'basic',
    '2049 characters',
    { username: long(2049), password: long(2049) },
    ['TOO_LONG password', 'TOO_LONG username'],
  ],
  ['apiKey', 'no value', { values: [] }, ['REQUIRED values', 'REQUIRED values']],
  ['apiKey', 'one missing', { values: [{ key: 'appid', value: 'a' }] }, ['REQUIRED values']],
  [
    'apiKey',
    'an empty value',
    {
      values: [
        { key: 'appid', value: '' },
        { key: 'X-Api-Key', value: 'k' },
      ],
    },
    ['REQUIRED values.0.value'],
  ],
  [
    'apiKey',
    'an unknown key',
    {
      values: [
        { key: 'appid', value: 'a' },
        { key: 'X-Api-Key', value: 'k' },
        { key: 'other', value: 'o' },
      ],
    },
    ['UNKNOWN_KEY values.2.key'],
  ],
  [
    'apiKey',
    'a key twice',
    {
      values: [
        { key: 'appid', value: 'a' },
        { key: 'X-Api-Key', value: 'k' },
        { key: 'appid', value: 'b' },
      ],
    },
    ['ALREADY_EXISTS values.2.key'],
  ],
  [
    'apiKey',
    'a value that is no header value',
    {
      values: [
        { key: 'appid', value: 'ä' },
        { key: 'X-Api-Key', value: 'ä' },
      ],
    },
    ['INVALID_CHARACTERS values.1.value'],
  ],
  ['bearerToken', 'an empty token', { token: '' }, ['REQUIRED token']],
  ['bearerToken', 'a space in the token', { token: 'a b' }, ['INVALID_CHARACTERS token']],
  ['bearerToken', 'a token of 8192 characters', { token: long(8192) }, []],
  ['bearerToken', 'a token of 8193 characters', { token: long(8193) }, ['TOO_LONG token']],
  ['aws', 'empty keys', { accessKey: '', secretKey: '' }, ['REQUIRED accessKey', 'REQUIRED secretKey']],
  ['aws', 'an empty session token', { accessKey: 'a', secretKey: 's', sessionToken: '' }, ['REQUIRED sessionToken']],
  [
    'aws',
    'spaces',
    { accessKey: 'a b', secretKey: 's s', sessionToken: 't t' },
    ['INVALID_CHARACTERS accessKey', 'INVALID_CHARACTERS secretKey', 'INVALID_CHARACTERS sessionToken'],
  ],
  ['aws', 'no session token', { accessKey: 'a', secretKey: 's', sessionToken: null }, []],
])('%s with %s gets its answer', async (type, _what, value, expected) => {
  const payload = await tryAuthorize(server.ask, {
    connection: { id: connections.get(type) },
    credentials: { [type]: value },
  });
  const places = payload.userErrors.map(({ code, path }: { code: string; path: string[] }) => {
    expect(path.slice(0, 2)).toEqual(['credentials', type]);
    return `${code} ${path.slice(2).join('.')}`;
  });
  expect([places.sort(), payload.flow === null]).toEqual([expected, expected.length > 0]);
});

test.each<[string, object]>([
  ['basic', { basic: { username: 'u' } }],
  ['aws', { aws: { accessKey: 'a' } }],
  ['bearerToken', { bearerToken: { token: 'a', prefix: 'b' } }],
  ['basic', { basic: { username: 'u', password: 'secret-of-mine' }, aws: null }],
])('what does not fit the schema of %s is BAD_USER_INPUT, and repeats no value', async (type, credentials) => {
  const query = 'mutation ($input: ConnectionAuthorizeInput!) { connectionAuthorize(input: $input) { flow { id } } }';
  const { errors = [] } = await server.ask(query, {
    input: { connection: { id: connections.get(type) }, credentials },
  });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  expect(JSON.stringify(errors)).not.toContain('secret-of-mine');
});
