/** How connectors are found: link names of their own, references by one of id and link name, and nothing of other workspaces. */
import { badUserInput, connectorOf, done, draft, type Mutation, refusals, run } from '../support/connectors';
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
