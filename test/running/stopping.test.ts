/** A server that stops ends what would go on for ever: the subscriptions on sockets and in event streams. */
import { OWNER_KEY, startTestServer } from '../support/server';
import { openSocket } from '../support/sockets';

test('subscriptions do not keep a server from stopping', async () => {
  const server = await startTestServer();
  const query = 'subscription { connectionEvents { kind } }';
  const socket = openSocket(server.url, OWNER_KEY);
  await socket.watch(query);
  const stream = await fetch(`${server.url}/graphql?${new URLSearchParams({ query })}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${OWNER_KEY}` },
  });
  await server.close();
  expect([await socket.closed, await stream.text()]).toEqual([1001, ':\n\n']);
  await server.remove();
});
