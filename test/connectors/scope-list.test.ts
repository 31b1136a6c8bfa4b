/** Lists of scopes: searched by name and value, and paged in both directions. */
import { done, draft, run } from '../support/connectors';
import { dataOf, startTestServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const numbered = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => ({ name: `Scope ${from + index}`, value: `scope:${from + index}` }));
const add = (connectorId: string, ...scopes: object[]) => run(server.ask, 'scopesAdd', { connectorId, scopes });

const pageQuery = `query ($id: ID!, $search: String, $first: Int, $after: String, $last: Int, $before: String) {
  connector(by: { id: $id }) {
    scopes(search: $search, first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { value } } nodes { value }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
    }
  }
}`;
const page = async (id: string, variables: object = {}) =>
  (await dataOf(server.ask(pageQuery, { id, ...variables }))).connector.scopes;
const values = ({ nodes }: { nodes: { value: string }[] }) => nodes.map(({ value }) => value);
const search = async (id: string, text: string) => values(await page(id, { search: text }));

test('are searched by name and by value, whatever the case, wildcards taken as they are', async () => {
  const id = await draft(server.ask);
  await add(
    id,
    { name: 'Read files', value: 'files.content.read' },
    { name: 'WRITE Files', value: 'files.content.write' },
    { name: 'Über * uns', value: 'a%b_c' },
    { name: 'Profil', value: 'PROFILE' },
  );
  expect(await search(id, 'FILES')).toEqual(['files.content.read', 'files.content.write']);
  expect(await search(id, 'write')).toEqual(['files.content.write']);
  expect(await search(id, 'content.r')).toEqual(['files.content.read']);
  expect(await search(id, 'profile')).toEqual(['PROFILE']);
  expect(await search(id, 'ÜBER')).toEqual(['a%b_c']);
  expect(await search(id, '%')).toEqual(['a%b_c']);
  expect(await search(id, '_')).toEqual(['a%b_c']);
  expect(await search(id, '*')).toEqual(['a%b_c']);
  expect(await search(id, '\\')).toEqual([]);
  expect(await search(id, "'")).toEqual([]);
  expect(await search(id, '')).toHaveLength(4);
});

test('are paged forward and backward, also those that were searched', async () => {
  const id = await draft(server.ask);
  await add(id, ...numbered(25));
  const all = numbered(25).map(({ value }) => value);
  expect(values(await page(id))).toEqual(all.slice(0, 20));
  const first = await page(id, { first: 10 });
  expect(first).toMatchObject({ totalCount: 25, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
  const second = await page(id, { first: 15, after: first.pageInfo.endCursor });
  expect([...values(first), ...values(second)]).toEqual(all);
  expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  const last = await page(id, { last: 5 });
  expect(values(last)).toEqual(all.slice(20));
  const before = await page(id, { last: 100, before: last.pageInfo.startCursor });
  expect(values(before)).toEqual(all.slice(0, 20));
  const found = await page(id, { search: ':1', first: 2 });
  expect(found).toMatchObject({ totalCount: 11, pageInfo: { hasNextPage: true } });
  expect(values(found)).toEqual(['scope:1', 'scope:10']);
  const more = await page(id, { search: ':1', after: found.pageInfo.endCursor });
  expect(values(more)).toEqual(Array.from({ length: 9 }, (_, index) => `scope:${11 + index}`));
});

test('a changed one is found by its new name and value', async () => {
  const id = await draft(server.ask);
  const { scopes } = await add(id, { name: 'Before', value: 'before' });
  await done(server.ask, 'scopeUpdate', { id: scopes[0].id, input: { name: 'After', value: 'now' } });
  expect(await search(id, 'after')).toEqual(['now']);
  expect(await search(id, 'before')).toEqual([]);
});
