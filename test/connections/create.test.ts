/** Connections are made of READY connectors, under the rules of names, link names, levels and scopes. */
import { createWorkspace } from '../support/keys';
import { refusals, USER_ERRORS } from '../support/refusals';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { createConnector, readyConnector, staticConfigs } from '../support/story';

let server: TestServer;
let connector: { id: string };

beforeAll(async () => {
  server = await startTestServer();
  connector = { id: await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic) };
});
afterAll(() => server.remove());

const CREATE = `mutation ($input: ConnectionCreateInput!) {
  connectionCreate(input: $input) {
    connection {
      id name linkName authorizationLevel status scopes { id } grantedScopes variables { name value }
      connector { id } createdAt updatedAt grants { totalCount }
      health { state remedy since lastSuccessAt lastErrorAt expiresAt nextRefreshAt }
    }
    ${USER_ERRORS}
  }
}`;
const create = async (input: object, ask: Ask = server.ask) => (await dataOf(ask(CREATE, { input }))).connectionCreate;

/** The link name that a connection of this name gets, in a workspace where none is taken. */
async function linkNameFor(name: string, ask: Ask = server.ask): Promise<string> {
  const made = await create({ connector, name }, ask);
  return made.connection.linkName;
}

test('a new connection has what was given, and what follows from it', async () => {
  const { connection, userErrors } = await create({ connector, name: 'My Basics' });
  expect(userErrors).toEqual([]);
  const { id, createdAt, ...rest } = connection;
  expect(id).toMatch(/^cnn_[0-9a-f]{32}$/);
  expect(rest).toEqual({
    name: 'My Basics',
    linkName: 'My_Basics',
    authorizationLevel: 'ADMIN',
    status: 'UNAUTHORIZED',
    scopes: [],
    grantedScopes: [],
    variables: [],
    connector,
    updatedAt: createdAt,
    grants: { totalCount: 0 },
    health: {
      state: 'UNKNOWN',
      remedy: 'AUTHORIZE',
      since: createdAt,
      lastSuccessAt: null,
      lastErrorAt: null,
      expiresAt: null,
      nextRefreshAt: null,
    },
  });
});

test('the connector may be named by its link name, whatever its case', async () => {
  const { connection } = await create({ connector: { linkName: 'BASICS' }, name: 'By link name' });
  expect(connection.connector).toEqual(connector);
});

test.each(['ADMIN', 'LOGGED_IN_USER'])('the level may be %s', async (authorizationLevel) => {
  const { connection } = await create({ connector, name: authorizationLevel, authorizationLevel });
  expect(connection.authorizationLevel).toBe(authorizationLevel);
});

describe('a DRAFT', () => {
  test('takes no connection, and says which stage it would have to be in', async () => {
    const id = await createConnector(server.ask, { name: 'Draft' });
    const { connection, userErrors } = await create({ connector: { id }, name: 'Too early' });
    expect(connection).toBeNull();
    expect(userErrors).toEqual([
      {
        __typename: 'StageError',
        code: 'WRONG_STAGE',
        path: ['connector'],
        message: expect.stringContaining('READY'),
        stage: 'DRAFT',
        requiredStage: 'READY',
      },
    ]);
  });

  test('is told together with the other faults of the input; so is a connector that is not there', async () => {
    const id = await createConnector(server.ask, { name: 'Draft too' });
    const input = { name: '', linkName: '1' };
    const faults = ['ValidationError REQUIRED name', 'ValidationError INVALID_START linkName'];
    expect(refusals(await create({ ...input, connector: { id } }))).toEqual([
      ...faults,
      'StageError WRONG_STAGE connector',
    ]);
    expect(refusals(await create({ ...input, connector: { linkName: 'none' } }))).toEqual([
      ...faults,
      'NotFoundError NOT_FOUND connector',
    ]);
  });
});

test.each<[string, string[]]>([
  ['', ['ValidationError REQUIRED name']],
  ['x'.repeat(50), []],
  ['𝒳'.repeat(50), []],
  ['x'.repeat(51), ['ValidationError TOO_LONG name']],
  ['Ωmega * _ - @ / ! : | & ~ \\ + 9', []],
  ['_x', []],
  ['9x', []],
  ['-x', ['ValidationError INVALID_START name']],
  [' x', ['ValidationError INVALID_START name']],
  ['x ', []],
  ['a.b', ['ValidationError INVALID_CHARACTERS name']],
  ['a\nb', ['ValidationError INVALID_CHARACTERS name']],
  ['-'.repeat(51), ['ValidationError TOO_LONG name', 'ValidationError INVALID_START name']],
])('the name %j gets %j', async (name, expected) => {
  const payload = await create({ connector, name });
  expect(refusals(payload).sort()).toEqual(expected.sort());
  if (expected.length === 0) expect(payload.connection.name).toBe(name);
});

