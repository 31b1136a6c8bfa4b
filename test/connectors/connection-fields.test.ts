/** Connection fields: the rules of each, of all together, and of the URLs that have them as variables. */
import { configured, connectorOf, done, draft, refusals, run } from '../support/connectors';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection } from '../support/story';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const usual = { name: 'subdomain', label: 'Subdomain' };
const refused = async (...connectionFields: object[]) =>
  refusals(await run(server.ask, 'connectorCreate', { input: { name: 'Fields', connectionFields } }));

test.each([
  ['name', 'a'.repeat(50), []],
  ['name', 'a'.repeat(51), ['TOO_LONG']],
  ['name', '_a1', []],
  ['name', 'A', []],
  ['name', '', ['REQUIRED']],
  ['name', '1a', ['INVALID_CHARACTERS']],
  ['name', 'a-b', ['INVALID_CHARACTERS']],
  ['name', 'a b', ['INVALID_CHARACTERS']],
  ['name', 'é', ['INVALID_CHARACTERS']],
  ['label', 'a'.repeat(50), []],
  ['label', 'a'.repeat(51), ['TOO_LONG']],
  ['label', '', ['REQUIRED']],
  ['label', '_a', ['INVALID_START']],
  ['label', 'a$', ['INVALID_CHARACTERS']],
  ['pattern', '^[a-z0-9-]+$', []],
  ['pattern', 'a'.repeat(200), []],
  ['pattern', 'a'.repeat(201), ['TOO_LONG']],
  ['pattern', '', ['REQUIRED']],
  ['pattern', null, []],
  ['pattern', '[a-z', ['INVALID_FORMAT']],
  ['pattern', 'a)|(b', ['INVALID_FORMAT']],
  ['help', 'a'.repeat(255), []],
  ['help', 'a'.repeat(256), ['TOO_LONG']],
  ['help', 'a+b', ['INVALID_CHARACTERS']],
  ['help', null, []],
])('%s %j: %j', async (part, value, codes) =>
  expect(await refused({ ...usual, [part]: value })).toEqual(
    codes.map((code) => `ValidationError ${code} connectionFields.0.${part}`),
  ),
);

test('are at most 20, no two of one name; of more nothing else is told', async () => {
  const fields = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `f${index}`, label: 'F' }));
  expect(await refused(...fields(20))).toEqual([]);
  expect(await refused(...fields(21))).toEqual(['ValidationError TOO_LONG connectionFields']);
  expect(await refused(...Array(1000).fill({ name: '', label: '' }))).toEqual([
    'ValidationError TOO_LONG connectionFields',
  ]);
  expect(await refused(usual, { name: 'other', label: 'Subdomain' }, { ...usual, label: 'Again' })).toEqual([
    'ConflictError ALREADY_EXISTS connectionFields.2.name',
  ]);
  expect(await refused(usual, { ...usual, name: 'Subdomain' })).toEqual([]);
});

test('every broken rule of every field is told at once', async () =>
  expect(await refused({ name: '', label: '' }, { name: '-', label: 'ok', pattern: '(', help: '+' })).toEqual([
    'ValidationError INVALID_CHARACTERS connectionFields.1.help',
    'ValidationError INVALID_CHARACTERS connectionFields.1.name',
    'ValidationError INVALID_FORMAT connectionFields.1.pattern',
    'ValidationError REQUIRED connectionFields.0.label',
    'ValidationError REQUIRED connectionFields.0.name',
  ]));

test('are answered as they were given, with the defaults of what was left out, and asked for first in the form', async () => {
  const connectionFields = [
    { name: 'subdomain', label: 'Subdomain', secret: false, required: true, pattern: null, help: null },
    { name: 'tenant', label: 'Tenant', secret: true, required: false, pattern: '[a-z]+', help: 'The part after /.' },
  ];
  const [, second] = connectionFields;
  const id = await configured(server.ask, { bearerToken: {} }, { connectionFields: [usual, second] });
  const connector = await connectorOf(server.ask, id);
  expect(connector.connectionFields).toEqual(connectionFields);
  const token = { key: 'Authorization', label: 'Bearer Token', kind: 'CREDENTIAL', secret: true, required: true };
  expect(connector.authorizationForm.fields).toEqual([
    ...connectionFields.map(({ name, ...field }) => ({
      ...field,
      key: name,
      kind: 'VARIABLE',
      inputPath: ['variables'],
    })),
    { ...token, pattern: null, help: null, inputPath: ['bearerToken', 'token'] },
  ]);
});

