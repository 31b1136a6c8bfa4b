/** Lists of connectors: filtered, searched, and paged forward and backward without missing or repeating one. */
import { badUserInput, complete, configured, done, draft, ready } from '../support/connectors';
import { createWorkspace } from '../support/keys';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';

const COUNT = 105;
let server: TestServer;
let ask: Ask;
let all: string[];
beforeAll(async () => {
  server = await startTestServer();
  ask = server.askAs((await createWorkspace(server.ask, 'Many')).secret);
  all = [];
  for (let number = 0; number < COUNT; number += 1) all.push(await draft(ask, { name: `Number ${number}` }));
});
afterAll(() => server.remove());

const query = `query ($filter: ConnectorFilter, $first: Int, $after: String, $last: Int, $before: String) {
  connectors(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount
  }
}`;

interface Page {
  readonly edges: { cursor: string; node: { id: string } }[];
  readonly nodes: { id: string }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
  readonly totalCount: number;
}

const page = async (variables: object = {}, as = ask): Promise<Page> => (await dataOf(as(query, variables))).connectors;
const ids = ({ nodes }: Page) => nodes.map(({ id }) => id);

describe('a page', () => {
  test('has 20 from the oldest on, unless something else is asked for', async () => {
    const usual = await page();
    expect(ids(usual)).toEqual(all.slice(0, 20));
    expect(usual.edges.map(({ node }) => node)).toEqual(usual.nodes);
    expect(usual.totalCount).toBe(COUNT);
    expect(usual.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: usual.edges[0]?.cursor,
      endCursor: usual.edges[19]?.cursor,
    });
    expect(ids(await page({ first: null, after: null, last: null, before: null, filter: null }))).toEqual(
      all.slice(0, 20),
    );
  });

  test.each([
    [{ first: 1 }, [0, 1]],
    [{ first: 100 }, [0, 100]],
    [{ last: 1 }, [COUNT - 1, COUNT]],
    [{ last: 100 }, [COUNT - 100, COUNT]],
  ])('of %j', async (asked, [from, to]) => {
    const asked_ = await page(asked);
    expect(ids(asked_)).toEqual(all.slice(from, to));
    expect(asked_.pageInfo).toMatchObject({ hasNextPage: 'first' in asked, hasPreviousPage: 'last' in asked });
  });

  test.each([
    { first: 0 },
    { first: 101 },
    { first: -1 },
    { last: 0 },
    { last: 101 },
    { last: -5 },
    { first: 1, last: 1 },
    { first: 1, before: 'x' },
    { last: 1, after: 'x' },
    { after: '' },
    { after: 'x' },
    { before: 'not a cursor' },
    { after: Buffer.from('cnr_1').toString('base64url') },
    { after: Buffer.from(`cnr_${"'".repeat(32)}`).toString('base64url') },
    { after: `${Buffer.from(`cnr_${'0'.repeat(32)}`).toString('base64url')}=` },
    { first: 1.5 },
    { first: 3_000_000_000 },
  ])('is not asked for with %j', async (asked) => expect(await badUserInput(ask(query, asked))).toBe(true));

  test.each([1, 7, 50, 100])('of %d after the other gives each once, forward', async (first) => {
    const seen: string[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      const next: Page = await page({ first, after });
      expect(next.pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...ids(next));
      ({ hasNextPage: more, endCursor: after } = next.pageInfo);
      if (first === 1 && seen.length === 10) break;
    }
    expect(seen).toEqual(first === 1 ? all.slice(0, 10) : all);
  });

  test.each([7, 100])('of %d before the other gives each once, backward', async (last) => {
    const seen: string[] = [];
    let before: string | null = null;
    for (let more = true; more; ) {
      const next: Page = await page({ last, before });
      expect(next.pageInfo.hasNextPage).toBe(before !== null);
      seen.unshift(...ids(next));
      ({ hasPreviousPage: more, startCursor: before } = next.pageInfo);
    }
    expect(seen).toEqual(all);
  });

  test('of nothing has no cursors', async () => {
    const nothing = { edges: [], nodes: [], totalCount: 0 };
    expect(await page({ filter: { search: 'no such name' } })).toEqual({
      ...nothing,
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    const end = (await page({ last: 1 })).pageInfo.endCursor;
    expect(await page({ after: end })).toMatchObject({
      ...nothing,
      totalCount: COUNT,
      pageInfo: { hasNextPage: false },
    });
  });
});

test('a cursor stays good when connectors are made, changed and deleted, its own too', async () => {
  const as = server.askAs((await createWorkspace(server.ask, 'Changing')).secret);
  const made: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) made.push(await draft(as, { name }));
  const [a = '', b = '', c = '', d = '', e = ''] = made;
  const first = await page({ first: 2 }, as);
  expect(ids(first)).toEqual([a, b]);
  await done(as, 'connectorDelete', { id: b });
  await done(as, 'connectorDelete', { id: a });
  await done(as, 'connectorUpdate', { id: d, input: { name: 'Z' } });
  const f = await draft(as, { name: 'f' });
  expect(ids(await page({ after: first.pageInfo.endCursor }, as))).toEqual([c, d, e, f]);
});

