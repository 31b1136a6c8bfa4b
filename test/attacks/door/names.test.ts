/** Names that lead to every spelling of an address, at once or after they led to the honest provider: nothing is called. */
import { amount, expectNone } from '../../support/trust';
import { HONEST } from '../two-faced';
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

/** What a resolver may answer for a spelling: its text, or the address, alone or among others. */
function answersOf({ host, target }: Spelling, index: number): readonly string[] {
  const answers = [[host], [target], [HONEST, target], [target, HONEST], [`::ffff:${HONEST}`, HONEST, host]];
  return answers[index % answers.length] ?? [];
}

const called = () => world.dials.length + world.connections();
const isClear = (said: string) => said !== '' && !said.startsWith('!') && !/\bINTERNAL\b/.test(said);
const failed = (error: Error) => `!${error.message}`;

describe('names that lead astray at once', () => {
  test.each(ways)('$name', async (way) => {
    const connector = await wayTo(world, way, `http://{name}.dns.test:${world.port}${way.path}`, { name: 'n' });
    const hits: string[] = [];
    const tried = chosen(12);
    for (const [index, spelling] of tried.entries()) {
      const name = `${way.path.slice(1)}${index}`;
      const answers = answersOf(spelling, index);
      let lookups = 0;
      world.names.set(`${name}.dns.test`, () => {
        lookups += 1;
        return answers;
      });
      const before = called();
      const said = await connectionOn(world, way, connector, { name })
        .then((connection) => way.go(world, connection))
        .catch(failed);
      if (called() > before || lookups === 0 || !isClear(said)) hits.push(`${name} → ${answers}: ${said}`);
    }
    expectNone(CHAPTER, `${way.name}: names that lead to them`, hits, tried.length, 400);
  });

  test('invokeUrl', async () => {
    const caller = await startCaller(world);
    await caller.allow(['*.dns.test']);
    const hits: string[] = [];
    const tried = chosen(30);
    for (const [index, spelling] of tried.entries()) {
      const answers = answersOf(spelling, index);
      world.names.set(`call${index}.dns.test`, () => answers);
      const before = called();
      const said = await caller.call(`http://call${index}.dns.test:${world.port}/`).catch(failed);
      if (called() > before || said !== 'TARGET_NOT_ALLOWED') hits.push(`${answers}: ${said}`);
    }
    expectNone(CHAPTER, 'invokeUrl: names that lead to them', hits, tried.length, 400);
  });
});

/** A name that leads to the honest provider first, then, each other time, to `answers`. Gives how often it was looked up. */
function flipping(name: string, answers: readonly string[]): () => number {
  let lookups = 0;
  world.names.set(name, () => {
    lookups += 1;
    return lookups % 2 === 1 ? [HONEST] : answers;
  });
  return () => lookups;
}

/** How often the honest provider was asked at this path. */
const askedAt = (path: string) => world.provider.seen.filter(({ target }) => target.startsWith(path)).length;

describe('names that are rebound after they led to the honest provider', () => {
  /** Revoking asks twice of itself, because the honest provider refuses it the first time. */
  const timesToGo = ({ name }: Way) => (name === 'revoke' ? 1 : 2);

  test.each(ways)('$name', async (way) => {
    const connector = await wayTo(world, way, `http://{name}.flip.test:${world.port}${way.path}`, { name: 'n' });
    const hits: string[] = [];
    const tried = chosen(8);
    for (const [index, spelling] of tried.entries()) {
      const name = `${way.path.slice(1)}${index}`;
      const lookups = flipping(`${name}.flip.test`, answersOf(spelling, index));
      const [before, askedBefore] = [called(), askedAt(way.path)];
      const said = await connectionOn(world, way, connector, { name })
        .then(async (connection) => {
          let last = '';
          for (let turn = 0; turn < timesToGo(way); turn++) last = await way.go(world, connection);
          return last;
        })
        .catch(failed);
      const isHonestFirst = askedAt(way.path) === askedBefore + 1 && lookups() === 2;
      if (called() > before || !isHonestFirst || !isClear(said)) hits.push(`${name} → ${spelling.host}: ${said}`);
    }
    expectNone(CHAPTER, `${way.name}: names rebound to them`, hits, tried.length, 400);
  });

  test('invokeUrl', async () => {
    const caller = await startCaller(world);
    await caller.allow(['*.flip.test']);
    const hits: string[] = [];
    const tried = chosen(20);
    for (const [index, spelling] of tried.entries()) {
      const url = `http://call${index}.flip.test:${world.port}/api`;
      flipping(`call${index}.flip.test`, answersOf(spelling, index));
      const before = called();
      const said = [await caller.call(url).catch(failed), await caller.call(url).catch(failed)];
      if (called() > before || said.join() !== '200,TARGET_NOT_ALLOWED') hits.push(`${spelling.host}: ${said}`);
    }
    expectNone(CHAPTER, 'invokeUrl: names rebound to them', hits, tried.length, 400);
  });
});
