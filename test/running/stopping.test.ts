/** A server that stops ends what would go on for ever: sockets and event streams, the client's unread ones among them. */
import { createClient } from 'graphql-sse';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { openSocket, subscriptionBegun } from '../support/sockets';

const query = 'subscription { connectionEvents { kind } }';
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.remove());

test('subscriptions end, on sockets and in event streams', async () => {
  const socket = openSocket(server.url, OWNER_KEY);
  await socket.watch(query);
  const begun = subscriptionBegun();
  const client = createClient({
    url: `${server.url}/graphql`,
    headers: { authorization: `Bearer ${OWNER_KEY}` },
    retryAttempts: 0,
  });
  const streamed = client.iterate({ query }).next();
  await begun;
  await server.close();
  expect(await socket.closed).toBe(1001);
  expect((await streamed.catch((error) => ({ done: error instanceof Error }))).done).toBe(true);
  client.dispose();
});

test('an event stream that nobody reads does not keep it', async () => {
  const begun = subscriptionBegun();
  const response = await fetch(`${server.url}/graphql?${new URLSearchParams({ query })}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${OWNER_KEY}` },
  });
  await begun;
  await server.close();
  expect(await response.text()).toBe(':\n\n');
});
