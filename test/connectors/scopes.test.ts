/** Scopes: the rules of each, at most 50, all or none, and locked once a connection exists. */
import { complete, configured, connectorOf, done, draft, ready, refusals, run } from '../support/connectors';
import { createWorkspace } from '../support/keys';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { createConnection } from '../support/story';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const numbered = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => ({ name: `Scope ${from + index}`, value: `scope:${from + index}` }));
const add = (connectorId: string, ...scopes: object[]) => run(server.ask, 'scopesAdd', { connectorId, scopes });
const scopesOf = async (id: string) => (await connectorOf(server.ask, id)).scopes;

const rules: [string, string, string[]][] = [
  ['name', 'a'.repeat(50), []],
  ['name', 'a'.repeat(51), ['TOO_LONG']],
  ['name', 'Read & write: files/* é', []],
  ['name', '', ['REQUIRED']],
  ['name', '_a', ['INVALID_START']],
  ['name', 'a$', ['INVALID_CHARACTERS']],
  ['value', 'https://www.example.com/auth/drive.readonly', []],
  ['value', "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", []],
  ['value', 'a'.repeat(255), []],
  ['value', 'a'.repeat(256), ['TOO_LONG']],
  ['value', '', ['REQUIRED']],
  ['value', 'a b', ['INVALID_CHARACTERS']],
  ['value', 'a"b', ['INVALID_CHARACTERS']],
  ['value', 'a\\b', ['INVALID_CHARACTERS']],
  ['value', 'é', ['INVALID_CHARACTERS']],
  ['value', 'a\n', ['INVALID_CHARACTERS']],
];

test.each(rules)('a new scope: %s %j: %j', async (part, value, codes) => {
  const id = await draft(server.ask);
  const scope = { name: 'Read', value: 'read', [part]: value };
  const payload = await add(id, scope);
  expect(refusals(payload)).toEqual(codes.map((code) => `ValidationError ${code} scopes.0.${part}`));
  if (codes.length > 0) expect([payload.scopes, await scopesOf(id)]).toEqual([null, { nodes: [], totalCount: 0 }]);
  else expect(payload.scopes).toEqual([{ id: expect.stringMatching(/^scp_/), ...scope }]);
});

test.each(rules)('a changed scope: %s %j: %j', async (part, value, codes) => {
  const id = await draft(server.ask);
  const { scopes } = await add(id, { name: 'Read', value: 'read' });
  const payload = await run(server.ask, 'scopeUpdate', { id: scopes[0].id, input: { [part]: value } });
  expect(refusals(payload)).toEqual(codes.map((code) => `ValidationError ${code} ${part}`));
  const expected = codes.length > 0 ? scopes[0] : { ...scopes[0], [part]: value };
  expect((await scopesOf(id)).nodes).toEqual([expected]);
  expect(payload.scope).toEqual(codes.length > 0 ? null : expected);
});