describe('a filter', () => {
  let as: Ask;
  const made: Record<string, string> = {};
  beforeAll(async () => {
    as = server.askAs((await createWorkspace(server.ask, 'Filtered')).secret);
    made.dropbox = await ready(as, complete.oauth2, { name: 'Dropbox', linkName: 'files' });
    made.weather = await configured(as, complete.apiKey, { name: 'Open Weather' });
    made.twilio = await ready(as, complete.basic, { name: 'Twilio' });
    made.drop = await configured(as, complete.oauth2, { name: 'DROP & more', linkName: 'a_1' });
    made.new = await draft(as, { name: 'Über_uns', linkName: 'b_1' });
  });

  test.each([
    [{}, ['dropbox', 'weather', 'twilio', 'drop', 'new']],
    [{ stage: 'READY' }, ['dropbox', 'twilio']],
    [{ stage: 'DRAFT' }, ['weather', 'drop', 'new']],
    [{ authType: 'OAUTH2' }, ['dropbox', 'drop']],
    [{ authType: 'BASIC' }, ['twilio']],
    [{ authType: 'AWS' }, []],
    [{ stage: 'READY', authType: 'OAUTH2' }, ['dropbox']],
    [{ search: 'drop' }, ['dropbox', 'drop']],
    [{ search: 'OPEN wEATHER' }, ['weather']],
    [{ search: 'FILES' }, ['dropbox']],
    [{ search: 'open_w' }, ['weather']],
    [{ search: 'über' }, ['new']],
    [{ search: 'ÜBER_' }, ['new']],
    [{ search: '_1' }, ['drop', 'new']],
    [{ search: '%' }, []],
    [{ search: '\\' }, []],
    [{ search: "' OR 1=1 --" }, []],
    [{ search: '' }, ['dropbox', 'weather', 'twilio', 'drop', 'new']],
    [{ stage: null, authType: null, search: null }, ['dropbox', 'weather', 'twilio', 'drop', 'new']],
    [{ search: 'drop', stage: 'DRAFT', authType: 'OAUTH2' }, ['drop']],
  ])('%j finds %j', async (filter, names) => {
    const found = await page({ filter }, as);
    expect(ids(found)).toEqual(names.map((name) => made[name]));
    expect(found.totalCount).toBe(names.length);
  });

  test('holds on every page', async () => {
    const filter = { stage: 'DRAFT' };
    const first = await page({ filter, first: 2 }, as);
    const second = await page({ filter, first: 2, after: first.pageInfo.endCursor }, as);
    expect([...ids(first), ...ids(second)]).toEqual([made.weather, made.drop, made.new]);
    expect([first.totalCount, second.totalCount, second.pageInfo.hasNextPage]).toEqual([3, 3, false]);
  });

  test('follows changes', async () => {
    await done(as, 'connectorUpdate', { id: made.twilio, input: { name: 'SMS' } });
    expect(ids(await page({ filter: { search: 'sms' } }, as))).toEqual([made.twilio]);
  });

  test('never finds another workspace’s', async () => {
    const found = await page({ filter: { search: 'number 1' }, first: 100 }, as);
    expect(found).toMatchObject({ nodes: [], totalCount: 0 });
  });
});

test('a cursor of another list is refused', async () => {
  const { data } = await server.ask('{ apiKeys(first: 1) { pageInfo { endCursor } } }');
  const { errors } = await server.ask('query ($after: String) { connectors(after: $after) { totalCount } }', {
    after: data.apiKeys.pageInfo.endCursor,
  });
  expect(errors?.map(({ message, extensions }) => [extensions.code, message])).toEqual([
    ['BAD_USER_INPUT', 'That is a cursor of another list: give one that a page of this list answered.'],
  ]);
});
