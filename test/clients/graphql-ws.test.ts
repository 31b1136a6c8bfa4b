/** The client of graphql-ws (on a socket) runs every operation. */
import { type Client, createClient } from 'graphql-ws';
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
  VIEWER,
} from './story';

let story: Story;
let client: Client;
beforeAll(async () => {
  story = await startStory();
  client = createClient({
    url: story.wsUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${OWNER_KEY}` },
  });
});
afterAll(async () => {
  await client.dispose();
  await story.remove();
});

async function* dataOf(query: string, variables?: Record<string, unknown>) {
  for await (const { data, errors } of client.iterate({ query, variables })) {
    expect(errors).toBeUndefined();
    yield data;
  }
}

test('graphql-ws: a query', async () => {
  expect((await dataOf(VIEWER).next()).value).toEqual({ viewer: owner });
});

test('graphql-ws: a mutation that is refused', async () => {
  const { value } = await dataOf(CREATE_CONNECTOR, refusedVariables).next();
  expect(value).toEqual({ connectorCreate: refusedPayload });
});

test('graphql-ws: subscriptions', () => tellsTheStory(story, dataOf));
