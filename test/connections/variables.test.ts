/** The values of connection fields: which must be given, what they may be, and that secret ones are never told. */

import { contentOf } from '../support/database';
import { refusals, USER_ERRORS } from '../support/refusals';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { readyConnector, staticConfigs } from '../support/story';

let server: TestServer;
let connector: { id: string };
let plain: { id: string };

const SECRET = 'the-tenant-secret-0123456789';
const tenant = { name: 'tenant', label: 'Tenant', pattern: '[a-z]+(-[a-z]+)*', required: true };
const note = { name: 'note', label: 'Note', required: false };
const pin = { name: 'pin', label: 'PIN', secret: true, required: true };
/** A variable that stands in the host of a URL; OAuth 2 has URLs. */
const hosted = {
  oauth2: {
    grantType: 'CLIENT_CREDENTIALS',
    clientId: 'id',
    clientSecret: 'secret',
    tokenUrl: 'https://{sub}.example.com/{tenant}/token',
  },
};

beforeAll(async () => {
  server = await startTestServer();
  connector = {
    id: await readyConnector(
      server.ask,
      { name: 'Fields', connectionFields: [tenant, note, pin] },
      staticConfigs.basic,
    ),
  };
  plain = { id: await readyConnector(server.ask, { name: 'Plain' }, staticConfigs.basic) };
});
afterAll(() => server.remove());

const SELECTION = `connection { id variables { name value } updatedAt } ${USER_ERRORS}`;

const create = async (variables: object[] | undefined, of: { id: string } = connector) =>
  (
    await dataOf(
      server.ask(`mutation ($input: ConnectionCreateInput!) { connectionCreate(input: $input) { ${SELECTION} } }`, {
        input: { connector: of, name: 'Variables', variables },
      }),
    )
  ).connectionCreate;

const update = async (id: string, variables: object[] | null) =>
  (
    await dataOf(
      server.ask(
        `mutation ($id: ID!, $input: ConnectionUpdateInput!) { connectionUpdate(id: $id, input: $input) { ${SELECTION} } }`,
        { id, input: { variables } },
      ),
    )
  ).connectionUpdate;

const given = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));
const right = { tenant: 'acme', pin: SECRET };

test('values are answered as they were given, those of secret fields only by their names', async () => {
  const { connection, userErrors } = await create(given({ ...right, note: ' kept as it is ' }));
  expect(userErrors).toEqual([]);
  expect(connection.variables).toEqual([
    { name: 'tenant', value: 'acme' },
    { name: 'note', value: ' kept as it is ' },
    { name: 'pin', value: null },
  ]);
});

test('secret values stand neither in the database nor in the log', async () => {
  await create(given(right));
  const kept = await contentOf(server.dataDir);
  expect(kept).toContain('"tenant":"acme"');
  expect(kept).not.toContain(SECRET);
  expect(server.logLines.join('')).not.toContain(SECRET);
});

test.each<[string, object[] | undefined, string[]]>([
  ['nothing', undefined, ['ValidationError REQUIRED variables', 'ValidationError REQUIRED variables']],
  ['one missing', given({ tenant: 'acme' }), ['ValidationError REQUIRED variables']],
  ['an empty one', given({ ...right, note: '' }), ['ValidationError REQUIRED variables.2.value']],
  ['an unknown one', given({ ...right, colour: 'red' }), ['ValidationError UNKNOWN_KEY variables.2.name']],
  ['one in another case', given({ ...right, Note: 'x' }), ['ValidationError UNKNOWN_KEY variables.2.name']],
  [
    'one twice',
    [...given(right), { name: 'tenant', value: 'acme' }],
    ['ConflictError ALREADY_EXISTS variables.2.name'],
  ],
  [
    'one that does not match',
    given({ ...right, tenant: 'Acme' }),
    ['ValidationError INVALID_FORMAT variables.0.value'],
  ],
  [
    'one that matches in part',
    given({ ...right, tenant: 'acme!' }),
    ['ValidationError INVALID_FORMAT variables.0.value'],
  ],
  ['255 characters', given({ ...right, note: '🏃'.repeat(255) }), []],
  ['256 characters', given({ ...right, note: 'n'.repeat(256) }), ['ValidationError TOO_LONG variables.2.value']],
  [
    'a control character',
    given({ ...right, note: 'a\u0000b' }),
    ['ValidationError INVALID_CHARACTERS variables.2.value'],
  ],
  [
    'several faults',
    given({ tenant: 'A', note: '', x: 'y' }),
    [
      'ValidationError INVALID_FORMAT variables.0.value',
      'ValidationError REQUIRED variables',
      'ValidationError REQUIRED variables.1.value',
      'ValidationError UNKNOWN_KEY variables.2.name',
    ],
  ],
])('%s gets its answer', async (_what, variables, expected) => {
  const payload = await create(variables);
  expect([refusals(payload).sort(), payload.connection === null]).toEqual([expected, expected.length > 0]);
});

test('what is required and missing is named', async () => {
  const { userErrors } = await create(given({ note: 'x' }));
  expect(userErrors.map(({ message }: { message: string }) => message)).toEqual([
    expect.stringContaining('tenant (Tenant)'),
    expect.stringContaining('pin (PIN)'),
  ]);
});

