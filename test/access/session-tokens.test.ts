/** Session tokens: for one connection and one user of it, and for nothing else. */

import { type Clock, clockAt } from '../support/clock';
import { rowsOf } from '../support/database';
import { createKey, createSessionToken } from '../support/keys';
import { refusals, USER_ERRORS } from '../support/refusals';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { codesOf, openSocket } from '../support/sockets';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let clock: Clock;
let server: TestServer;
let shared: string;
let personal: string;

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  server = await startTestServer({ now: clock.now });
  const id = await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic);
  const connector = { id };
  shared = await createConnection(server.ask, { connector, name: 'Shared' });
  personal = await createConnection(server.ask, { connector, name: 'Personal', authorizationLevel: 'LOGGED_IN_USER' });
});
afterAll(() => server.remove());

const create = async (input: object, ask: Ask = server.ask) =>
  (
    await dataOf(
      ask(
        `mutation ($input: SessionTokenCreateInput!) {
          sessionTokenCreate(input: $input) { token expiresAt ${USER_ERRORS} }
        }`,
        { input },
      ),
    )
  ).sessionTokenCreate;

const authorizeAs = async (token: string, input: object) =>
  (
    await dataOf(
      server.askAs(token)(
        `mutation ($input: ConnectionAuthorizeInput!) {
          connectionAuthorize(input: $input) { flow { id status userId } connection { id status } ${USER_ERRORS} }
        }`,
        { input },
      ),
    )
  ).connectionAuthorize;

describe('a new token', () => {
  test('is told once, with its end: an hour when nothing is said', async () => {
    const { token, expiresAt, userErrors } = await create({ connection: { linkName: 'SHARED' } });
    expect(userErrors).toEqual([]);
    expect(token).toMatch(/^gs_[A-Za-z0-9_-]{43}$/);
    expect(expiresAt).toBe(clock.in(3600));
  });

  test.each([
    [59, ['ValidationError OUT_OF_RANGE expiresInSeconds']],
    [60, []],
    [86_400, []],
    [86_401, ['ValidationError OUT_OF_RANGE expiresInSeconds']],
    [-60, ['ValidationError OUT_OF_RANGE expiresInSeconds']],
  ])('for %i seconds gets %j', async (expiresInSeconds, expected) => {
    const payload = await create({ connection: { id: shared }, expiresInSeconds });
    expect([refusals(payload), payload.expiresAt]).toEqual([
      expected,
      expected.length > 0 ? null : clock.in(expiresInSeconds),
    ]);
  });

  test.each<[string, () => object, string[]]>([
    [
      'a shared connection with a user',
      () => ({ connection: { id: shared }, userId: 'user-7' }),
      ['ValidationError NOT_ACCEPTED userId'],
    ],
    [
      'a shared connection with an empty user',
      () => ({ connection: { id: shared }, userId: '' }),
      ['ValidationError NOT_ACCEPTED userId'],
    ],
    [
      'a personal connection without a user',
      () => ({ connection: { id: personal } }),
      ['ValidationError REQUIRED userId'],
    ],
    [
      'a personal connection with an empty user',
      () => ({ connection: { id: personal }, userId: '' }),
      ['ValidationError REQUIRED userId'],
    ],
    ['a user of 255 characters', () => ({ connection: { id: personal }, userId: '🏃'.repeat(255) }), []],
    [
      'a user of 256 characters',
      () => ({ connection: { id: personal }, userId: 'u'.repeat(256) }),
      ['ValidationError TOO_LONG userId'],
    ],
    [
      'a user with a control character',
      () => ({ connection: { id: personal }, userId: 'a\nb' }),
      ['ValidationError INVALID_CHARACTERS userId'],
    ],
    [
      'no such connection, and for too long',
      () => ({ connection: { linkName: 'none' }, expiresInSeconds: 1 }),
      ['ValidationError OUT_OF_RANGE expiresInSeconds', 'NotFoundError NOT_FOUND connection'],
    ],
  ])('for %s gets its answer', async (_what, input, expected) => {
    const payload = await create(input());
    expect([refusals(payload), payload.token === null]).toEqual([expected, expected.length > 0]);
  });

  test('takes the place of those that ended', async () => {
    await create({ connection: { id: shared }, expiresInSeconds: 60 });
    const kept = await create({ connection: { id: shared }, expiresInSeconds: 61 });
    const ended = 'SELECT id FROM session_token WHERE "expiresAt" <= ?';
    const count = async () => (await rowsOf(server.dataDir, ended, clock.now().getTime())).length;
    clock.pass(60);
    expect(await count()).toBeGreaterThan(0);
    await create({ connection: { id: shared } });
    expect(await count()).toBe(0);
    expect((await server.askAs(kept.token)(`{ connection(by: { id: "${shared}" }) { id } }`)).status).toBe(200);
  });
});

