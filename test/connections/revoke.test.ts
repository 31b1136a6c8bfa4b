/** To revoke forgets credentials: of one user, or of everybody. */

import { rowsOf } from '../support/database';
import { refusals, USER_ERRORS } from '../support/refusals';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let server: TestServer;
let connector: { id: string };
beforeAll(async () => {
  server = await startTestServer();
  connector = { id: await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic) };
});
afterAll(() => server.remove());

const revoke = async (id: string, userId?: string | null) =>
  (
    await dataOf(
      server.ask(
        `mutation ($id: ID!, $userId: String) {
          connectionRevoke(id: $id, userId: $userId) { connection { id status } remoteRevoked ${USER_ERRORS} }
        }`,
        { id, userId },
      ),
    )
  ).connectionRevoke;

/** The grants of a connection as they are stored: `userKey status`, and whether there are credentials. */
async function stored(connectionId: string): Promise<string[]> {
  const kept = 'SELECT "userKey", status, credentials FROM connection_grant WHERE "connectionId" = ? ORDER BY id';
  const rows = await rowsOf(server.dataDir, kept, connectionId);
  return rows.map(({ userKey, status, credentials }) => `${userKey}:${status}:${credentials ? 'kept' : 'forgotten'}`);
}

const connect = async (name: string, ...users: string[]) => {
  const authorizationLevel = users.length > 0 ? 'LOGGED_IN_USER' : 'ADMIN';
  const id = await createConnection(server.ask, { connector, name, authorizationLevel });
  for (const userId of users) await authorize(server.ask, id, staticCredentials.basic, userId);
  if (users.length === 0) await authorize(server.ask, id, staticCredentials.basic);
  return id;
};

test('the grant of a shared connection is forgotten, the connection stays', async () => {
  const id = await connect('Shared');
  expect(await revoke(id)).toEqual({
    connection: { id, status: 'REVOKED' },
    remoteRevoked: null,
    userErrors: [],
  });
  expect(await stored(id)).toEqual([':REVOKED:forgotten']);
});

test('of one user leaves the others', async () => {
  const id = await connect('One of them', 'anna', 'bert');
  expect((await revoke(id, 'anna')).connection.status).toBe('CONNECTED');
  expect(await stored(id)).toEqual(['anna:REVOKED:forgotten', 'bert:CONNECTED:kept']);
});

test.each([[undefined], [null]])('of everybody (userId %p) leaves none', async (userId) => {
  const id = await connect(`All of them ${userId}`, 'anna', 'bert', 'carl');
  await revoke(id, 'bert');
  expect((await revoke(id, userId)).connection.status).toBe('REVOKED');
  expect(await stored(id)).toEqual(['anna', 'bert', 'carl'].map((user) => `${user}:REVOKED:forgotten`));
});

test.each<[string, () => Promise<string>, string | undefined, string[]]>([
  ['a connection that is not there', async () => 'cnn_0', undefined, ['NotFoundError NOT_FOUND id']],
  [
    'one that was never authorized',
    () => createConnection(server.ask, { connector, name: 'Never' }),
    undefined,
    ['ValidationError NOT_AUTHORIZED id'],
  ],
  [
    'one that was revoked',
    async () => {
      const id = await connect('Twice');
      await revoke(id);
      return id;
    },
    undefined,
    ['ValidationError NOT_AUTHORIZED id'],
  ],
  ['a user who is not connected', () => connect('Stranger', 'anna'), 'bert', ['ValidationError NOT_AUTHORIZED userId']],
  ['an empty user', () => connect('Empty', 'anna'), '', ['ValidationError REQUIRED userId']],
  ['a user of a shared connection', () => connect('Shared too'), 'anna', ['ValidationError NOT_ACCEPTED userId']],
  ['an empty user of a shared connection', () => connect('Shared three'), '', ['ValidationError NOT_ACCEPTED userId']],
])('%s is refused, and nothing is forgotten', async (_what, make, userId, expected) => {
  const id = await make();
  const before = await stored(id);
  const payload = await revoke(id, userId);
  expect([payload.connection, refusals(payload)]).toEqual([null, expected]);
  expect(await stored(id)).toEqual(before);
});
