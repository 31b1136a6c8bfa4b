/** Introspection switched off: on no transport is the schema told, nor guessed at with the help of errors. */
import { getIntrospectionQuery } from 'graphql';
import { OWNER_KEY, startTestServer, type TestServer } from '../../support/server';
import { expectNone } from '../../support/trust';
import { CHAPTER, wayNames, ways } from './ways';

let silent: TestServer;
let open: TestServer;
const leaks: string[] = [];
let tried = 0;

beforeAll(async () => {
  [silent, open] = [await startTestServer({ env: { INTROSPECTION: 'false' } }), await startTestServer()];
});
afterAll(async () => {
  await Promise.all([silent.remove(), open.remove()]);
});

const filtered = 'query ($filter: ConnectionFilter) { connections(filter: $filter) { totalCount } }';
const misspelt: Record<string, { readonly query: string; readonly variables?: object }> = {
  'a field': { query: '{ viewr { role } }' },
  'a field of a type': { query: '{ viewer { rol } }' },
  'a selection that is missing': { query: '{ viewer }' },
  'an argument': { query: '{ connections(frst: 1) { totalCount } }' },
  'a type': { query: 'query ($by: ConnectionRf!) { connection(by: $by) { id } }' },
  'a fragment on a type': { query: '{ viewer { ... on Viewr { role } } }' },
  'an enum value': { query: '{ connections(filter: { status: CONNECTD }) { totalCount } }' },
  'a field of an input': { query: '{ connections(filter: { serch: "x" }) { totalCount } }' },
  'a field of an input in a variable': { query: filtered, variables: { filter: { serch: 'x' } } },
  'an enum value in a variable': { query: filtered, variables: { filter: { status: 'CONNECTD' } } },
};

describe.each(wayNames)('over %s', (way) => {
  test.each([
    ['everything', getIntrospectionQuery()],
    ['__schema', '{ __schema { queryType { name } } }'],
    ['__type', '{ __type(name: "Viewer") { fields { name } } }'],
    ['an alias', '{ harmless: __schema { queryType { name } } }'],
    ['a fragment', '{ ...F } fragment F on Query { __type(name: "Viewer") { name } }'],
    [
      'an operation beside the one that is run',
      'query A { viewer { role } } query B { __schema { queryType { name } } }',
    ],
  ])('%s is refused where the schema is kept back, and answered elsewhere', async (_what, query) => {
    const refused = await ways[way](silent, OWNER_KEY, query);
    tried += 1;
    if (JSON.stringify(refused.data ?? null) !== 'null') leaks.push(`${query} over ${way}`);
    expect(refused.codes[0]).toBe('BAD_USER_INPUT');
    expect(refused.messages[0]).toMatch(/^GraphQL introspection has been disabled, but /);
    expect(refused.data ?? null).toBeNull();
    if (!query.startsWith('query A')) expect((await ways[way](open, OWNER_KEY, query)).codes).toEqual([]);
  });

  test('__typename and everything else is answered', async () => {
    expect((await ways[way](silent, OWNER_KEY, '{ __typename viewer { __typename role } }')).data).toEqual({
      __typename: 'Query',
      viewer: { __typename: 'Viewer', role: 'OWNER' },
    });
  });

  test.each(Object.entries(misspelt))('%s that is misspelt is not put right', async (what, { query, variables }) => {
    const [told, kept] = [
      await ways[way](open, OWNER_KEY, query, variables),
      await ways[way](silent, OWNER_KEY, query, variables),
    ];
    tried += 1;
    expect(told.messages.join()).toMatch(/Did you mean .+\?$/);
    if (kept.messages.join().includes('Did you mean')) leaks.push(`${what} over ${way}`);
    expect(kept.codes).toEqual(told.codes);
    expect(kept.messages.join()).not.toContain('Did you mean');
  });
});

test('nothing of the schema is told', () => {
  expectNone(CHAPTER, 'names of the schema told although introspection is off', leaks, tried, 48);
});
