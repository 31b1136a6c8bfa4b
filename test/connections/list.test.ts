/** The list of connections: filtered, and page by page. */
import { createWorkspace } from '../support/keys';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let server: TestServer;
let peer: PeerApi;
let ask: Ask;
let first: string;
let second: string;

beforeAll(async () => {
  peer = await startPeerApi();
  server = await startTestServer();
  ask = server.askAs((await createWorkspace(server.ask, 'Lists')).secret);
  first = await readyConnector(ask, { name: 'First', allowedHosts: [peer.host] }, staticConfigs.basic);
  second = await readyConnector(ask, { name: 'Second', allowedHosts: [peer.host] }, staticConfigs.basic);
  const make = (connector: string, name: string, linkName: string) =>
    createConnection(ask, { connector: { id: connector }, name, linkName });
  const [, good, refused, , revoked] = [
    await make(first, 'Never yet', 'a_one'),
    await make(first, 'Good', 'b_two'),
    await make(first, 'Refused', 'c_three'),
    await make(second, 'Büro 100 _x\\y', 'd_FOUR'),
    await make(second, 'Revoked', 'e_five'),
  ];
  for (const id of [good, refused, revoked]) await authorize(ask, id, staticCredentials.basic);
  peer.answer((_received, response) => response.writeHead(401).end());
  await dataOf(
    ask('mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { response { status } } }', {
      input: { connection: { id: refused }, method: 'GET', url: `${peer.url}/` },
    }),
  );
  await dataOf(ask('mutation ($id: ID!) { connectionRevoke(id: $id) { connection { id } } }', { id: revoked }));
});
afterAll(async () => {
  await peer.close();
  await server.remove();
});

async function page(args: object = {}, by: Ask = ask) {
  const query = `query ($filter: ConnectionFilter, $first: Int, $after: String, $last: Int, $before: String) {
    connections(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { linkName } edges { cursor node { linkName } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;
  return (await dataOf(by(query, args))).connections;
}
const linkNames = ({ nodes }: { nodes: { linkName: string }[] }) => nodes.map(({ linkName }) => linkName);
const all = ['a_one', 'b_two', 'c_three', 'd_FOUR', 'e_five'];

test('without a filter it has all of the workspace, oldest first', async () => {
  const answer = await page();
  expect([linkNames(answer), answer.totalCount]).toEqual([all, 5]);
  expect(linkNames(await page({}, server.ask))).toEqual([]);
});

test.each<[string, () => object, string[]]>([
  ['null', () => ({ connectorId: null, status: null, needsAttention: null, search: null }), all],
  ['a connector', () => ({ connectorId: second }), ['d_FOUR', 'e_five']],
  ['a connector that is not there', () => ({ connectorId: 'cnr_0' }), []],
  ['UNAUTHORIZED', () => ({ status: 'UNAUTHORIZED' }), ['a_one', 'd_FOUR']],
  ['CONNECTED', () => ({ status: 'CONNECTED' }), ['b_two', 'c_three']],
  ['NEEDS_ATTENTION', () => ({ status: 'NEEDS_ATTENTION' }), []],
  ['REVOKED', () => ({ status: 'REVOKED' }), ['e_five']],
  ['who needs attention', () => ({ needsAttention: true }), ['c_three']],
  ['who needs none', () => ({ needsAttention: false }), ['a_one', 'b_two', 'd_FOUR', 'e_five']],
  ['a part of a name', () => ({ search: 'efuse' }), ['c_three']],
  ['a part of a link name', () => ({ search: 'four' }), ['d_FOUR']],
  ['a part in another case', () => ({ search: 'BÜRO' }), ['d_FOUR']],
  ['a % alone', () => ({ search: '%' }), []],
  ['a % that would match', () => ({ search: 'G%d' }), []],
  ['a _ that is meant', () => ({ search: ' _x' }), ['d_FOUR']],
  ['a _ that would match', () => ({ search: 'G__d' }), []],
  ['a backslash', () => ({ search: '\\y' }), ['d_FOUR']],
  ['a quote', () => ({ search: "'" }), []],
  ['nothing to search for', () => ({ search: '' }), all],
  [
    'several at once',
    () => ({ connectorId: first, status: 'CONNECTED', needsAttention: false, search: 'o' }),
    ['b_two'],
  ],
])('%s as a filter lists what fits', async (_what, filter, expected) => {
  const answer = await page({ filter: filter() });
  expect([linkNames(answer), answer.totalCount]).toEqual([expected, expected.length]);
});

describe('pages', () => {
  test('forward hold each item once, and end', async () => {
    const seen: string[][] = [];
    let after: string | null = null;
    do {
      const { pageInfo, ...answer } = await page({ first: 2, after });
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(linkNames(answer as never));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after);
    expect(seen).toEqual([['a_one', 'b_two'], ['c_three', 'd_FOUR'], ['e_five']]);
  });

  test('backward hold each item once, in the same order, and end', async () => {
    const seen: string[][] = [];
    let before: string | null = null;
    do {
      const { pageInfo, ...answer } = await page({ last: 2, before });
      expect(pageInfo.hasNextPage).toBe(before !== null);
      seen.push(linkNames(answer as never));
      before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
    } while (before);
    expect(seen).toEqual([['d_FOUR', 'e_five'], ['b_two', 'c_three'], ['a_one']]);
  });

  test('have cursors at each item, and know the whole count', async () => {
    const { edges, pageInfo, totalCount } = await page({ first: 3 });
    expect(totalCount).toBe(5);
    expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0].cursor, edges[2].cursor]);
    expect(linkNames(await page({ after: edges[0].cursor }))).toEqual(all.slice(1));
    expect(linkNames(await page({ before: edges[2].cursor }))).toEqual(all.slice(0, 2));
  });

  test('stay where they were when something before them is deleted, and the filter goes along', async () => {
    const filter = { connectorId: first };
    const { pageInfo } = await page({ filter, first: 1 });
    const query = 'mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }';
    const doomed = await createConnection(ask, { connector: { id: first }, name: 'x', linkName: 'doomed' });
    const next = await page({ filter, first: 10, after: pageInfo.endCursor });
    expect(linkNames(next)).toEqual(['b_two', 'c_three', 'doomed']);
    await dataOf(ask(query, { id: doomed }));
    expect(linkNames(await page({ filter, after: next.pageInfo.endCursor }))).toEqual([]);
    expect(linkNames(await page({ filter, last: 1, before: next.pageInfo.endCursor }))).toEqual(['c_three']);
  });

  test('of nothing have no cursors', async () => {
    const { edges, pageInfo } = await page({ filter: { search: 'nothing of the kind' } });
    expect([edges, pageInfo]).toEqual([
      [],
      { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    ]);
  });
});
