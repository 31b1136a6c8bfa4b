/** Searches among more connections than are looked at one by one: what the index finds is what has the text in a name, and nothing else. */
import fc from 'fast-check';
import { change, isOnPostgres } from '../support/database';
import { createWorkspace } from '../support/keys';
import { addNamed, addNumbered, idOf } from '../support/many-connections';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { createConnection, readyConnector, staticConfigs, succeeded } from '../support/story';

jest.setTimeout(120_000);

/** What is first, and in no way like what is searched; more than are looked at without the index. */
const FILLERS = 1100;
/** More hits than are put in order. */
const MANY = 5100;

let server: TestServer;
let ask: Ask;
let other: Ask;
/** The names in lower case and the link names of all in the first workspace, by id, in the order of ids. */
const named = new Map<string, [name: string, linkName: string]>();
const remember = (number: number, name: string) => named.set(idOf(number), [name.toLowerCase(), `link${number}`]);

/** Letters that meet often, capitals that are several letters in lower case, what both databases give a meaning, and anything else. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...'aAbBäÄßİIıſKÅ漢字🦊🙈 %_\\"\'*^:+-(){}', 'OR', 'NEAR(', 'AND ', 'é', 'e\u0301', '\u200d'),
    minLength: 1,
    maxLength: 12,
  }),
  // U+FFFE and U+FFFF are U+FFFD to SQLite.
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((any) => !/[\0\ufffd-\uffff]/u.test(any)),
);
const names = fc.sample(text, { numRuns: 400, seed: 7 });
const operators = [
  '"',
  '""',
  '"a" OR "b"',
  'a*',
  'NEAR(a b)',
  '^nameKey',
  'nameKey:a',
  'a AND',
  'NOT a',
  "it's",
  '-a',
  '{a}',
];

async function connectorWithModel(by: Ask): Promise<string> {
  const connector = await readyConnector(by, { name: 'API' }, staticConfigs.basic);
  return createConnection(by, { connector: { id: connector }, name: 'Model' });
}

beforeAll(async () => {
  server = await startTestServer();
  ask = server.askAs((await createWorkspace(server.ask, 'One')).secret);
  other = server.askAs((await createWorkspace(server.ask, 'Other')).secret);
  const [model, othersModel] = [await connectorWithModel(ask), await connectorWithModel(other)];
  named.set(model, ['model', 'model']);
  await addNumbered(server.dataDir, model, [1, FILLERS], 'filler ');
  for (let number = 1; number <= FILLERS; number += 1) remember(number, `filler ${number}`);
  const all = [...names, ...operators];
  await addNamed(server.dataDir, model, 2000, all);
  for (const [index, name] of all.entries()) remember(2000 + index, name);
  // Numbers of the one workspace lie between numbers of the other.
  await addNumbered(server.dataDir, othersModel, [3001, 3000 + FILLERS], 'filler ');
  await addNamed(server.dataDir, othersModel, 5000, ['Only there', ...names.slice(0, 50)]);
  await addNumbered(server.dataDir, model, [10_001, 10_000 + MANY], 'Crowd ');
  for (let number = 10_001; number <= 10_000 + MANY; number += 1) remember(number, `crowd ${number}`);
});
afterAll(() => server.remove());

async function find(search: string, args: object = {}, by: Ask = ask) {
  const query = `query ($search: String!, $first: Int, $after: String, $last: Int, $before: String) {
    connections(filter: { search: $search }, first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;
  const { nodes, ...page } = (await dataOf(by(query, { search, ...args }))).connections;
  return { ids: (nodes as { id: string }[]).map(({ id }) => id), ...page };
}

/** What has `search` in one of its names. */
const expected = (search: string) =>
  [...named].filter(([, both]) => both.some((name) => name.includes(search.toLowerCase()))).map(([id]) => id);

/** That a search finds this and no more, from the front and from the back. */
async function expectFound(search: string, ids: readonly string[]) {
  const forward = await find(search, { first: 100 });
  expect([search, forward.ids, forward.totalCount]).toEqual([search, ids.slice(0, 100), ids.length]);
  const backward = await find(search, { last: 3 });
  expect([search, backward.ids, backward.totalCount]).toEqual([search, ids.slice(-3), ids.length]);
  expect([forward.pageInfo.hasNextPage, backward.pageInfo.hasPreviousPage]).toEqual([ids.length > 100, ids.length > 3]);
}

