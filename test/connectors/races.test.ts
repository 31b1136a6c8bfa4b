/** Changes that arrive at once: of two that exclude each other exactly one wins, and nothing is left half done. */
import { complete, configured, connectorOf, done, draft, freshName, ready, refusals, run } from '../support/connectors';
import { dataOf, startTestServer, type TestServer } from '../support/server';

const ROUNDS = 5;
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1);
const scope = (number: number) => ({ name: `Scope ${number}`, value: `scope:${number}` });

describe.each(rounds)('round %d', (round) => {
  test('marking Ready against another configuration', async () => {
    const id = await configured(server.ask, complete.basic);
    const edit = { id, authConfig: { basic: { ...complete.basic.basic, username: { name: 'Edited' } } } };
    const work = [
      () => run(server.ask, 'connectorMarkReady', { id }),
      () => run(server.ask, 'connectorSetAuthConfig', edit),
    ];
    const order = round % 2 === 0 ? work : work.toReversed();
    const outcomes = (await Promise.all(order.map((one) => one()))).map(refusals);
    const { stage, authConfig, readiness } = await connectorOf(server.ask, id);
    const told = outcomes.flat();
    if (stage === 'READY') {
      expect(told).toEqual(['StageError WRONG_STAGE authConfig']);
      expect([authConfig.username.key, readiness.missing]).toEqual(['user', []]);
    } else {
      expect(told).toEqual(['ValidationError NOT_READY authConfig.basic.username.key']);
      expect(authConfig.username).toEqual({ name: 'Edited', key: null });
    }
  });

  test('marking Ready many times', async () => {
    const id = await configured(server.ask, complete.aws);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => run(server.ask, 'connectorMarkReady', { id })));
    expect(outcomes.map(refusals).sort()).toEqual([[], ...Array(4).fill(['StageError WRONG_STAGE id'])]);
  });

  test('marking Ready against another type, which loses everything', async () => {
    const id = await configured(server.ask, complete.oauth2);
    await done(server.ask, 'scopesAdd', { connectorId: id, scopes: [scope(1)] });
    const change = { id, authConfig: { aws: {} }, discardExisting: true };
    await Promise.all([
      run(server.ask, 'connectorSetAuthConfig', change),
      run(server.ask, 'connectorMarkReady', { id }),
    ]);
    const { stage, authType, scopes } = await connectorOf(server.ask, id);
    expect([
      ['DRAFT', 'AWS', 0],
      ['READY', 'OAUTH2', 1],
    ]).toContainEqual([stage, authType, scopes.totalCount]);
  });

  test('one link name given many times', async () => {
    const linkName = `wanted_${round}`;
    const inputs = [linkName, linkName.toUpperCase(), linkName, linkName].map((wanted) => ({
      name: freshName(),
      linkName: wanted,
    }));
    const outcomes = await Promise.all(inputs.map((input) => run(server.ask, 'connectorCreate', { input })));
    expect(outcomes.map(refusals).sort()).toEqual([[], ...Array(3).fill(['ConflictError ALREADY_EXISTS linkName'])]);
    const query = `{ connectors(filter: { search: "${linkName}" }) { totalCount } }`;
    expect((await dataOf(server.ask(query))).connectors.totalCount).toBe(1);
  });

  test('one name given many times: each gets a link name of its own', async () => {
    const name = `Race ${round}`;
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, () => run(server.ask, 'connectorCreate', { input: { name } })),
    );
    const base = `Race_${round}`;
    expect(outcomes.map(({ connector }) => connector.linkName).sort()).toEqual([
      base,
      ...[2, 3, 4, 5, 6].map((number) => `${base}_${number}`),
    ]);
  });

  test('one link name for two connectors that are there', async () => {
    const ids = [await draft(server.ask), await draft(server.ask)];
    const input = { linkName: `renamed_${round}` };
    const outcomes = await Promise.all(ids.map((id) => run(server.ask, 'connectorUpdate', { id, input })));
    expect(outcomes.map(refusals).sort()).toEqual([[], ['ConflictError ALREADY_EXISTS linkName']]);
  });

  test('the 50th scope, twice', async () => {
    const connectorId = await draft(server.ask);
    await done(server.ask, 'scopesAdd', {
      connectorId,
      scopes: Array.from({ length: 49 }, (_, index) => scope(index)),
    });
    const add = (number: number) => run(server.ask, 'scopesAdd', { connectorId, scopes: [scope(number)] });
    const outcomes = await Promise.all([add(50), add(51)]);
    expect(outcomes.map(refusals).sort()).toEqual([[], ['LimitError LIMIT_REACHED scopes']]);
    expect((await connectorOf(server.ask, connectorId)).scopes.totalCount).toBe(50);
  });

  test('one scope, twice', async () => {
    const connectorId = await draft(server.ask);
    const add = (number: number) => run(server.ask, 'scopesAdd', { connectorId, scopes: [scope(number), scope(7)] });
    const outcomes = await Promise.all([add(1), add(2)]);
    expect(outcomes.map(refusals).sort()).toEqual([[], ['ConflictError ALREADY_EXISTS scopes.1.value']]);
    expect((await connectorOf(server.ask, connectorId)).scopes.totalCount).toBe(2);
  });

  test('deleting a connector against adding a scope', async () => {
    const id = await draft(server.ask);
    const work = [
      () => run(server.ask, 'connectorDelete', { id }),
      () => run(server.ask, 'scopesAdd', { connectorId: id, scopes: [scope(1)] }),
    ];
    const order = round % 2 === 0 ? work : work.toReversed();
    const outcomes = await Promise.all(order.map((one) => one()));
    const added = outcomes.find((outcome) => 'scopes' in outcome);
    expect(await connectorOf(server.ask, id)).toBeNull();
    if (added?.scopes == null) expect(outcomes.flatMap(refusals)).toEqual(['NotFoundError NOT_FOUND connectorId']);
    else {
      expect(outcomes.flatMap(refusals)).toEqual([]);
      const node = server.ask('query ($id: ID!) { node(id: $id) { id } }', { id: added.scopes[0].id });
      expect((await dataOf(node)).node).toBeNull();
    }
  });

  test('deleting a connector against connecting', async () => {
    const id = await ready(server.ask);
    const query = `mutation ($input: ConnectionCreateInput!) {
      connectionCreate(input: $input) { connection { id } userErrors { __typename code path message } }
    }`;
    const [deleted, data] = await Promise.all([
      run(server.ask, 'connectorDelete', { id }),
      dataOf(server.ask(query, { input: { connector: { id }, name: freshName() } })),
    ]);
    const connected = data.connectionCreate;
    const connector = await connectorOf(server.ask, id);
    if (connector === null) {
      expect(deleted.deletedId).toBe(id);
      expect(refusals(connected)).toEqual(['NotFoundError NOT_FOUND connector']);
    } else {
      expect(refusals(deleted)).toEqual(['ConflictError IN_USE id']);
      expect([connected.connection.id, connector.connectionCount]).toEqual([expect.stringMatching(/^cnn_/), 1]);
    }
  });

  test('connecting against changing a scope', async () => {
    const id = await ready(server.ask, complete.oauth2);
    const { scopes } = await done(server.ask, 'scopesAdd', { connectorId: id, scopes: [scope(1)] });
    const query = `mutation ($input: ConnectionCreateInput!) {
      connectionCreate(input: $input) { connection { scopes { id value } } userErrors { code } }
    }`;
    const [deleted, data] = await Promise.all([
      run(server.ask, 'scopesDelete', { ids: [scopes[0].id] }),
      dataOf(server.ask(query, { input: { connector: { id }, name: freshName() } })),
    ]);
    const asked = data.connectionCreate.connection.scopes;
    if (deleted.deletedIds) expect(asked).toEqual([]);
    else {
      expect(refusals(deleted)).toEqual(['ConflictError IN_USE ids']);
      expect(asked).toEqual([{ id: scopes[0].id, value: 'scope:1' }]);
    }
  });
});

test('changes of different connectors do not disturb each other', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, () => draft(server.ask)));
  await Promise.all(
    ids.flatMap((id, index) => [
      done(server.ask, 'connectorUpdate', { id, input: { description: `Number ${index}` } }),
      done(server.ask, 'connectorSetAuthConfig', { id, authConfig: { aws: { serviceName: `s${index}` } } }),
      done(server.ask, 'scopesAdd', { connectorId: id, scopes: [scope(index)] }),
      run(server.ask, 'connectorUpdate', { id, input: { name: '' } }),
    ]),
  );
  for (const [index, id] of ids.entries())
    expect(await connectorOf(server.ask, id)).toMatchObject({
      description: `Number ${index}`,
      authConfig: { serviceName: `s${index}`, region: null },
      scopes: { nodes: [scope(index)], totalCount: 1 },
    });
});
