/** To delete a connection takes with it what hangs on it, and sets its connector free. */

import { rowsOf } from '../support/database';
import { createSessionToken } from '../support/keys';
import { refusals, USER_ERRORS } from '../support/refusals';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const remove = async (id: string) =>
  (
    await dataOf(
      server.ask(`mutation ($id: ID!) { connectionDelete(id: $id) { deletedId remoteRevoked ${USER_ERRORS} } }`, {
        id,
      }),
    )
  ).connectionDelete;
const removeConnector = async (id: string) =>
  (await dataOf(server.ask(`mutation ($id: ID!) { connectorDelete(id: $id) { deletedId ${USER_ERRORS} } }`, { id })))
    .connectorDelete;

/** How many rows of each table belong to a connection. */
async function countsOf(connectionId: string): Promise<Record<string, number>> {
  const count = async (table: string) =>
    (await rowsOf(server.dataDir, `SELECT id FROM ${table} WHERE "connectionId" = ?`, connectionId)).length;
  return {
    grants: await count('connection_grant'),
    flows: await count('authorization_flow'),
    tokens: await count('session_token'),
  };
}

test('its grants, flows and session tokens go; those of others stay; then the connector can be deleted', async () => {
  const connector = await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic);
  const make = async (name: string) => {
    const id = await createConnection(server.ask, {
      connector: { id: connector },
      name,
      authorizationLevel: 'LOGGED_IN_USER',
    });
    const flows = [];
    for (const userId of ['one', 'two']) flows.push(await authorize(server.ask, id, staticCredentials.basic, userId));
    const token = await createSessionToken(server.ask, id, { userId: 'one' });
    return { id, flow: flows[0]!, token };
  };
  const doomed = await make('Doomed');
  const kept = await make('Kept');
  expect(await countsOf(doomed.id)).toEqual({ grants: 2, flows: 2, tokens: 1 });

  expect(await remove(doomed.id)).toEqual({ deletedId: doomed.id, remoteRevoked: null, userErrors: [] });
  expect(await countsOf(doomed.id)).toEqual({ grants: 0, flows: 0, tokens: 0 });
  expect(await countsOf(kept.id)).toEqual({ grants: 2, flows: 2, tokens: 1 });
  const flowOf = async (id: string) =>
    (await dataOf(server.ask('query ($id: ID!) { authorizationFlow(id: $id) { id } }', { id }))).authorizationFlow;
  expect([await flowOf(doomed.flow), await flowOf(kept.flow)]).toEqual([null, { id: kept.flow }]);
  const seen = async ({ id, token }: { id: string; token: string }) =>
    (await server.askAs(token)('query ($id: ID!) { connection(by: { id: $id }) { id } }', { id })).status;
  expect([await seen(doomed), await seen(kept)]).toEqual([401, 200]);
  expect(refusals(await remove(doomed.id))).toEqual(['NotFoundError NOT_FOUND id']);

  expect(refusals(await removeConnector(connector))).toEqual(['ConflictError IN_USE id']);
  await remove(kept.id);
  expect(await removeConnector(connector)).toEqual({ deletedId: connector, userErrors: [] });
});

test('its link name is free again', async () => {
  const connector = { id: await readyConnector(server.ask, { name: 'Again' }, staticConfigs.basic) };
  const input = { connector, name: 'x', linkName: 'free_again' };
  const id = await createConnection(server.ask, input);
  await remove(id);
  expect(await createConnection(server.ask, input)).not.toBe(id);
});