describe('a URL', () => {
  const oauth2 = (tokenUrl: string) => ({ oauth2: { grantType: 'CLIENT_CREDENTIALS', tokenUrl } });
  const templated = oauth2('https://{subdomain}.example.com/{tenant}?x={subdomain}');
  const fields = [usual, { name: 'tenant', label: 'Tenant' }, { name: 'unused', label: 'Unused' }];

  test('may have those that are declared, and no others', async () => {
    const id = await draft(server.ask, { connectionFields: [usual] });
    const payload = await run(server.ask, 'connectorSetAuthConfig', { id, authConfig: templated });
    expect(refusals(payload)).toEqual(['ValidationError UNKNOWN_KEY authConfig.oauth2.tokenUrl']);
    expect(payload.userErrors[0]?.message).toContain('{tenant}');
    await done(server.ask, 'connectorUpdate', { id, input: { connectionFields: fields } });
    await done(server.ask, 'connectorSetAuthConfig', { id, authConfig: templated });
    const otherCase = { id, authConfig: oauth2('https://{Subdomain}.example.com/token') };
    expect(refusals(await run(server.ask, 'connectorSetAuthConfig', otherCase))).toEqual([
      'ValidationError UNKNOWN_KEY authConfig.oauth2.tokenUrl',
    ]);
  });

  test('keeps its fields from being removed or renamed, all told at once; others can be', async () => {
    const id = await configured(server.ask, templated, { connectionFields: fields });
    const before = await connectorOf(server.ask, id);
    const update = (connectionFields: object[] | null) =>
      run(server.ask, 'connectorUpdate', { id, input: { connectionFields } });
    expect(refusals(await update([]))).toEqual([
      'ConflictError IN_USE connectionFields',
      'ConflictError IN_USE connectionFields',
    ]);
    expect(refusals(await update([usual, { name: 'Tenant', label: 'Tenant' }]))).toEqual([
      'ConflictError IN_USE connectionFields',
    ]);
    expect(refusals(await update(null))).toEqual(['ValidationError REQUIRED connectionFields']);
    expect(await connectorOf(server.ask, id)).toEqual(before);
    expect(refusals(await update(fields.slice(0, 2)))).toEqual([]);
  });
});

describe('the values of a connection', () => {
  const connectTo = async (connectionFields: object[], ...variables: object[]) => {
    const id = await configured(server.ask, { bearerToken: {} }, { connectionFields });
    await done(server.ask, 'connectorMarkReady', { id });
    const query = `mutation ($input: ConnectionCreateInput!) {
      connectionCreate(input: $input) { connection { id variables { name value } } userErrors { __typename code path message } }
    }`;
    return (await dataOf(server.ask(query, { input: { connector: { id }, name: 'C', variables } }))).connectionCreate;
  };

  test.each([
    ['[a-z]+', 'abc', []],
    ['[a-z]+', 'abc1', ['ValidationError INVALID_FORMAT variables.0.value']],
    ['a|ab', 'ab', []],
    ['(a+)+', `${'a'.repeat(60)}b`, ['ValidationError INVALID_FORMAT variables.0.value']],
  ])('match the whole of the pattern %s, in bounded time: %s', async (pattern, value, codes) =>
    expect(refusals(await connectTo([{ ...usual, pattern }], { name: 'subdomain', value }))).toEqual(codes),
  );

  test('are told, unless the field is secret', async () => {
    const fields = [usual, { name: 'tenant', label: 'Tenant', secret: true }];
    const values = [
      { name: 'subdomain', value: 'acme' },
      { name: 'tenant', value: 'value-of-a-secret-field' },
    ];
    const payload = await connectTo(fields, ...values);
    expect(payload.connection.variables).toEqual([values[0], { name: 'tenant', value: null }]);
    expect(server.logLines.join()).not.toContain('value-of-a-secret-field');
  });
});

test('a connection can be authorized with what the form asks for', async () => {
  const id = await configured(server.ask, { bearerToken: {} }, { connectionFields: [usual] });
  await done(server.ask, 'connectorMarkReady', { id });
  const { authorizationForm } = await connectorOf(server.ask, id);
  const fill = { subdomain: 'acme', Authorization: 'token' } as Record<string, string>;
  const variables: object[] = [];
  let credentials = {};
  for (const { kind, key, inputPath } of authorizationForm.fields) {
    if (kind === 'VARIABLE') variables.push({ name: key, value: fill[key] });
    else credentials = { [inputPath[0]]: { [inputPath[1]]: fill[key] } };
  }
  const connection = await createConnection(server.ask, { connector: { id }, name: 'Filled in', variables });
  expect(await authorize(server.ask, connection, credentials)).toMatch(/^flw_/);
});

test('a parameter may have variables that are declared, and no others; braces that name nothing are just braces', async () => {
  const config = (value: string) => ({
    oauth2: { grantType: 'CLIENT_CREDENTIALS', tokenParameters: [{ name: 'audience', value }] },
  });
  const id = await draft(server.ask, { connectionFields: [usual] });
  const set = (value: string) => run(server.ask, 'connectorSetAuthConfig', { id, authConfig: config(value) });
  expect(refusals(await set('https://{subdomain}.example.com/{"a":{}}'))).toEqual([]);
  expect(refusals(await set('{elsewhere}'))).toEqual([
    'ValidationError UNKNOWN_KEY authConfig.oauth2.tokenParameters.0.value',
  ]);
  expect(refusals(await run(server.ask, 'connectorUpdate', { id, input: { connectionFields: [] } }))).toEqual([
    'ConflictError IN_USE connectionFields',
  ]);
});
