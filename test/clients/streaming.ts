/** What the two clients do that take a query, a mutation and a subscription alike: each gives one answer after the other. */
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

interface StreamingClient {
  iterate(asked: {
    query: string;
    variables?: Record<string, unknown>;
  }): AsyncIterable<{ data?: unknown; errors?: unknown }>;
  dispose(): unknown;
}

/** The tests of the client `name`, which `connect` makes; gives what it is connected to, for further ones. */
export function runsEverything(name: string, connect: (story: Story) => StreamingClient): () => Story {
  let story: Story;
  let client: StreamingClient;
  beforeAll(async () => {
    story = await startStory();
    client = connect(story);
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

  test(`${name}: a query`, async () => {
    expect((await dataOf(VIEWER).next()).value).toEqual({ viewer: owner });
  });

  test(`${name}: a mutation that is refused`, async () => {
    const { value } = await dataOf(CREATE_CONNECTOR, refusedVariables).next();
    expect(value).toEqual({ connectorCreate: refusedPayload });
  });

  test(`${name}: subscriptions`, () => tellsTheStory(story, dataOf));

  return () => story;
}
