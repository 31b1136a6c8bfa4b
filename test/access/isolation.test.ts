/** What belongs to another workspace is answered byte for byte like what does not exist, wherever the API takes a reference. */
import { createWorkspace } from '../support/keys';
import { furnish, missing, operations, references, type Things } from '../support/references';
import { dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { codesOf, openSocket, type Socket } from '../support/sockets';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

let server: TestServer;
let foreign: Things;
/** Those of the caller, where one reference is foreign and the rest must be right. */
let own: Things;
/** All there is in a workspace. */
const EVERYTHING = `{
  viewer { workspace { id name } }
  apiKeys { nodes { id name } }
  auditEvents(last: 100) { totalCount nodes { id hash } }
  connectors { nodes { id name linkName stage authType updatedAt logo { url } scopes { nodes { id name value } } } }
  connections { nodes { id name linkName status updatedAt grants { nodes { id status authorizedAt } } } }
}`;
let theirSecret: string;
let before: object;

beforeAll(async () => {
  server = await startTestServer();
  const other = await createWorkspace(server.ask, 'Other');
  theirSecret = other.secret;
  foreign = await furnish(server.dataDir, server.askAs(theirSecret), 'theirs', other.id);
  before = await dataOf(server.askAs(theirSecret)(EVERYTHING));
  const { viewer } = await dataOf(server.ask('{ viewer { workspace { id } } }'));
  own = await furnish(server.dataDir, server.ask, 'ours', viewer.workspace.id);
});
afterAll(() => server.remove());

test('every reference that the schema takes has its line in this table', () => {
  expect(Object.keys(operations).sort()).toEqual([...new Set(references)].sort());
});

async function answerTo(query: string): Promise<{ status: number; headers: string[]; body: string }> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${OWNER_KEY}` },
    body: JSON.stringify({ query }),
  });
  const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id'].includes(name)).flat();
  return { status: response.status, headers, body: await response.text() };
}

async function subscriptionAnswerTo(socket: Socket, query: string) {
  const watch = socket.subscribe(query);
  return { codes: await codesOf(watch), body: JSON.stringify(watch.told) };
}

test.each(Object.entries(operations))('%s', async (place, operation) => {
  if (!place.startsWith('Subscription.')) {
    const { status, headers, body } = await answerTo(operation(foreign, own));
    expect({ status, headers, body }).toEqual(await answerTo(operation(missing, own)));
    // What is ours is answered otherwise: the operation does depend on the reference. Nothing is done to it.
    if (place.startsWith('Query.')) expect(body).not.toBe((await answerTo(operation(own, own))).body);
    else expect(body).toContain('NOT_FOUND');
    return;
  }
  const socket = openSocket(server.url, OWNER_KEY);
  const answer = await subscriptionAnswerTo(socket, operation(foreign, own));
  expect(answer.codes).toEqual(['BAD_USER_INPUT']);
  expect(answer).toEqual(await subscriptionAnswerTo(socket, operation(missing, own)));
});

test('nothing of it was changed by all of that', async () => {
  expect(await dataOf(server.askAs(theirSecret)(EVERYTHING))).toEqual(before);
});

test('a link name that another workspace uses is free', async () => {
  const { secret } = await createWorkspace(server.ask, 'Namesake');
  const ask = server.askAs(secret);
  const connector = await readyConnector(ask, { name: 'x', linkName: foreign.connectorLink }, staticConfigs.basic);
  await createConnection(ask, { connector: { id: connector }, name: 'x', linkName: foreign.connectionLink });
  const { connection } = await dataOf(
    ask(`{ connection(by: { linkName: "${foreign.connectionLink}" }) { connector { id } } }`),
  );
  expect(connection).toEqual({ connector: { id: connector } });
});
