/** What of a connection can be changed, and what a change leaves as it was. */
import { type Clock, clockAt } from '../support/clock';
import { refusals, USER_ERRORS } from '../support/refusals';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

let clock: Clock;
let server: TestServer;
let connector: { id: string };
let scopes: string[];

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  server = await startTestServer({ now: clock.now });
  connector = { id: await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic) };
  const { scopesAdd } = await dataOf(
    server.ask(
      `mutation ($id: ID!) { scopesAdd(connectorId: $id, scopes: [{ name: "R", value: "r" }, { name: "W", value: "w" }]) { scopes { id } } }`,
      connector,
    ),
  );
  scopes = scopesAdd.scopes.map(({ id }: { id: string }) => id);
});
afterAll(() => server.remove());

const FIELDS = 'id name linkName authorizationLevel status scopes { id } createdAt updatedAt health { state since }';
const update = async (id: string, input: object) =>
  (
    await dataOf(
      server.ask(
        `mutation ($id: ID!, $input: ConnectionUpdateInput!) {
          connectionUpdate(id: $id, input: $input) { connection { ${FIELDS} } ${USER_ERRORS} }
        }`,
        { id, input },
      ),
    )
  ).connectionUpdate;
const read = async (id: string) =>
  (await dataOf(server.ask(`query ($id: ID!) { connection(by: { id: $id }) { ${FIELDS} } }`, { id }))).connection;

let number = 0;
/** A connection with a link name of its own. */
const fresh = () => {
  number += 1;
  return createConnection(server.ask, { connector, name: 'Before', linkName: `before_${number}` });
};

test.each<[string, () => object, () => object]>([
  ['the name', () => ({ name: 'After' }), () => ({ name: 'After' })],
  ['the link name', () => ({ linkName: 'after' }), () => ({ linkName: 'after' })],
  ['the scopes', () => ({ scopeIds: [scopes[1]] }), () => ({ scopes: [{ id: scopes[1] }] })],
  ['no scopes', () => ({ scopeIds: [] }), () => ({ scopes: [] })],
  [
    'all at once',
    () => ({ name: 'All', linkName: 'all_at_once', scopeIds: [scopes[0]] }),
    () => ({ name: 'All', linkName: 'all_at_once', scopes: [{ id: scopes[0] }] }),
  ],
])('%s can be changed, and nothing else changes', async (_what, input, expected) => {
  const id = await fresh();
  const before = await read(id);
  clock.pass(10);
  const { connection, userErrors } = await update(id, input());
  expect(userErrors).toEqual([]);
  expect(connection).toEqual({ ...before, ...expected(), updatedAt: clock.in(0) });
  expect(await read(id)).toEqual(connection);
});

test('with nothing given nothing is changed', async () => {
  const id = await fresh();
  const before = await read(id);
  clock.pass(10);
  expect(await update(id, {})).toEqual({ connection: before, userErrors: [] });
});

test('the link name may be given as it is, or in another case', async () => {
  const id = await fresh();
  const { linkName } = await read(id);
  expect((await update(id, { linkName })).userErrors).toEqual([]);
  expect((await update(id, { linkName: linkName.toUpperCase() })).connection.linkName).toBe(linkName.toUpperCase());
});

test('an authorized connection stays authorized', async () => {
  const id = await fresh();
  await authorize(server.ask, id, staticCredentials.basic);
  const before = await read(id);
  clock.pass(10);
  const { connection } = await update(id, { name: 'Other', linkName: 'still_good' });
  expect([connection.status, connection.health]).toEqual(['CONNECTED', before.health]);
});

test.each<[string, () => object, string[]]>([
  ['null for the name', () => ({ name: null }), ['ValidationError REQUIRED name']],
  ['null for the link name', () => ({ linkName: null }), ['ValidationError REQUIRED linkName']],
  ['null for the scopes', () => ({ scopeIds: null }), ['ValidationError REQUIRED scopeIds']],
  ['an empty name', () => ({ name: '' }), ['ValidationError REQUIRED name']],
  ['a name that is too long', () => ({ name: 'n'.repeat(51) }), ['ValidationError TOO_LONG name']],
  [
    'a link name that is none',
    () => ({ linkName: '1 2' }),
    ['ValidationError INVALID_CHARACTERS linkName', 'ValidationError INVALID_START linkName'],
  ],
  ['the link name of another', () => ({ linkName: 'TAKEN' }), ['ConflictError ALREADY_EXISTS linkName']],
  ['a scope that is not there', () => ({ scopeIds: [scopes[0], 'x'] }), ['NotFoundError NOT_FOUND scopeIds.1']],
  ['a scope twice', () => ({ scopeIds: [scopes[0], scopes[0]] }), ['ConflictError ALREADY_EXISTS scopeIds.1']],
  [
    'several of these',
    () => ({ name: '', linkName: 'taken', scopeIds: ['x'] }),
    ['ConflictError ALREADY_EXISTS linkName', 'NotFoundError NOT_FOUND scopeIds.0', 'ValidationError REQUIRED name'],
  ],
])('%s changes nothing and gets its answer', async (_what, input, expected) => {
  if (!(await dataOf(server.ask('{ connection(by: { linkName: "taken" }) { id } }'))).connection)
    await createConnection(server.ask, { connector, name: 'x', linkName: 'taken' });
  const id = await fresh();
  const before = await read(id);
  const payload = await update(id, input());
  expect([payload.connection, refusals(payload).sort()]).toEqual([null, expected]);
  expect(await read(id)).toEqual(before);
});

test('a connection that is not there is told so', async () => {
  expect(refusals(await update('cnn_0', { name: 'x' }))).toEqual(['NotFoundError NOT_FOUND id']);
});
