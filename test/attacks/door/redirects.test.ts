/** An honest provider, turned: it answers every way out with a redirect to every spelling, in each of the five statuses. */
import { amount, expectNone } from '../../support/trust';
import { sampleOf } from './sample';
import { spellings } from './spellings';
import { connectionOn, startCaller, startWorld, type Way, type World, ways, wayTo } from './world';

const CHAPTER = 'The door out';

// Many attempts in one test, and there may be much else to do for the machine.
jest.setTimeout(amount(60_000, 1_200_000));
const statuses = [301, 302, 303, 307, 308];

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
afterEach(() => world.provider.lead());

interface Redirect {
  readonly status: number;
  readonly to: string;
}

function redirects(short: number): Redirect[] {
  // All five statuses of as many spellings as there is time for.
  const all = sampleOf(spellings(world.port), 500).flatMap(({ url }) =>
    statuses.map((status) => ({ status, to: url })),
  );
  return sampleOf(all, amount(short, all.length));
}

/** Node reads a header by octets, and writes it so. */
const octets = (text: string) => Buffer.from(text).toString('latin1');

function lead({ status, to }: Redirect): void {
  world.provider.lead({ status, lines: [`location: ${octets(to)}`] });
}

const called = () => world.dials.length + world.connections();
const failed = (error: Error) => `!${error.message}`;

/** Goes `way`, led astray; gives what it is wrong with. */
async function follow(way: Way, connection: string, redirect: Redirect): Promise<string[]> {
  const [before, askedBefore] = [called(), world.provider.seen.length];
  lead(redirect);
  const said = await way.go(world, connection).catch(failed);
  const wasAsked = world.provider.seen.length > askedBefore;
  const isClear = said !== '' && !said.startsWith('!') && !/\bINTERNAL\b/.test(said);
  return called() > before || !wasAsked || !isClear ? [`${redirect.status} ${redirect.to}: ${said}`] : [];
}

test.each(ways.filter(({ name }) => name !== 'revoke'))('$name', async (way) => {
  world.provider.lead();
  const connector = await wayTo(world, way, `${world.origin}${way.path}`);
  const connection = await connectionOn(world, way, connector);
  const hits: string[] = [];
  const tried = redirects(15);
  for (const redirect of tried) hits.push(...(await follow(way, connection, redirect)));
  expectNone(CHAPTER, `${way.name}: redirects to them`, hits, tried.length, 2_000);
});

test('revoke', async () => {
  const way = ways.find(({ name }) => name === 'revoke') as Way;
  world.provider.lead();
  const connector = await wayTo(world, way, `${world.origin}${way.path}`);
  const connection = await connectionOn(world, way, connector);
  const hits: string[] = [];
  const tried = redirects(6);
  for (const redirect of tried) {
    world.provider.lead();
    await way.prepare(world, connection);
    hits.push(...(await follow(way, connection, redirect)));
  }
  expectNone(CHAPTER, 'revoke: redirects to them', hits, tried.length, 2_000);
});

test('invokeUrl', async () => {
  const caller = await startCaller(world);
  await caller.allow([new URL(world.origin).host]);
  const hits: string[] = [];
  const tried = redirects(25);
  for (const redirect of tried) {
    const before = called();
    lead(redirect);
    const said = await caller.call(`${world.origin}/api`).catch(failed);
    // A line break in the host makes a line that begins with a colon: such an answer cannot be read at all.
    const expected = /[\r\n]:/.test(redirect.to) ? 'NO_ANSWER' : `${redirect.status}`;
    if (called() > before || said !== expected) hits.push(`${redirect.status} ${redirect.to}: ${said}`);
  }
  expectNone(CHAPTER, 'invokeUrl: redirects to them', hits, tried.length, 2_000);
});
