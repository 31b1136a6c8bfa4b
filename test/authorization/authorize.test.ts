/** Authorizing with credentials that are given: who may give which, and what is told of the rest. */
import { grantOf, tryAuthorize } from '../support/acts';
import { type Clock, clockAt } from '../support/clock';
import { refusals } from '../support/refusals';
import { startTestServer, type TestServer } from '../support/server';
import { createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

type StaticType = keyof typeof staticConfigs;
const types = Object.keys(staticConfigs) as StaticType[];

let clock: Clock;
let server: TestServer;
const connectors = new Map<string, string>();
/** A connection of each type, shared by all. */
const connections = new Map<string, string>();
let personal: string;

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  server = await startTestServer({ now: clock.now });
  for (const type of types) {
    const id = await readyConnector(server.ask, { name: type }, staticConfigs[type]);
    connectors.set(type, id);
    connections.set(type, await createConnection(server.ask, { connector: { id }, name: type }));
  }
  personal = await createConnection(server.ask, {
    connector: { id: connectors.get('basic') },
    name: 'Personal',
    authorizationLevel: 'LOGGED_IN_USER',
  });
});
afterAll(() => server.remove());

const authorize = (input: object) => tryAuthorize(server.ask, input);

describe.each(types)('%s', (type) => {
  const connection = () => ({ id: connections.get(type) });

  test('is authorized at once', async () => {
    const payload = await authorize({ connection: connection(), credentials: staticCredentials[type] });
    expect(payload.userErrors).toEqual([]);
    expect(payload.flow).toEqual({
      id: expect.stringMatching(/^flw_[0-9a-f]{32}$/),
      status: 'AUTHORIZED',
      authorizationUrl: null,
      userId: null,
      error: null,
      expiresAt: clock.in(0),
      connection: { ...connection(), status: 'CONNECTED' },
    });
    expect(payload.connection).toEqual({ ...connection(), status: 'CONNECTED' });
    expect(await grantOf(server.ask, `${connection().id}`)).toEqual({
      id: expect.stringMatching(/^grt_[0-9a-f]{32}$/),
      status: 'CONNECTED',
      userId: null,
      authorizedAt: clock.in(0),
      grantedScopes: [],
      expiresAt: null,
      health: { state: 'OK', remedy: 'NONE', since: expect.any(String), lastSuccessAt: null },
    });
  });

  test('without credentials is refused', async () => {
    for (const input of [{}, { credentials: null }]) {
      const payload = await authorize({ connection: connection(), ...input });
      expect([payload.flow, payload.connection, refusals(payload)]).toEqual([
        null,
        null,
        ['ValidationError REQUIRED credentials'],
      ]);
    }
  });

  test.each(types.filter((other) => other !== type))('with those of %s is refused', async (other) => {
    const payload = await authorize({ connection: connection(), credentials: staticCredentials[other] });
    expect(refusals(payload)).toEqual(['ValidationError NOT_ACCEPTED credentials']);
  });
});

describe('the user', () => {
  const credentials = staticCredentials.basic;

  test.each<[string, string | null | undefined, string[]]>([
    ['nobody', undefined, []],
    ['null', null, []],
    ['somebody', 'user-7', ['ValidationError NOT_ACCEPTED userId']],
    ['an empty one', '', ['ValidationError NOT_ACCEPTED userId']],
  ])('of a shared connection may be %s: %j', async (_who, userId, expected) => {
    expect(refusals(await authorize({ connection: { id: connections.get('basic') }, userId, credentials }))).toEqual(
      expected,
    );
  });

  test.each<[string, string | null | undefined, string[]]>([
    ['nobody', undefined, ['ValidationError REQUIRED userId']],
    ['null', null, ['ValidationError REQUIRED userId']],
    ['an empty one', '', ['ValidationError REQUIRED userId']],
    ['one of 255 characters', '𝒰'.repeat(255), []],
    ['one of 256 characters', 'u'.repeat(256), ['ValidationError TOO_LONG userId']],
    ['one with a line break', 'a\r\nb', ['ValidationError INVALID_CHARACTERS userId']],
    ['one with any other character', ' "ä' + "'\\%_ ", []],
  ])('of a personal connection may be %s: %j', async (_who, userId, expected) => {
    const payload = await authorize({ connection: { id: personal }, userId, credentials });
    expect(refusals(payload)).toEqual(expected);
    if (expected.length === 0)
      expect([payload.flow.userId, (await grantOf(server.ask, personal, `${userId}`)).userId]).toEqual([
        userId,
        userId,
      ]);
  });

  test('and the credentials are told off together', async () => {
    const payload = await authorize({
      connection: { id: personal },
      credentials: { basic: { username: '', password: 'p' } },
    });
    expect(refusals(payload)).toEqual([
      'ValidationError REQUIRED userId',
      'ValidationError REQUIRED credentials.basic.username',
    ]);
  });

  test('is one whatever another is called: users are told apart by every character', async () => {
    const users = ['anna', 'Anna', 'anna ', 'änna', 'a\u0308nna'];
    for (const userId of users) await authorize({ connection: { id: personal }, userId, credentials });
    const grants = await Promise.all(users.map((userId) => grantOf(server.ask, personal, userId)));
    expect(grants.map(({ userId }) => userId)).toEqual(users);
    expect(new Set(grants.map(({ id }) => id)).size).toBe(users.length);
  });
});

test('a connection that is not there is NOT_FOUND', async () => {
  const payload = await authorize({ connection: { linkName: 'none' }, credentials: staticCredentials.basic });
  expect(refusals(payload)).toEqual(['NotFoundError NOT_FOUND connection']);
});

test('a connection may be named by its link name, whatever its case', async () => {
  const payload = await authorize({ connection: { linkName: 'BASIC' }, credentials: staticCredentials.basic });
  expect([payload.userErrors, payload.connection.id]).toEqual([[], connections.get('basic')]);
});