test('a connector without connection fields takes no variables', async () => {
  expect(refusals(await create([{ name: 'tenant', value: 'acme' }], plain))).toEqual([
    'ValidationError UNKNOWN_KEY variables.0.name',
  ]);
  expect((await create([], plain)).connection.variables).toEqual([]);
});

test('a pattern that takes too long matches nothing, and holds nobody up', async () => {
  const id = await readyConnector(
    server.ask,
    { name: 'Slow', connectionFields: [{ name: 'v', label: 'V', pattern: '(a+)+b' }] },
    staticConfigs.basic,
  );
  expect(refusals(await create(given({ v: 'a'.repeat(200) }), { id }))).toEqual([
    'ValidationError INVALID_FORMAT variables.0.value',
  ]);
  expect(refusals(await create(given({ v: 'aab' }), { id }))).toEqual([]);
});

describe('a value that becomes part of a host name', () => {
  let of: { id: string };
  beforeAll(async () => {
    const connectionFields = [
      { name: 'sub', label: 'Subdomain' },
      { name: 'tenant', label: 'Tenant' },
    ];
    of = { id: await readyConnector(server.ask, { name: 'Hosted', connectionFields }, hosted) };
  });

  test.each([
    ['acme', true],
    ['ACME-2', true],
    ['a', true],
    ['9', true],
    ['acme.evil', false],
    ['evil.example.org/', false],
    ['evil.example.org#', false],
    ['user@evil', false],
    ['a_b', false],
    ['-a', false],
    ['a-', false],
    ['bücher', false],
    ['a b', false],
    ['acme:8080', false],
  ])('may be %j: %p', async (sub, allowed) => {
    const payload = await create(given({ sub, tenant: 'any.thing/goes' }), of);
    expect(refusals(payload)).toEqual(allowed ? [] : ['ValidationError INVALID_CHARACTERS variables.0.value']);
  });
});

describe('numbers that make an address', () => {
  const [one, two] = ['a', 'b'].map((name) => ({ name, label: name }));
  const connectorOf = async (host: string, connectionFields: object[]) => {
    const oauth2 = { ...hosted.oauth2, tokenUrl: `https://${host}/token` };
    return { id: await readyConnector(server.ask, { name: 'Numbers', connectionFields }, { oauth2 }) };
  };

  test.each([
    ['4294967295', true],
    ['4294967296', false],
  ])('%s alone: %p', async (a, allowed) => {
    const payload = await create(given({ a }), await connectorOf('{a}', [one!]));
    expect(refusals(payload)).toEqual(allowed ? [] : ['ValidationError INVALID_FORMAT variables.0.value']);
  });

  test('one of several is judged with the others, when it is used', async () => {
    const of = await connectorOf('{a}.{b}', [one!, two!]);
    const { connection } = await create(given({ a: 'x', b: '1' }), of);
    const begin = `mutation ($id: ID!) {
      connectionAuthorize(input: { connection: { id: $id } }) { userErrors { code message } }
    }`;
    const { userErrors } = (await dataOf(server.ask(begin, { id: connection.id }))).connectionAuthorize;
    const message = 'The values of a, b make no host: neither a name nor an address.';
    expect(userErrors).toMatchObject([{ code: 'PROVIDER_ERROR', message }]);
  });
});

test.each([
  ['..', false],
  ['.', false],
  ['...', true],
  ['../admin', true],
  ['a.b', true],
])('a value that becomes a path segment may be %j: %p, for it must stay in its place', async (tenant, allowed) => {
  const connectionFields = [{ name: 'tenant', label: 'Tenant' }];
  const oauth2 = { grantType: 'CLIENT_CREDENTIALS', clientId: 'id', clientSecret: 'secret' };
  const config = { oauth2: { ...oauth2, tokenUrl: 'https://provider.example/t/{tenant}/token' } };
  const id = await readyConnector(server.ask, { name: 'In a path', connectionFields }, config);
  expect(refusals(await create(given({ tenant }), { id }))).toEqual(
    allowed ? [] : ['ValidationError INVALID_FORMAT variables.0.value'],
  );
});

test('there are at most as many values as fields; of more nothing else is told', async () => {
  const many = Array.from({ length: 21 }, (_, index) => ({ name: `v${index}`, value: '' }));
  expect(refusals(await create(many))).toEqual(['ValidationError TOO_LONG variables']);
});

describe('a change', () => {
  test('replaces what is given and keeps the rest, secret ones too', async () => {
    const { connection } = await create(given({ ...right, note: 'before' }));
    const { connection: changed } = await update(connection.id, given({ note: 'after' }));
    expect(changed.variables).toEqual([
      { name: 'tenant', value: 'acme' },
      { name: 'note', value: 'after' },
      { name: 'pin', value: null },
    ]);
    const { connection: rotated } = await update(connection.id, given({ pin: 'another-secret' }));
    expect(rotated.variables).toEqual(changed.variables);
  });

  test('does not ask again for what has a value, but for values that are right', async () => {
    const { connection } = await create(given(right));
    expect(refusals(await update(connection.id, []))).toEqual([]);
    expect(refusals(await update(connection.id, given({ tenant: 'NO', other: 'x' })))).toEqual([
      'ValidationError INVALID_FORMAT variables.0.value',
      'ValidationError UNKNOWN_KEY variables.1.name',
    ]);
    expect(refusals(await update(connection.id, null))).toEqual(['ValidationError REQUIRED variables']);
  });
});