const meaningful = ['%', '_', '%%%', '___', '\\', '\\\\\\', 'OR ', 'near(', '🦊', 'ß', 'i̇', 'ab', 'a'];

test.each([...operators, ...meaningful])('for %j', (search) => expectFound(search, expected(search)));

test('for parts of what is there, in either case, and for anything else', async () => {
  const part = fc.tuple(fc.constantFrom(...names), fc.nat(11), fc.integer({ min: 1, max: 12 }), fc.boolean());
  const parts = part.map(([name, from, length, isUpper]) => {
    const characters = [...name].slice(from % [...name].length);
    const found = characters.slice(0, length).join('');
    return isUpper ? found.toUpperCase() : found;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(parts, text), (search) => expectFound(search, expected(search))),
    { numRuns: 150 },
  );
});

test('page by page, each item once', async () => {
  const ids = expected('a');
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const { ids: some, pageInfo }: Awaited<ReturnType<typeof find>> = await find('a', { first: 7, after });
    seen.push(...some);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);
  expect(seen).toEqual(ids);
});

test('for what so many have that they are not put in order: each page, near and far, and how many there are', async () => {
  for (const search of ['crowd', 'Crowd 1', 'rowd 10']) {
    const ids = expected(search);
    const { pageInfo, ...page } = await find(search);
    expect(page).toEqual({ ids: ids.slice(0, 20), totalCount: ids.length });
    expect((await find(search, { after: pageInfo.endCursor })).ids).toEqual(ids.slice(20, 40));
    expect((await find(search, { last: 5 })).ids).toEqual(ids.slice(-5));
  }
  expect((await find('crowd 15100')).ids).toEqual([idOf(15_100)]);
  expect((await find('filler')).totalCount).toBe(FILLERS);
  expect((await find('filler 1100')).ids).toEqual([idOf(1100)]);
});

test('in one workspace, what another one has is not found', async () => {
  expect(await find('only there')).toMatchObject({ ids: [], totalCount: 0 });
  expect(await find('only there', {}, other)).toMatchObject({ ids: [idOf(5000)], totalCount: 1 });
  expect(await find('crowd', {}, other)).toMatchObject({ ids: [], totalCount: 0 });
});

test('after a name was changed, and after the connection was deleted', async () => {
  const fresh = await createConnection(other, { connector: { linkName: 'API' }, name: 'Zebra one' });
  const found = async (search: string) => (await find(search, {}, other)).ids;
  // Made last, but by the server: its id is before those of the fillers.
  expect(await found('zebra')).toEqual([fresh]);
  const update = `mutation ($id: ID!, $name: String!) {
    connectionUpdate(id: $id, input: { name: $name }) { userErrors { code } }
  }`;
  const rename = async (id: string, name: string) =>
    succeeded((await dataOf(other(update, { id, name }))).connectionUpdate);
  const last = idOf(5000);
  await rename(last, 'Giraffe');
  expect([await found('only there'), await found('iraff')]).toEqual([[], [last]]);
  await rename(last, 'Giraffe');
  expect(await found('GIRAFFE')).toEqual([last]);
  for (const id of [last, fresh])
    succeeded(
      (await dataOf(other('mutation ($id: ID!) { connectionDelete(id: $id) { userErrors { code } } }', { id })))
        .connectionDelete,
    );
  expect([await found('iraff'), await found('zebra')]).toEqual([[], []]);
});

if (!isOnPostgres)
  test('the index is what the names are', async () => {
    const check = () =>
      change(server.dataDir, "INSERT INTO connection_search (connection_search, rank) VALUES ('integrity-check', 1)");
    await check();
    // It would say otherwise: a name is changed where the index does not hear of it.
    await change(server.dataDir, 'DROP TRIGGER connection_search_updates');
    await change(server.dataDir, 'UPDATE connection SET "nameKey" = ? WHERE id = ?', 'unheard of', idOf(1));
    // Its error is of another realm where this process has opened a database for another test file before.
    await expect(check()).rejects.toMatchObject({ message: expect.stringContaining('malformed') });
  });
