/** URLs that look like those of the honest API, with the credentials of every auth type: the attacker is never called. */
import { invoke } from '../../support/invoke';
import { dataOf } from '../../support/server';
import { amount, expectNone } from '../../support/trust';
import { sampleOf } from '../door/sample';
import { deceptiveUrls, honestUrls } from './urls';
import { API, canariesIn, connect, kinds, spoils, startWorld, type World } from './world';

const CHAPTER = 'Credentials stay home';

// Many attempts in one test, and there may be much else to do for the machine.
jest.setTimeout(amount(60_000, 1_200_000));

let world: World;
let origin: string;
beforeAll(async () => {
  world = await startWorld();
  origin = `http://${API}:${world.port}`;
});
afterAll(() => world.close());

/** Values of a header as it came in. */
const valuesOf = (rawHeaders: readonly string[], name: string) =>
  rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);

test.each(kinds)('$name', async (kind) => {
  const { id } = await connect(world, kind, [`${API}:${world.port}`]);
  const honest = await invoke(world.ask, id, { url: `${origin}/x` });
  expect(honest.response?.status).toBe(200);
  const { rawHeaders, target, body } = world.provider.seen.at(-1)!;
  const carriers = [...kind.headers.flatMap((name) => valuesOf(rawHeaders, name)), target, body];
  expect(carriers.some((text) => kind.proof.test(text))).toBe(true); // what there is to be stolen

  const urls = [...deceptiveUrls(world.port), ...honestUrls(origin)];
  const tried = sampleOf(urls, amount(20, urls.length));
  const hits: string[] = [];
  for (const [turn, url] of tried.entries()) {
    const [before, seenBefore] = [spoils(world).connections, world.provider.seen.length];
    const method = turn % 2 ? 'GET' : 'POST';
    const { response, userErrors } = await invoke(world.ask, id, { url, method });
    const seen = world.provider.seen.slice(seenBefore);
    const strangeHosts = seen
      .flatMap((one) => valuesOf(one.rawHeaders, 'host'))
      .filter((host) => host !== `${API}:${world.port}`);
    const isClear = response ? seen.length === 1 : userErrors.length > 0 && seen.length === 0;
    if (spoils(world).connections > before || strangeHosts.length > 0 || !isClear)
      hits.push(`${method} ${url}: ${response?.status} ${userErrors.map(({ code }) => code)} ${strangeHosts}`);
  }
  expect(world.dials).toEqual([]);
  expectNone(CHAPTER, `${kind.name}: deceptive URLs that reach the attacker`, hits, tried.length, 250);
});

describe('allowed hosts', () => {
  const refused = [
    '*',
    '*.',
    '*.test',
    '*.*.test',
    '**.example.test',
    'api.*',
    'api.*.test',
    '*api.example.test',
    '.example.test',
    'api..example.test',
    'api.example.test.',
    'http://api.example.test',
    'api.example.test/',
    'api.example.test?',
    'api.example.test#',
    'api.example.test\\',
    'user@api.example.test',
    'api.example.test:0',
    'api.example.test:65536',
    'api.example.test:x',
    'api.example.test:80:80',
    '*.127.0.0.1',
    '*.[::1]',
    '[::1',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    'аpi.example.test',
    'api。example.test',
    'ａｐｉ.example.test',
    'api.example.test%2e',
    ' api.example.test',
    'api.example.test\n',
    '10.0.0.0/8',
    '',
  ];

  const patterns = (port: number) => [
    `${API}:${port}`,
    `*.${API}:${port}`,
    `127.0.0.2:${port}`,
    `API.Example.TEST:${port}`,
  ];

  test('mean what everybody reads in them, or are refused; and let nobody through but those', async () => {
    const { id, connector } = await connect(world, kinds[4]!, []);
    const set = async (hosts: readonly string[]) => {
      const query = `mutation ($id: ID!, $hosts: [String!]!) {
        connectorUpdate(id: $id, input: { allowedHosts: $hosts }) { userErrors { code } }
      }`;
      return (await dataOf(world.ask(query, { id: connector, hosts }))).connectorUpdate.userErrors.length;
    };
    const accepted: string[] = [];
    for (const pattern of refused) if ((await set([pattern])) === 0) accepted.push(pattern);
    expectNone(CHAPTER, 'ambiguous patterns that are taken for allowed hosts', accepted, refused.length, 30);

    const hits: string[] = [];
    let tried = 0;
    const urls = deceptiveUrls(world.port);
    for (const pattern of patterns(world.port)) {
      expect(await set([pattern])).toBe(0);
      for (const url of sampleOf(urls, amount(12, urls.length), 7)) {
        tried += 1;
        const before = spoils(world).connections;
        await invoke(world.ask, id, { url });
        if (spoils(world).connections > before) hits.push(`${pattern} ${url}`);
      }
    }
    expect([world.dials, canariesIn(Buffer.concat(world.heard()))]).toEqual([[], []]);
    expectNone(CHAPTER, 'deceptive URLs that get past a pattern', hits, tried, 900);
  });
});
