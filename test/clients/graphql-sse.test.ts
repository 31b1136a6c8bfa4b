/** The client of graphql-sse (server-sent events) runs every operation. */
import { type Client, createClient } from 'graphql-sse';
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
  client = createClient({ url: story.url, headers: { authorization: `Bearer ${OWNER_KEY}` } });
});
afterAll(async () => {
  client.dispose();
  await story.remove();
});

async function* dataOf(query: string, variables?: Record<string, unknown>) {
  for await (const { data, errors } of client.iterate({ query, variables })) {
    expect(errors).toBeUndefined();
    yield data;
  }
}

test('graphql-sse: a query', async () => {
  expect((await dataOf(VIEWER).next()).value).toEqual({ viewer: owner });
});

test('graphql-sse: a mutation that is refused', async () => {
  const { value } = await dataOf(CREATE_CONNECTOR, refusedVariables).next();
  expect(value).toEqual({ connectorCreate: refusedPayload });
});

test('graphql-sse: subscriptions', () => tellsTheStory(story, dataOf));

test('graphql-sse: a wrong key', async () => {
  const stranger = createClient({ url: story.url, headers: { authorization: 'Bearer wrong' }, retryAttempts: 0 });
  await expect(stranger.iterate({ query: VIEWER }).next()).rejects.toMatchObject({ response: { status: 401 } });
  stranger.dispose();
});