describe('a token', () => {
  let token: string;
  let ask: Ask;

  beforeEach(async () => {
    token = await createSessionToken(server.ask, personal, { userId: 'user-7' });
    ask = server.askAs(token);
  });

  test('sees its own connection, by id and by link name', async () => {
    for (const by of [{ id: personal }, { linkName: 'personal' }]) {
      const query = 'query ($by: ConnectionRef!) { connection(by: $by) { id linkName status } }';
      expect((await dataOf(ask(query, { by }))).connection).toMatchObject({ id: personal, linkName: 'Personal' });
    }
  });

  test('sees another connection of its workspace as one that is not there', async () => {
    const query = 'query ($by: ConnectionRef!) { connection(by: $by) { id } }';
    const missing = await ask(query, { by: { id: 'cnn_0' } });
    expect(missing).toEqual({ status: 200, data: { connection: null } });
    expect(await ask(query, { by: { id: shared } })).toEqual(missing);
    expect(await ask(query, { by: { linkName: 'shared' } })).toEqual(missing);
  });

  test('authorizes its own user, named or not, and no other', async () => {
    const input = { connection: { id: personal }, credentials: staticCredentials.basic };
    const { flow, userErrors } = await authorizeAs(token, input);
    expect([userErrors, flow.status, flow.userId]).toEqual([[], 'AUTHORIZED', 'user-7']);
    expect((await authorizeAs(token, { ...input, userId: 'user-7' })).userErrors).toEqual([]);
    expect(refusals(await authorizeAs(token, { ...input, userId: 'user-8' }))).toEqual([
      'ValidationError NOT_ACCEPTED userId',
    ]);
    expect(refusals(await authorizeAs(token, { ...input, connection: { id: shared } }))).toEqual([
      'NotFoundError NOT_FOUND connection',
    ]);
  });

  test('sees the grant of its own user, and no other', async () => {
    for (const userId of ['user-7', 'user-8']) await authorize(server.ask, personal, staticCredentials.basic, userId);
    const query = `{ connection(by: { id: "${personal}" }) {
      own: grant { userId } named: grant(userId: "user-7") { userId } other: grant(userId: "user-8") { userId }
      grants { totalCount nodes { userId } }
    } }`;
    expect((await dataOf(ask(query))).connection).toEqual({
      own: { userId: 'user-7' },
      named: { userId: 'user-7' },
      other: null,
      grants: { totalCount: 1, nodes: [{ userId: 'user-7' }] },
    });
  });

  test('sees the flows of its own user, and those of others as if they were not there', async () => {
    const own = await authorize(server.ask, personal, staticCredentials.basic, 'user-7');
    const others = [
      await authorize(server.ask, personal, staticCredentials.basic, 'user-8'),
      await authorize(server.ask, shared, staticCredentials.basic),
    ];
    const query = 'query ($id: ID!) { authorizationFlow(id: $id) { id } }';
    expect((await dataOf(ask(query, { id: own }))).authorizationFlow).toEqual({ id: own });
    const socket = openSocket(server.url, token);
    for (const id of ['flw_0', ...others]) {
      expect((await dataOf(ask(query, { id }))).authorizationFlow).toBeNull();
      const watch = socket.subscribe('subscription ($id: ID!) { authorizationFlow(id: $id) { id } }', { id });
      expect(await codesOf(watch)).toEqual(['BAD_USER_INPUT']);
      expect(watch.told[0].errors[0].message).toBe('There is no such authorization flow.');
    }
  });

  test('cannot read what of the connector is for integrators', async () => {
    const fields = [
      'authConfig { __typename }',
      'allowedHosts',
      'redirectUri',
      'readiness { ready }',
      'connectionCount',
    ];
    for (const field of fields) {
      const { errors = [] } = await ask(`{ connection(by: { id: "${personal}" }) { connector { ${field} } } }`);
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    }
  });

  test('of a shared connection acts for nobody in particular', async () => {
    const session = await createSessionToken(server.ask, shared);
    const input = { connection: { id: shared }, credentials: staticCredentials.basic };
    expect((await authorizeAs(session, input)).flow).toMatchObject({ status: 'AUTHORIZED', userId: null });
    expect(refusals(await authorizeAs(session, { ...input, userId: 'user-7' }))).toEqual([
      'ValidationError NOT_ACCEPTED userId',
    ]);
  });

  test('ends with its connection', async () => {
    const id = await readyConnector(server.ask, { name: 'Short' }, staticConfigs.basic);
    const connection = await createConnection(server.ask, { connector: { id }, name: 'Short' });
    const session = await createSessionToken(server.ask, connection);
    await dataOf(server.ask('mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }', { id: connection }));
    expect((await server.askAs(session)(`{ connection(by: { id: "${connection}" }) { id } }`)).status).toBe(401);
  });

  test('can be made by an integrator, and ends with the key that made it', async () => {
    const { secret } = await createKey(server.ask, 'INTEGRATOR', { expiresAt: clock.in(61) });
    const session = await createSessionToken(server.askAs(secret), shared, { expiresInSeconds: 86_400 });
    const query = `{ connection(by: { id: "${shared}" }) { id } }`;
    clock.pass(60);
    expect((await server.askAs(session)(query)).status).toBe(200);
    clock.pass(1);
    expect((await server.askAs(session)(query)).status).toBe(401);
  });
});
