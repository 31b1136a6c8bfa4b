/** Every spelling given as the URL itself, on every way out, and put together from connection variables: nothing is called. */
import { parseUrl } from '../../../src/parse-url';
import { dataOf } from '../../support/server';
import { createConnector } from '../../support/story';
import { amount, expectNone } from '../../support/trust';
import { sampleOf } from './sample';
import { type Spelling, spellings } from './spellings';
import { connectionOn, startCaller, startWorld, type Way, type World, ways, wayTo } from './world';

const CHAPTER = 'The door out';

// Many attempts in one test, and there may be much else to do for the machine.
jest.setTimeout(amount(60_000, 1_200_000));

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const chosen = (short: number): Spelling[] => sampleOf(spellings(world.port), amount(short, 500));

/** What an attempt is wrong with: it was called, or the caller is not told anything. */
async function attempt(label: string, go: () => Promise<string>): Promise<string[]> {
  const before = world.dials.length + world.connections();
  const said = await go().catch((error: Error) => `!${error.message}`);
  if (world.dials.length + world.connections() > before) return [`${label}: called ${world.dials.slice(-1)}`];
  return said === '' || said.startsWith('!') || /\bINTERNAL\b/.test(said) ? [`${label}: told "${said}"`] : [];
}

/** Configures a draft; gives what is refused of it. */
async function configure(id: string, authConfig: object): Promise<string> {
  const query = `mutation ($id: ID!, $authConfig: AuthConfigInput!) {
    connectorSetAuthConfig(id: $id, authConfig: $authConfig) { userErrors { code message } }
  }`;
  const { userErrors } = (await dataOf(world.ask(query, { id, authConfig }))).connectorSetAuthConfig;
  return userErrors.map(({ code, message }: { code: string; message: string }) => `${code} ${message}`).join(' ');
}

test.each(ways)('as the URL of a provider: $name', async (way) => {
  const draft = await createConnector(world.ask, { name: `Draft ${way.name}`, allowedHosts: [] });
  const hits: string[] = [];
  let asInput = 0;
  const tried = chosen(15);
  for (const { url } of tried) {
    hits.push(
      ...(await attempt(`${way.name} ${url}`, async () => {
        const refusal = await configure(draft, way.config(world.origin, url));
        if (refusal) asInput += 1;
        return refusal || way.go(world, await connectionOn(world, way, await wayTo(world, way, url)));
      })),
    );
  }
  expect(asInput).toBeGreaterThan(tried.length / 2);
  expect(asInput).toBeLessThan(tried.length);
  expectNone(CHAPTER, `${way.name}: URLs given as they are`, hits, tried.length, 400);
});

/** Hosts of as many labels as there are variables: `{a}.{b}`. */
const labels = ['a', 'b', 'c', 'd'];

test.each(ways)('put together from connection variables: $name', async (way: Way) => {
  const tried = spellings(world.port).filter(({ host }) => /^[a-z0-9]+(\.[a-z0-9]+){0,3}$/i.test(host));
  const hits: string[] = [];
  let asInput = 0;
  const refusedAsInput = (error: Error) => {
    if (!error.message.startsWith('User errors: ')) throw error;
    asInput += 1;
    return error.message;
  };
  const some = sampleOf(tried, amount(12, tried.length));
  for (const size of [1, 2, 3, 4]) {
    const names = labels.slice(0, size);
    const url = `http://${names.map((name) => `{${name}}`).join('.')}:${world.port}${way.path}`;
    const variablesOf = (host: string) =>
      Object.fromEntries(host.split('.').map((label, index) => [names[index] ?? '', label]));
    const connector = await wayTo(world, way, url, variablesOf('1.1.1.1'.slice(0, 2 * size - 1)));
    for (const { host } of some.filter((one) => one.host.split('.').length === size))
      hits.push(
        ...(await attempt(`${way.name} ${host}`, () =>
          connectionOn(world, way, connector, variablesOf(host)).then(
            (connection) => way.go(world, connection),
            refusedAsInput,
          ),
        )),
      );
  }
  // Numbers that are no address are refused before anything is tried.
  expect(asInput).toBeLessThan(some.length / 2);
  expectNone(CHAPTER, `${way.name}: hosts put together from variables`, hits, some.length, 100);
});

test('as the URL of a call, of a connector that allows its host', async () => {
  const caller = await startCaller(world);
  const tried = chosen(50);
  const hits: string[] = [];
  const outcomes: Record<string, number> = {};
  for (let at = 0; at < tried.length; at += 50) {
    const group = tried.slice(at, at + 50);
    const hosts = group
      .map(({ url }) => parseUrl(url)?.hostname ?? '')
      .filter((host) => /^[a-z0-9._:[\]-]+$/.test(host));
    await caller.allow([...new Set(hosts)].filter((host) => !host.endsWith('.') && !host.startsWith('.')));
    for (const { url } of group)
      hits.push(
        ...(await attempt(`invokeUrl ${url}`, async () => {
          const said = await caller.call(url);
          outcomes[said] = (outcomes[said] ?? 0) + 1;
          return said;
        })),
      );
  }
  expect(
    Object.keys(outcomes).filter((said) => !/^(TARGET_NOT_ALLOWED|(INVALID_URL ?)+|NO_ANSWER)$/.test(said)),
  ).toEqual([]);
  expect(outcomes.TARGET_NOT_ALLOWED).toBeGreaterThan(tried.length / 2);
  expectNone(CHAPTER, 'invokeUrl: URLs given as they are', hits, tried.length, 400);
});
