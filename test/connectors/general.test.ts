/** The general section of a connector: the rules of each value, when it is made and when it is changed. */
import { connectorOf, done, draft, freshName, type Mutation, refusals, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
  id = await draft(server.ask);
});
afterAll(() => server.remove());

const hosts = (count: number) => Array.from({ length: count }, (_, index) => `h${index}.example.com`);

const rules: [string, unknown, string[]][] = [
  ['name', 'a'.repeat(50), []],
  ['name', 'a'.repeat(51), ['TOO_LONG name']],
  ['name', '_ *-@/!:|&~\\+ é日', []],
  ['name', '', ['REQUIRED name']],
  ['name', ' a', ['INVALID_START name']],
  ['name', '😀', ['INVALID_CHARACTERS name', 'INVALID_START name']],
  ['name', 'a\nb', ['INVALID_CHARACTERS name']],
  ['linkName', 'A'.repeat(50), []],
  ['linkName', 'a'.repeat(51), ['TOO_LONG linkName']],
  ['linkName', '', ['REQUIRED linkName']],
  ['linkName', '1a', ['INVALID_START linkName']],
  ['linkName', 'a-b', ['INVALID_CHARACTERS linkName']],
  ['linkName', 'é', ['INVALID_CHARACTERS linkName', 'INVALID_START linkName']],
  ['description', 'a'.repeat(255), []],
  ['description', 'a'.repeat(256), ['TOO_LONG description']],
  ['description', '', []],
  ['description', null, []],
  ['description', 'Two\nlines, (really).', []],
  ['description', 'C++', ['INVALID_CHARACTERS description']],
  ['allowedHosts', [], []],
  ['allowedHosts', hosts(50), []],
  ['allowedHosts', hosts(51), ['TOO_LONG allowedHosts']],
  ['allowedHosts', ['*.example.com:8443', '[2001:db8::1]'], []],
  [
    'allowedHosts',
    ['https://a.example', 'a.example', '*'],
    ['INVALID_FORMAT allowedHosts.0', 'INVALID_FORMAT allowedHosts.2'],
  ],
];

describe.each<[Mutation, (input: object) => object]>([
  ['connectorCreate', (input) => ({ input: { name: freshName(), ...input } })],
  ['connectorUpdate', (input) => ({ id, input })],
])('%s', (mutation, variables) => {
  test.each(rules)('%s %j: %j', async (field, value, refused) => {
    const before = await connectorOf(server.ask, id);
    const payload = await run(server.ask, mutation, variables({ [field]: value }));
    expect(refusals(payload)).toEqual(refused.map((refusal) => `ValidationError ${refusal}`));
    if (refused.length === 0) expect(payload.connector[field]).toEqual(value);
    else {
      expect(payload.connector).toBeNull();
      expect(await connectorOf(server.ask, id)).toEqual(before);
    }
    if (mutation === 'connectorCreate' && payload.connector)
      await run(server.ask, 'connectorDelete', payload.connector);
  });

  test('tells every broken rule at once', async () => {
    const input = { name: `$${'a'.repeat(50)}`, linkName: '', description: '+', allowedHosts: ['/'] };
    expect(refusals(await run(server.ask, mutation, variables(input)))).toEqual([
      'ValidationError INVALID_CHARACTERS description',
      'ValidationError INVALID_CHARACTERS name',
      'ValidationError INVALID_FORMAT allowedHosts.0',
      'ValidationError INVALID_START name',
      'ValidationError REQUIRED linkName',
      'ValidationError TOO_LONG name',
    ]);
  });

  test('tells of a link name that is taken along with the rest', async () => {
    const { linkName } = await connectorOf(server.ask, await draft(server.ask));
    const input = { name: '', linkName: linkName.toUpperCase() };
    expect(refusals(await run(server.ask, mutation, variables(input)))).toEqual([
      'ConflictError ALREADY_EXISTS linkName',
      'ValidationError REQUIRED name',
    ]);
  });

  test('looks at a text of megabytes, and refuses it', async () => {
    const input = {
      name: 'a '.repeat(1_000_000),
      description: 'é'.repeat(1_000_000),
      allowedHosts: ['a.'.repeat(1_000_000)],
    };
    expect(refusals(await run(server.ask, mutation, variables(input)))).toEqual([
      'ValidationError INVALID_FORMAT allowedHosts.0',
      'ValidationError TOO_LONG description',
      'ValidationError TOO_LONG name',
    ]);
  });
});

