/** Apollo Client runs queries and mutations over HTTP, and subscriptions on a socket of graphql-ws. */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
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
let client: ApolloClient;
beforeAll(async () => {
  story = await startStory();
  socket = createClient({ url: story.wsUrl, webSocketImpl: WebSocket, connectionParams: { authorization } });
  client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      new HttpLink({ uri: story.url, headers: { authorization } }),
    ),
    cache: new InMemoryCache(),
  });
});
afterAll(async () => {
  client.stop();
  await socket.dispose();
  await story.remove();
});

test('Apollo Client: a query', async () => {
  expect((await client.query({ query: gql(VIEWER) })).data).toEqual({ viewer: owner });
});

test('Apollo Client: a mutation that is refused', async () => {
  const { data } = await client.mutate({ mutation: gql(CREATE_CONNECTOR), variables: refusedVariables });
  expect(data).toEqual({ connectorCreate: refusedPayload });
});

test('Apollo Client: subscriptions', () =>
  tellsTheStory(story, (query, variables) =>
    toldBy(({ next, end }) => {
      const subscription = client.subscribe({ query: gql(query), variables }).subscribe({
        next: ({ data, error }) => next(error ?? data),
        complete: end,
      });
      return () => subscription.unsubscribe();
    }),
  ));