describe('adding', () => {
  test('keeps them in the order given', async () => {
    const id = await draft(server.ask);
    const { scopes } = await add(id, ...numbered(50));
    expect(scopes).toMatchObject(numbered(50));
    expect(await scopesOf(id)).toEqual({ nodes: scopes, totalCount: 50 });
  });

  test('goes to 50 and not further, told with the numbers', async () => {
    const id = await draft(server.ask);
    expect(refusals(await add(id, ...numbered(49)))).toEqual([]);
    const limit = { __typename: 'LimitError', code: 'LIMIT_REACHED', path: ['scopes'], limit: 50 };
    expect((await add(id, ...numbered(2, 50))).userErrors).toMatchObject([{ ...limit, actual: 51 }]);
    expect((await scopesOf(id)).totalCount).toBe(49);
    expect(refusals(await add(id, ...numbered(1, 50)))).toEqual([]);
    expect((await add(id, ...numbered(1, 51))).userErrors).toMatchObject([{ ...limit, actual: 51 }]);
    expect((await add(id, ...numbered(51))).userErrors.at(-1)).toMatchObject({ ...limit, actual: 101 });
    expect((await scopesOf(id)).totalCount).toBe(50);
  });

  test('is all or none, every broken rule told at once', async () => {
    const id = await draft(server.ask);
    await add(id, { name: 'Kept', value: 'kept' });
    const scopes = [
      { name: 'Fine', value: 'fine' },
      { name: '', value: 'a b' },
      { name: 'Again', value: 'kept' },
      { name: 'Twice', value: 'fine' },
    ];
    const payload = await add(id, ...scopes, ...numbered(46));
    expect(refusals(payload)).toEqual([
      'ConflictError ALREADY_EXISTS scopes.2.value',
      'ConflictError ALREADY_EXISTS scopes.3.value',
      'LimitError LIMIT_REACHED scopes',
      'ValidationError INVALID_CHARACTERS scopes.1.value',
      'ValidationError REQUIRED scopes.1.name',
    ]);
    expect(payload.scopes).toBeNull();
    expect((await scopesOf(id)).nodes).toMatchObject([{ name: 'Kept', value: 'kept' }]);
  });

  test('takes one name twice, one value not, and values that differ in case', async () => {
    const id = await draft(server.ask);
    const scopes = [
      { name: 'Same', value: 'a' },
      { name: 'Same', value: 'A' },
    ];
    expect(refusals(await add(id, ...scopes))).toEqual([]);
    expect((await scopesOf(id)).nodes).toMatchObject(scopes);
  });

  test('of none is nothing, of a thousand is refused', async () => {
    const id = await draft(server.ask);
    expect((await add(id)).scopes).toEqual([]);
    const { userErrors } = await add(id, ...numbered(1_000));
    expect(userErrors).toMatchObject([{ code: 'LIMIT_REACHED', limit: 50, actual: 1_000 }]);
  });

  test('the same value in another connector is another scope', async () => {
    const scope = { name: 'Read', value: 'read' };
    expect(refusals(await add(await draft(server.ask), scope))).toEqual([]);
    expect(refusals(await add(await draft(server.ask), scope))).toEqual([]);
  });
});

describe('changing', () => {
  test('changes what is given, and nothing else', async () => {
    const id = await draft(server.ask);
    const { scopes } = await add(id, ...numbered(2));
    const update = async (input: object) => (await done(server.ask, 'scopeUpdate', { id: scopes[0].id, input })).scope;
    expect(await update({ name: 'Other' })).toEqual({ ...scopes[0], name: 'Other' });
    expect(await update({ value: 'other' })).toEqual({ ...scopes[0], name: 'Other', value: 'other' });
    expect(await update({ value: 'other' })).toEqual({ ...scopes[0], name: 'Other', value: 'other' });
    expect(await update({})).toEqual({ ...scopes[0], name: 'Other', value: 'other' });
    expect((await scopesOf(id)).nodes[1]).toEqual(scopes[1]);
  });

  test('tells every broken rule at once', async () => {
    const { scopes } = await add(await draft(server.ask), ...numbered(2));
    const input = { name: '', value: 'scope:1' };
    expect(refusals(await run(server.ask, 'scopeUpdate', { id: scopes[1].id, input }))).toEqual([
      'ConflictError ALREADY_EXISTS value',
      'ValidationError REQUIRED name',
    ]);
    const nothing = { name: null, value: null };
    expect(refusals(await run(server.ask, 'scopeUpdate', { id: scopes[1].id, input: nothing }))).toEqual([
      'ValidationError REQUIRED name',
      'ValidationError REQUIRED value',
    ]);
  });
});