test('the messages name the limits', async () => {
  const input = {
    name: 'a'.repeat(51),
    linkName: 'a'.repeat(51),
    description: 'a'.repeat(256),
    allowedHosts: hosts(51),
  };
  const { userErrors } = await run(server.ask, 'connectorCreate', { input });
  const limits = userErrors.map(({ path, message }) => [path[0], /\d+/.exec(message)?.[0]]);
  expect(Object.fromEntries(limits)).toEqual({ name: '50', linkName: '50', description: '255', allowedHosts: '50' });
});

test('a new connector is a DRAFT without anything that was not given', async () => {
  const name = freshName();
  const { connector } = await done(server.ask, 'connectorCreate', { input: { name } });
  expect(connector).toEqual({
    __typename: 'Connector',
    id: expect.stringMatching(/^cnr_/),
    name,
    linkName: name.replace(' ', '_'),
    description: null,
    stage: 'DRAFT',
    authType: null,
    authConfig: null,
    allowedHosts: [],
    redirectUri: null,
    connectionCount: 0,
    connectionFields: [],
    readiness: { ready: false, missing: [expect.objectContaining({ path: ['authConfig'] })], warnings: [] },
    authorizationForm: { fields: [] },
    scopes: { nodes: [], totalCount: 0 },
    logo: null,
    createdAt: expect.any(String),
    updatedAt: connector.createdAt,
  });
  expect(await connectorOf(server.ask, connector.id)).toEqual(connector);
});

test('nothing that was given is altered', async () => {
  const input = {
    name: 'Name with a space behind ',
    linkName: 'Link_NAME',
    description: ' white \t\n space ',
    allowedHosts: ['API.Example.com:080', '[2001:DB8:0::1]', 'API.Example.com:080'],
  };
  const { connector } = await done(server.ask, 'connectorCreate', { input });
  expect(await connectorOf(server.ask, connector.id)).toMatchObject(input);
});

describe('an update', () => {
  test('changes what is given, and nothing else', async () => {
    const given = { name: 'Before', linkName: 'before', description: 'Text', allowedHosts: ['a.example'] };
    const { connector } = await done(server.ask, 'connectorCreate', { input: given });
    const update = async (input: object) =>
      (await done(server.ask, 'connectorUpdate', { id: connector.id, input })).connector;
    const changed = { ...connector, updatedAt: expect.any(String) };
    expect(await update({ name: 'After' })).toEqual({ ...changed, name: 'After' });
    expect(await update({ linkName: 'after' })).toEqual({ ...changed, name: 'After', linkName: 'after' });
    expect(await update({ linkName: 'AFTER', name: 'Before' })).toEqual({ ...changed, linkName: 'AFTER' });
    expect(await update({ description: null })).toEqual({ ...changed, linkName: 'AFTER', description: null });
    const last = await update({ allowedHosts: [], linkName: 'before', description: '' });
    expect(last).toEqual({ ...changed, allowedHosts: [], description: '', readiness: last.readiness });
    expect(await update({})).toEqual(last);
  });

  test.each(['name', 'linkName', 'allowedHosts', 'connectionFields'])('cannot take %s away', async (field) => {
    const before = await connectorOf(server.ask, id);
    const payload = await run(server.ask, 'connectorUpdate', { id, input: { [field]: null } });
    expect(refusals(payload)).toEqual([`ValidationError REQUIRED ${field}`]);
    expect(await connectorOf(server.ask, id)).toEqual(before);
  });
});
