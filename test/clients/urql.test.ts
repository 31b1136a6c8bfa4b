/** urql runs queries and mutations over HTTP, and subscriptions on a socket of graphql-ws or over server-sent events. */
import {
  Client,
  type ClientOptions,
  type Exchange,
  fetchExchange,
  type OperationResult,
  subscriptionExchange,
} from '@urql/core';
import { createClient } from 'graphql-ws';
import { onEnd, pipe, subscribe } from 'wonka';
import { WebSocket } from 'ws';
import { OWNER_KEY } from '../support/server';
import {
  CREATE_CONNECTOR,
  owner,
  refusedPayload,
  refusedVariables,
  type Story,
  startStory,
  tellsTheStory,
  toldBy,
  VIEWER,
} from './story';

const authorization = `Bearer ${OWNER_KEY}`;
let story: Story;
let socket: ReturnType<typeof createClient>;
beforeAll(async () => {
  story = await startStory();
  socket = createClient({ url: story.wsUrl, webSocketImpl: WebSocket, connectionParams: { authorization } });
});
afterAll(async () => {
  await socket.dispose();
  await story.remove();
});

const clientOf = (exchanges: Exchange[], more: Partial<ClientOptions> = {}) =>
  new Client({
    url: story.url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges,
    ...more,
  });

test('urql: a query', async () => {
  expect((await clientOf([fetchExchange]).query(VIEWER, {})).data).toEqual({ viewer: owner });
});

test('urql: a mutation that is refused', async () => {
  const { data } = await clientOf([fetchExchange]).mutation(CREATE_CONNECTOR, refusedVariables);
  expect(data).toEqual({ connectorCreate: refusedPayload });
});

test.each<[string, () => Client]>([
  [
    'graphql-ws',
    () =>
      clientOf([
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables: variables as never }, sink) }),
          }),
        }),
      ]),
  ],
  ['server-sent events', () => clientOf([fetchExchange], { fetchSubscriptions: true })],
])('urql: subscriptions over %s', (_transport, make) => {
  const client = make();
  return tellsTheStory(story, (query, variables) =>
    toldBy(({ next, end }) => {
      const source = pipe(client.subscription(query, variables), onEnd(end));
      return subscribe<OperationResult>(({ data, error, hasNext }) => {
        // Over server-sent events the last result is given once more when there are none to come.
        if (hasNext) next(error ?? data);
      })(source).unsubscribe;
    }),
  );
});