describe('deleting', () => {
  test('one or several, of several connectors too', async () => {
    const [one, other] = [await draft(server.ask), await draft(server.ask)];
    const { scopes } = await add(one, ...numbered(3));
    const { scopes: others } = await add(other, ...numbered(2));
    const ids = [scopes[0].id, scopes[2].id, others[1].id];
    expect((await done(server.ask, 'scopesDelete', { ids })).deletedIds).toEqual(ids);
    expect((await scopesOf(one)).nodes).toEqual([scopes[1]]);
    expect((await done(server.ask, 'scopesDelete', { ids: [scopes[1].id, scopes[1].id] })).deletedIds).toEqual([
      scopes[1].id,
    ]);
    expect([await scopesOf(one), (await scopesOf(other)).nodes]).toEqual([{ nodes: [], totalCount: 0 }, [others[0]]]);
    expect((await done(server.ask, 'scopesDelete', { ids: [] })).deletedIds).toEqual([]);
  });

  test('is all or none: each that is not there is told by its place', async () => {
    const id = await draft(server.ask);
    const { scopes } = await add(id, ...numbered(1));
    const payload = await run(server.ask, 'scopesDelete', { ids: ['scp_0', scopes[0].id, id] });
    expect(refusals(payload)).toEqual(['NotFoundError NOT_FOUND ids.0', 'NotFoundError NOT_FOUND ids.2']);
    expect(payload.deletedIds).toBeNull();
    expect((await scopesOf(id)).nodes).toEqual(scopes);
  });

  test('takes at most 50 at once', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `scp_${index}`);
    expect(new Set(refusals(await run(server.ask, 'scopesDelete', { ids: ids(50) })).map(codeOf))).toEqual(
      new Set(['NOT_FOUND']),
    );
    expect(refusals(await run(server.ask, 'scopesDelete', { ids: ids(51) }))).toEqual(['ValidationError TOO_LONG ids']);
    expect(refusals(await run(server.ask, 'scopesDelete', { ids: ids(1_000) }))).toEqual([
      'ValidationError TOO_LONG ids',
    ]);
  });
});

const codeOf = (refusal: string) => refusal.split(' ')[1];

test('once a connection exists none is changed or deleted, adding is possible; without it they are free again', async () => {
  const id = await ready(server.ask, complete.oauth2);
  const { scopes } = await add(id, ...numbered(2));
  const connection = await createConnection(server.ask, { connector: { id }, name: 'In use' });
  const before = await connectorOf(server.ask, id);
  const update = { id: scopes[0].id, input: { name: '' } };
  expect(refusals(await run(server.ask, 'scopeUpdate', update))).toEqual([
    'ConflictError IN_USE id',
    'ValidationError REQUIRED name',
  ]);
  expect(refusals(await run(server.ask, 'scopeUpdate', { ...update, input: {} }))).toEqual(['ConflictError IN_USE id']);
  const elsewhere = (await add(await draft(server.ask), ...numbered(1))).scopes[0].id;
  for (const ids of [[scopes[0].id], [scopes[1].id, scopes[0].id], [elsewhere, scopes[0].id]])
    expect(refusals(await run(server.ask, 'scopesDelete', { ids }))).toEqual(['ConflictError IN_USE ids']);
  expect(await connectorOf(server.ask, id)).toEqual(before);
  expect(refusals(await add(id, ...numbered(1, 3)))).toEqual([]);

  await dataOf(server.ask('mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }', { id: connection }));
  expect(refusals(await run(server.ask, 'scopeUpdate', { ...update, input: { name: 'Free' } }))).toEqual([]);
  expect(refusals(await run(server.ask, 'scopesDelete', { ids: [scopes[0].id] }))).toEqual([]);
});

test('of another workspace are not found', async () => {
  const ask = server.askAs((await createWorkspace(server.ask, 'Other')).secret);
  const connectorId = await configured(ask, complete.oauth2);
  const { scopes } = await done(ask, 'scopesAdd', { connectorId, scopes: numbered(1) });
  const update = { id: scopes[0].id, input: { name: 'Mine' } };
  expect(refusals(await run(server.ask, 'scopeUpdate', update))).toEqual(['NotFoundError NOT_FOUND id']);
  expect(refusals(await run(server.ask, 'scopesDelete', { ids: [scopes[0].id] }))).toEqual([
    'NotFoundError NOT_FOUND ids.0',
  ]);
  expect((await connectorOf(ask, connectorId)).scopes.nodes).toEqual(scopes);
});
