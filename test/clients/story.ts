/** What every client of the tests is to do: a query, a mutation that is refused, and the two subscriptions. */
import { PassThrough } from 'node:stream';
import { startTestServer, type TestServer } from '../support/server';
import { subscriptionBegun } from '../support/sockets';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

export const VIEWER = 'query { viewer { __typename workspace { __typename name } role } }';

/** What the query gives for the key of the tests; `__typename` is asked for everywhere, because Apollo Client does. */
export const owner = { __typename: 'Viewer', workspace: { __typename: 'Workspace', name: 'Default' }, role: 'OWNER' };

export const CREATE_CONNECTOR = `mutation ($input: ConnectorCreateInput!) {
  connectorCreate(input: $input) { __typename connector { id } userErrors { __typename code path } }
}`;
/** A name may begin with a letter, a digit or `_`. */
export const refusedVariables = { input: { name: '-odd' } };
export const refusedPayload = {
  __typename: 'ConnectorPayload',
  connector: null,
  userErrors: [{ __typename: 'ValidationError', code: 'INVALID_START', path: ['name'] }],
};

export const WATCH_FLOW = `subscription ($id: ID!) {
  authorizationFlow(id: $id) { __typename id status connection { __typename status } }
}`;
export const WATCH_EVENTS = `subscription ($id: ID!) {
  connectionEvents(filter: { connectionId: $id }) { __typename kind connection { __typename id status } }
}`;

/** What a client is told of something that goes on. */
type Told = AsyncGenerator<unknown>;

/** What is told to a sink, one by one; `subscribe` gives what ends it from our side. */
export function toldBy(subscribe: (sink: { next(told: unknown): void; end(): void }) => () => void): Told {
  const told = new PassThrough({ objectMode: true });
  const unsubscribe = subscribe({ next: (one) => told.write(one), end: () => told.end() });
  told.once('close', unsubscribe);
  return told[Symbol.asyncIterator]() as Told;
}

/**
 * Whoever watches a connection is told of its authorization the moment it happens; whoever watches the flow only then comes late,
 * and is told how it ended.
 */
export async function tellsTheStory(
  { connectionId, authorize: authorizeIt }: Story,
  watch: (query: string, variables: { id: string }) => Told,
): Promise<void> {
  const begun = subscriptionBegun();
  const events = watch(WATCH_EVENTS, { id: connectionId });
  const event = events.next();
  await begun;
  const flowId = await authorizeIt();
  expect((await event).value).toEqual({
    connectionEvents: {
      __typename: 'ConnectionEvent',
      kind: 'AUTHORIZED',
      connection: { __typename: 'Connection', id: connectionId, status: 'CONNECTED' },
    },
  });
  await events.return(undefined);
  const flow = watch(WATCH_FLOW, { id: flowId });
  expect((await flow.next()).value).toEqual({
    authorizationFlow: {
      __typename: 'AuthorizationFlow',
      id: flowId,
      status: 'AUTHORIZED',
      connection: { __typename: 'Connection', status: 'CONNECTED' },
    },
  });
  expect((await flow.next()).done).toBe(true);
}

export interface Story {
  readonly server: TestServer;
  readonly url: string;
  readonly wsUrl: string;
  /** A connection that is not authorized. */
  readonly connectionId: string;
  /** Authorizes the connection; gives the id of the flow, which is over then. */
  authorize(): Promise<string>;
  remove(): Promise<void>;
}

export async function startStory(): Promise<Story> {
  const server = await startTestServer();
  const id = await readyConnector(server.ask, { name: 'Basics' }, staticConfigs.basic);
  const connectionId = await createConnection(server.ask, { connector: { id }, name: 'Shared' });
  return {
    server,
    url: `${server.url}/graphql`,
    wsUrl: `${server.url.replace('http:', 'ws:')}/graphql`,
    connectionId,
    authorize: () => authorize(server.ask, connectionId, staticCredentials.basic),
    remove: () => server.remove(),
  };
}
