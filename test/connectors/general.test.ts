/** The general section of a connector: name, link name, description and allowed hosts, when it is made and when it is changed. */
import { badUserInput, connectorOf, done, draft, freshName, type Mutation, refusals, run } from '../support/connectors';
import { createWorkspace } from '../support/keys';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
  id = await draft(server.ask);
});
afterAll(() => server.remove());

const otherWorkspace = async (): Promise<Ask> => server.askAs((await createWorkspace(server.ask, 'Other')).secret);

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

describe('link names', () => {
  const create = async (ask: Ask, input: object) => (await done(ask, 'connectorCreate', { input })).connector.linkName;

  test('are derived from the name, numbered when another connector has it', async () => {
    const ask = await otherWorkspace();
    expect(await create(ask, { name: 'Öpen Weather' })).toBe('c__pen_Weather');
    expect(await create(ask, { name: 'Weather!' })).toBe('Weather_');
    expect(await create(ask, { name: 'weather@' })).toBe('weather__2');
    expect(await create(ask, { name: 'WEATHER:' })).toBe('WEATHER__3');
    expect(await create(ask, { name: 'x'.repeat(50) })).toBe('x'.repeat(50));
    expect(await create(ask, { name: 'X'.repeat(50) })).toBe(`${'X'.repeat(48)}_2`);
    expect(await create(ask, { name: 'Given', linkName: 'elsewhere' })).toBe('elsewhere');
    expect(await create(ask, { name: 'Given', linkName: null })).toBe('Given');
  });

  test('do not follow the name', async () => {
    const connector = await draft(server.ask, { name: 'First name' });
    await done(server.ask, 'connectorUpdate', { id: connector, input: { name: 'Second name' } });
    expect((await connectorOf(server.ask, connector)).linkName).toBe('First_name');
  });

  test('are unique in the workspace without regard to case, in every workspace anew', async () => {
    await create(server.ask, { name: 'a', linkName: 'Unique' });
    const input = { name: 'b', linkName: 'uNIQUE' };
    const refused = ['ConflictError ALREADY_EXISTS linkName'];
    expect(refusals(await run(server.ask, 'connectorCreate', { input }))).toEqual(refused);
    expect(refusals(await run(server.ask, 'connectorUpdate', { id, input }))).toEqual(refused);
    expect(refusals(await run(server.ask, 'connectorClone', { id, input }))).toEqual(refused);
    expect(await create(await otherWorkspace(), input)).toBe('uNIQUE');
  });

  test('of a connector that was deleted, or was renamed, are free', async () => {
    const deleted = await draft(server.ask, { linkName: 'deleted' });
    await done(server.ask, 'connectorDelete', { id: deleted });
    expect(await create(server.ask, { name: 'a', linkName: 'DELETED' })).toBe('DELETED');
    const renamed = await draft(server.ask, { linkName: 'renamed' });
    await done(server.ask, 'connectorUpdate', { id: renamed, input: { linkName: 'other_name' } });
    expect(await create(server.ask, { name: 'a', linkName: 'renamed' })).toBe('renamed');
  });
});

describe('a connector is named by one of id and link name', () => {
  const query = 'query ($by: ConnectorRef!) { connector(by: $by) { id } }';

  test('by its id, or by its link name whatever its case', async () => {
    const named = await draft(server.ask, { linkName: 'Named' });
    for (const by of [{ id: named }, { linkName: 'Named' }, { linkName: 'nAMED' }])
      expect((await dataOf(server.ask(query, { by }))).connector).toEqual({ id: named });
    for (const by of [{ id: 'Named' }, { linkName: named }, { id: '' }, { linkName: '' }])
      expect((await dataOf(server.ask(query, { by }))).connector).toBeNull();
  });

  test.each([{}, { id: 'a', linkName: 'b' }, { id: null }, { id: 'a', linkName: null }, { id: null, linkName: null }])(
    'not by %j',
    async (by) => {
      expect(await badUserInput(server.ask(query, { by }))).toBe(true);
    },
  );

  test.each(['{}', '{ id: "a", linkName: "b" }', '{ id: null }', '{ id: "a", linkName: null }'])(
    'not by %s in the document',
    async (by) => {
      expect(await badUserInput(server.ask(`{ connector(by: ${by}) { id } }`))).toBe(true);
    },
  );
});

test('what is not there, and what is another workspace’s, is not found alike', async () => {
  const ask = await otherWorkspace();
  const foreign = await draft(ask);
  const before = await connectorOf(ask, foreign);
  for (const absent of [foreign, `cnr_${'0'.repeat(32)}`, '']) {
    expect(await connectorOf(server.ask, absent)).toBeNull();
    const refused = async (mutation: Mutation, variables: object) =>
      refusals(await run(server.ask, mutation, { id: absent, ...variables }));
    const notFound = ['NotFoundError NOT_FOUND id'];
    expect(await refused('connectorUpdate', { input: { name: 'Mine' } })).toEqual(notFound);
    expect(await refused('connectorSetAuthConfig', { authConfig: { bearerToken: {} } })).toEqual(notFound);
    expect(await refused('connectorMarkReady', {})).toEqual(notFound);
    expect(await refused('connectorRotateClientSecret', { secret: 'secret' })).toEqual(notFound);
    expect(await refused('connectorClone', { input: { name: 'Copy' } })).toEqual(notFound);
    expect(await refused('connectorDelete', {})).toEqual(notFound);
    expect(await refused('scopesAdd', { connectorId: absent, scopes: [{ name: 'a', value: 'a' }] })).toEqual([
      'NotFoundError NOT_FOUND connectorId',
    ]);
  }
  expect(await connectorOf(ask, foreign)).toEqual(before);
});
