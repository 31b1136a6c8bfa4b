/** Who may use each root field: every one that the schema has, asked by a key of every role and by a session token. */
import type { GraphQLField } from 'graphql';
import { createKey, createSessionToken } from '../support/keys';
import { known, operationOf, rootFields, whoMay } from '../support/root-fields';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { codesOf, openSocket } from '../support/sockets';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

let server: TestServer;
const secrets = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer();
  secrets.set('O', OWNER_KEY);
  for (const role of ['ADMIN', 'INTEGRATOR', 'VIEWER'] as const)
    secrets.set(role.charAt(0), (await createKey(server.ask, role)).secret);
  const connector = await readyConnector(server.ask, { name: 'Roles' }, staticConfigs.basic);
  const connection = await createConnection(server.ask, { connector: { id: connector }, name: 'Roles' });
  secrets.set('S', await createSessionToken(server.ask, connection));
});
afterAll(() => server.remove());

/** The codes of the errors that `caller` gets. */
async function errorCodes(kind: string, field: GraphQLField<unknown, unknown>, caller: string): Promise<string[]> {
  const operation = operationOf(kind, field);
  if (kind !== 'Subscription') {
    const { errors = [] } = await server.askAs(secrets.get(caller))(operation);
    return errors.map(({ extensions }) => extensions.code);
  }
  const socket = openSocket(server.url, secrets.get(caller));
  try {
    // A flow that does not exist is refused by the service: who comes that far was allowed.
    if (field.name === 'authorizationFlow') return await codesOf(socket.subscribe(operation));
    await socket.watch(operation);
    return [];
  } finally {
    socket.close();
  }
}

test('every root field of the schema has its line in this table, and no line is of another', () => {
  expect(rootFields.map(({ type, field }) => `${type}.${field.name}`).sort()).toEqual(Object.keys(whoMay).sort());
});

test.each(rootFields.map(({ type, field }) => [`${type}.${field.name}`, type, field] as const))(
  '%s is for those it is for',
  async (name, type, field) => {
    const codes: string[][] = [];
    for (const caller of known) codes.push(await errorCodes(type, field, caller));
    const seen = known.map((caller, index) => (codes[index]!.includes('FORBIDDEN') ? '-' : caller)).join('');
    expect(seen).toBe(whoMay[name]);
    // Who is allowed gets an answer; only a flow that is not there is worth an error.
    const others = codes.flat().filter((code) => code !== 'FORBIDDEN');
    expect([...new Set(others)]).toEqual(name === 'Subscription.authorizationFlow' ? ['BAD_USER_INPUT'] : []);
  },
);
