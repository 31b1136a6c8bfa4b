/** API keys: the rules of their parameters, each alone and beside the others, and what people are asked for. */
import { complete, configured, connectorOf, refusals, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { answered, long, refusedFor } from './table';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const refused = (...parameters: object[]) => refusedFor(server.ask, { apiKey: { parameters } });

test.each([
  ['name', long(50), []],
  ['name', long(51), ['TOO_LONG']],
  ['name', '', ['REQUIRED']],
  ['name', '_a', ['INVALID_START']],
  ['name', 'a$', ['INVALID_CHARACTERS']],
  ['key', long(2048), []],
  ['key', long(2049), ['TOO_LONG']],
  ['key', 'a key', []],
  ['key', '', ['REQUIRED']],
  ['key', 'a!', ['INVALID_CHARACTERS']],
  ['key', 'a  b', ['INVALID_CHARACTERS']],
  ['prefix', 'Token ', []],
  ['prefix', '!', []],
  ['prefix', long(50), []],
  ['prefix', long(51), ['TOO_LONG']],
  ['prefix', '', ['REQUIRED']],
  ['prefix', ' a', ['INVALID_CHARACTERS']],
  ['prefix', 'a\tb', ['INVALID_CHARACTERS']],
  ['prefix', 'é', ['INVALID_CHARACTERS']],
  ['prefix', null, []],
])('%s %j: %j', async (part, value, codes) =>
  expect(await refused({ [part]: value })).toEqual(codes.map((code) => `ValidationError ${code} parameters.0.${part}`)),
);

describe('the key of a header', () => {
  test.each(['X-Api-Key', 'authorization', 'Cookie', "#$%&'*+-.^_`|~09az", 'connection-id'])('may be %s', async (key) =>
    expect(await refused({ key, location: 'HEADER' })).toEqual([]),
  );

  test.each(['X Api', 'X:Api', 'X/Api', 'X(Api)', 'X"Api', 'X@Api', 'X{Api}', 'X,Api'])(
    'is a field name, not %s',
    async (key) =>
      expect(await refused({ key, location: 'HEADER' })).toEqual([
        'ValidationError INVALID_CHARACTERS parameters.0.key',
      ]),
  );

  test.each([
    'Connection',
    'keep-alive',
    'Proxy-Authenticate',
    'PROXY-AUTHORIZATION',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'content-length',
    'Host',
    'Expect',
  ])('is not the transport’s %s', async (key) => {
    expect(await refused({ key, location: 'HEADER' })).toEqual(['ValidationError RESERVED parameters.0.key']);
    expect(await refused({ key, location: 'QUERY_STRING' })).toEqual([]);
  });
});

describe('no two parameters have one key', () => {
  test.each([
    ['Key', 'HEADER', 'KEY', 'HEADER', true],
    ['Key', 'HEADER', 'Key', 'HEADER', true],
    ['Key', 'HEADER', 'Key', 'QUERY_STRING', true],
    ['Key', 'HEADER', 'key', 'QUERY_STRING', false],
    ['key', 'QUERY_STRING', 'key', 'QUERY_STRING', true],
    ['key', 'QUERY_STRING', 'key', 'FORM_DATA', true],
    ['key', 'QUERY_STRING', 'Key', 'QUERY_STRING', false],
    ['key', null, 'key', null, true],
  ])('%s in %s and %s in %s: %s', async (key, location, otherKey, otherLocation, taken) =>
    expect(await refused({ key, location }, { key: otherKey, location: otherLocation })).toEqual(
      taken ? ['ConflictError ALREADY_EXISTS parameters.1.key'] : [],
    ),
  );

  test('but any number can be without key', async () => expect(await refused({}, {}, { name: 'A' })).toEqual([]));
});

test('has at most 10 parameters; of more nothing else is told', async () => {
  const parameters = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `k${index}` }));
  expect(await refused(...parameters(10))).toEqual([]);
  expect(await refused(...parameters(11))).toEqual(['ValidationError TOO_LONG parameters']);
  expect(await refused(...Array(1000).fill({ key: '!' }))).toEqual(['ValidationError TOO_LONG parameters']);
});

test('every broken rule of every parameter is told at once, and nothing is changed', async () => {
  const id = await configured(server.ask, complete.apiKey);
  const before = await connectorOf(server.ask, id);
  const parameters = [
    { name: '', key: 'a', location: 'QUERY_STRING', prefix: '\n' },
    { name: 'ok', key: 'Host', location: 'HEADER' },
    { name: '$', key: 'a', location: 'FORM_DATA' },
  ];
  expect(
    refusals(await run(server.ask, 'connectorSetAuthConfig', { id, authConfig: { apiKey: { parameters } } })),
  ).toEqual([
    'ConflictError ALREADY_EXISTS authConfig.apiKey.parameters.2.key',
    'ValidationError INVALID_CHARACTERS authConfig.apiKey.parameters.0.prefix',
    'ValidationError INVALID_CHARACTERS authConfig.apiKey.parameters.2.name',
    'ValidationError INVALID_START authConfig.apiKey.parameters.2.name',
    'ValidationError REQUIRED authConfig.apiKey.parameters.0.name',
    'ValidationError RESERVED authConfig.apiKey.parameters.1.key',
  ]);
  expect(await connectorOf(server.ask, id)).toEqual(before);
});

test('is answered as it was given, and asks for a value for each parameter', async () => {
  const parameters = [
    { name: 'API Key', key: 'appid', location: 'QUERY_STRING', prefix: null },
    { name: 'Form Key', key: 'key', location: 'FORM_DATA', prefix: 'v1:' },
    { name: 'Header Key', key: 'X-Api-Key', location: 'HEADER', prefix: 'Token ' },
  ];
  const apiKey = { parameters };
  expect(await answered(server.ask, { apiKey })).toEqual({ __typename: 'ApiKeyAuthConfig', parameters });
  const { authorizationForm } = await connectorOf(server.ask, await configured(server.ask, { apiKey }));
  const field = { kind: 'CREDENTIAL', secret: true, required: true, pattern: null, help: null };
  expect(authorizationForm.fields).toEqual([
    { ...field, key: 'appid', label: 'API Key', inputPath: ['apiKey', 'values'] },
    { ...field, key: 'key', label: 'Form Key', inputPath: ['apiKey', 'values'] },
    { ...field, key: 'X-Api-Key', label: 'Header Key', inputPath: ['apiKey', 'values'] },
  ]);
});
