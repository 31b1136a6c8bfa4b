/** graphql-request (over HTTP) runs queries and mutations. */
import { ClientError, GraphQLClient } from 'graphql-request';
import { OWNER_KEY } from '../support/server';
import {
  CREATE_CONNECTOR,
  owner,
  refusedPayload,
  refusedVariables,
  type Story,
  startStory,
  VIEWER,
  WATCH_FLOW,
} from './story';

let story: Story;
beforeAll(async () => {
  story = await startStory();
});
afterAll(() => story.remove());

const clientOf = (key: string) => new GraphQLClient(story.url, { headers: { authorization: `Bearer ${key}` } });

test('graphql-request: a query', async () => {
  expect(await clientOf(OWNER_KEY).request(VIEWER)).toEqual({ viewer: owner });
});

test('graphql-request: a mutation that is refused', async () => {
  expect(await clientOf(OWNER_KEY).request(CREATE_CONNECTOR, refusedVariables)).toEqual({
    connectorCreate: refusedPayload,
  });
});

test.each([
  ['a wrong key', 'wrong', VIEWER, 401, 'UNAUTHENTICATED'],
  ['a subscription, which needs a stream', OWNER_KEY, WATCH_FLOW, 400, 'BAD_USER_INPUT'],
])('graphql-request: %s', async (_what, key, query, status, code) => {
  const error: ClientError = await clientOf(key)
    .request(query, { id: 'flw_1' })
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ClientError);
  expect([error.response.status, error.response.errors?.map(({ extensions }) => extensions.code)]).toEqual([
    status,
    [code],
  ]);
});
