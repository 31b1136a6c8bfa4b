/** Every root field of the schema, for everybody who may call or try to, over every transport: the answers are those of the table. */
import { clockAt } from '../../support/clock';
import { createWorkspace } from '../../support/keys';
import { furnish, missing, operations, references, type Things } from '../../support/references';
import { known, operationOf, rootFields, whoMay } from '../../support/root-fields';
import { startTestServer, type TestServer } from '../../support/server';
import { amount, expectNone } from '../../support/trust';
import { knownOf, type Strangers, strangersOf } from './callers';
import { transports } from './transports';

const CHAPTER = 'Right workspace';
/** Milliseconds for each test. */
const PATIENCE = amount(60_000, 1_200_000);
const clock = clockAt('2030-01-01T00:00:00Z');
let server: TestServer;
let own: Things;
let foreign: Things;
/** Of the same workspace, but not what the session token is for. */
let neighbour: Things;
let strangers: Strangers;
let callers: ReadonlyMap<string, string>;

beforeAll(async () => {
  server = await startTestServer({ now: clock.now });
  const other = await createWorkspace(server.ask, 'Other');
  foreign = await furnish(server.dataDir, server.askAs(other.secret), 'theirs', other.id);
  const { data } = await server.ask('{ viewer { workspace { id } } }');
  own = await furnish(server.dataDir, server.ask, 'ours', data.viewer.workspace.id);
  neighbour = await furnish(server.dataDir, server.ask, 'next_door', data.viewer.workspace.id);
  strangers = await strangersOf(server, clock, own.connection);
  callers = await knownOf(server, own.connection);
}, 30_000);
afterAll(() => server.remove());

/** Each of a few in the short run, all in the whole one. */
const some = <T>(all: readonly T[]): readonly T[] => all.filter((_, index) => index % amount(7, 1) === 0);

test('every root field and every reference of the schema has its line in the tables', () => {
  expect(rootFields.map(({ type, field }) => `${type}.${field.name}`).sort()).toEqual(Object.keys(whoMay).sort());
  expect([...new Set(references)].sort()).toEqual(Object.keys(operations).sort());
});

describe.each(Object.entries(transports))('over %s', (transport, send) => {
  test(
    'whoever is nobody is told so, and nothing else',
    async () => {
      const tries = some(
        rootFields.flatMap((root) => [...strangers].map(([who, secret]) => ({ ...root, who, secret }))),
      );
      const hits: string[] = [];
      const answers = new Set<string>();
      for (const { type, field, who, secret } of tries) {
        const { codes, bytes } = await send(server.url, secret, operationOf(type, field));
        answers.add(bytes);
        if (codes.join() !== UNKNOWN[transport]) hits.push(`${who}: ${type}.${field.name}: ${codes}`);
      }
      expectNone(
        CHAPTER,
        `answers to nobody, to keys that ended, to tokens of such, over ${transport}`,
        hits,
        tries.length,
        350,
      );
      // Nor can they tell one reason from another.
      expect(answers.size).toBe(1);
    },
    PATIENCE,
  );

  test('each role, and a session token, may do what the table says', async () => {
    const tries = some(rootFields.flatMap((root) => known.map((who, column) => ({ ...root, who, column }))));
    const hits: string[] = [];
    for (const { type, field, who, column } of tries) {
      const place = `${type}.${field.name}`;
      const { codes } = await send(server.url, callers.get(who), operationOf(type, field));
      const seen = codes.includes('FORBIDDEN') ? '-' : who;
      const expected = isElsewhere(transport, type) ? who : whoMay[place]![column];
      if (seen !== expected) hits.push(`${who}: ${place}: ${codes}`);
      if (codes.includes('UNAUTHENTICATED') || codes.includes('INTERNAL')) hits.push(`${who}: ${place}: ${codes}`);
    }
    expectNone(
      CHAPTER,
      `answers to a role that are not those of the table, over ${transport}`,
      hits,
      tries.length,
      170,
    );
  });

  test(
    'what is of another workspace is answered byte for byte like what is not there',
    async () => {
      const places = Object.entries(operations);
      const tries = some(places.flatMap(([place, operation]) => known.map((who) => ({ place, operation, who }))));
      const hits: string[] = [];
      for (const { place, operation, who } of tries) {
        const theirs = await send(server.url, callers.get(who), operation(foreign, own));
        const nothing = await send(server.url, callers.get(who), operation(missing, own));
        if (theirs.bytes !== nothing.bytes) hits.push(`${who}: ${place}: ${theirs.bytes} / ${nothing.bytes}`);
      }
      expectNone(
        CHAPTER,
        `foreign ids answered otherwise than missing ones, over ${transport}`,
        hits,
        tries.length,
        175,
      );
    },
    PATIENCE,
  );

  test(
    'what is of another connection is answered to a session token byte for byte like what is not there',
    async () => {
      const tries = some(Object.entries(operations));
      const hits: string[] = [];
      for (const [place, operation] of tries) {
        const theirs = await send(server.url, callers.get('S'), operation(neighbour, own));
        const nothing = await send(server.url, callers.get('S'), operation(missing, own));
        if (theirs.bytes !== nothing.bytes) hits.push(`${place}: ${theirs.bytes} / ${nothing.bytes}`);
      }
      const what = `connections next door answered to a session token otherwise than missing ones, over ${transport}`;
      expectNone(CHAPTER, what, hits, tries.length, 35);
    },
    PATIENCE,
  );
});

/** What somebody unknown is told, as codes; a socket is closed with these words. */
const UNKNOWN: Record<string, string> = {
  HTTP: 'UNAUTHENTICATED',
  socket: 'Forbidden',
  'server-sent events': 'UNAUTHENTICATED',
};

/** A subscription needs a transport that goes on: HTTP refuses it, whoever asks. */
const isElsewhere = (transport: string, type: string) => transport === 'HTTP' && type === 'Subscription';