describe('a link name', () => {
  test.each([
    ['Sales CRM', 'Sales_CRM'],
    ['under_score', 'under_score'],
    ['Büro/Zürich', 'B_ro_Z_rich'],
    ['Ümlaut', 'c__mlaut'],
    ['7 days', 'c_7_days'],
    ['_private', 'c__private'],
    ['𝒳yz', 'c__yz'],
    ['東京', 'c___'],
    [`a${'b'.repeat(49)}`, `a${'b'.repeat(49)}`],
    [`1${'b'.repeat(49)}`, `c_1${'b'.repeat(47)}`],
  ])('is derived from the name %j as %s', async (name, expected) => {
    const { secret } = await createWorkspace(server.ask, 'Derive');
    const ask = server.askAs(secret);
    const id = await readyConnector(ask, { name: 'x' }, staticConfigs.basic);
    const { connection } = await create({ connector: { id }, name }, ask);
    expect(connection.linkName).toBe(expected);
  });

  test('that is derived and taken, whatever its case, gets the next number; a long one is cut for it', async () => {
    expect(await linkNameFor('Clash')).toBe('Clash');
    expect(await linkNameFor('clash')).toBe('clash_2');
    expect(await linkNameFor('CLASH')).toBe('CLASH_3');
    const long = 'L'.repeat(50);
    expect(await linkNameFor(long)).toBe(long);
    expect(await linkNameFor(long)).toBe(`${'L'.repeat(48)}_2`);
  });

  test.each<[string, string[]]>([
    ['a', []],
    ['A_9', []],
    [`${'a'.repeat(49)}b`, []],
    ['a'.repeat(51), ['ValidationError TOO_LONG linkName']],
    ['', ['ValidationError REQUIRED linkName']],
    ['9a', ['ValidationError INVALID_START linkName']],
    ['_a', ['ValidationError INVALID_START linkName']],
    ['a-b', ['ValidationError INVALID_CHARACTERS linkName']],
    ['ä', ['ValidationError INVALID_CHARACTERS linkName', 'ValidationError INVALID_START linkName']],
  ])('%j gets %j', async (linkName, expected) => {
    const payload = await create({ connector, name: 'Given', linkName });
    expect(refusals(payload).sort()).toEqual(expected);
    if (expected.length === 0) expect(payload.connection.linkName).toBe(linkName);
  });

  test('that is given and taken, whatever its case, is refused and not altered', async () => {
    await create({ connector, name: 'x', linkName: 'Mine_alone' });
    const payload = await create({ connector, name: '', linkName: 'mine_ALONE' });
    expect([payload.connection, refusals(payload)]).toEqual([
      null,
      ['ValidationError REQUIRED name', 'ConflictError ALREADY_EXISTS linkName'],
    ]);
  });

  test('is given once when many connections of one name are made at the same time', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => linkNameFor('Together')));
    expect(made.sort()).toEqual(['Together', 'Together_2', 'Together_3', 'Together_4', 'Together_5']);
  });
});

describe('scopes', () => {
  const add = async (connectorId: string, ...values: string[]): Promise<string[]> => {
    const scopes = values.map((value) => ({ name: value, value }));
    const query = `mutation ($connectorId: ID!, $scopes: [ScopeInput!]!) {
      scopesAdd(connectorId: $connectorId, scopes: $scopes) { scopes { id } }
    }`;
    const { scopesAdd } = await dataOf(server.ask(query, { connectorId, scopes }));
    return scopesAdd.scopes.map(({ id }: { id: string }) => id);
  };
  let scoped: { id: string };
  let ids: string[];
  let foreign: string;

  beforeAll(async () => {
    scoped = { id: await readyConnector(server.ask, { name: 'Scoped' }, staticConfigs.basic) };
    ids = await add(scoped.id, 'read', 'write', 'share');
    [foreign] = (await add(connector.id, 'other')) as [string];
  });
  const scopesOf = async (scopeIds?: string[] | null) => {
    const payload = await create({ connector: scoped, name: 'Scopes', ...(scopeIds !== undefined && { scopeIds }) });
    return { refused: refusals(payload), ids: payload.connection?.scopes.map(({ id }: { id: string }) => id) };
  };

  test('that are left out are all that the connector has then, not those that come later', async () => {
    const { connection } = await create({ connector: scoped, name: 'All' });
    expect(connection.scopes.map(({ id }: { id: string }) => id)).toEqual(ids);
    expect((await scopesOf(null)).ids).toEqual(ids);
    await add(scoped.id, 'late');
    const query = 'query ($id: ID!) { connection(by: { id: $id }) { scopes { value } } }';
    const { connection: later } = await dataOf(server.ask(query, { id: connection.id }));
    expect(later.scopes.map(({ value }: { value: string }) => value)).toEqual(['read', 'write', 'share']);
  });

  test('that are given are those asked for, in that order; none is none', async () => {
    const [read, , share] = ids as [string, string, string];
    expect(await scopesOf([share, read])).toEqual({ refused: [], ids: [share, read] });
    expect(await scopesOf([])).toEqual({ refused: [], ids: [] });
  });

  test('of another connector, unknown ones, and those given twice are refused at their place', async () => {
    const [read] = ids as [string];
    expect((await scopesOf([read, foreign, 'scp_0', read])).refused).toEqual([
      'NotFoundError NOT_FOUND scopeIds.1',
      'NotFoundError NOT_FOUND scopeIds.2',
      'ConflictError ALREADY_EXISTS scopeIds.3',
    ]);
  });
});

test('the connector counts its connections', async () => {
  const id = await readyConnector(server.ask, { name: 'Counted' }, staticConfigs.basic);
  const count = async () =>
    (await dataOf(server.ask('query ($id: ID!) { connector(by: { id: $id }) { connectionCount } }', { id }))).connector
      .connectionCount;
  expect(await count()).toBe(0);
  await create({ connector: { id }, name: 'One' });
  await create({ connector: { id }, name: 'Two' });
  expect(await count()).toBe(2);
});
