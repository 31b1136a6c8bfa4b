/** A GraphQL server of a few fields around the playground, so that the page alone is what the browser tests try. */
import { EventEmitter, on } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, graphql } from 'graphql';
import { useServer as serveSubscriptions } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { playground } from '../../src/http/playground';

export const KEY = 'key-of-the-stand-in-0123456789-0123456789';
export const CONNECTOR_ID = 'cnr_of_the_stand_in';

const schema = buildSchema(`
  type Query { viewer: Viewer! connector(by: ConnectorRef!): Connector }
  type Viewer { role: String! workspace: Workspace! }
  type Workspace { id: ID! name: String! }
  input ConnectorRef { linkName: String }
  type Connector { id: ID! name: String! linkName: String! stage: String! }
  input ConnectorCreateInput { name: String! linkName: String! description: String allowedHosts: [String!] }
  type UserError { message: String! code: String! path: [String!]! }
  type Payload { connector: Connector userErrors: [UserError!]! }
  type Mutation {
    connectorCreate(input: ConnectorCreateInput!): Payload!
    connectorMarkReady(id: ID!): Payload!
  }
  type Connection { id: ID! linkName: String! status: String! }
  type ConnectionEvent { id: ID! kind: String! at: String! connection: Connection! userId: String }
  type Subscription { connectionEvents: ConnectionEvent! }
`);

export interface StandIn {
  url: string;
  /** Settles when a subscription has begun. */
  subscribed: Promise<void>;
  /** Sends one event to the subscription. */
  publish(status: string): void;
  close(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const events = new EventEmitter();
  const subscribed = new Promise<void>((done) => events.once('subscribed', done));
  const connector = { id: CONNECTOR_ID, name: 'Postman Echo', linkName: 'postman_echo', stage: 'DRAFT' };
  const rootValue = {
    viewer: { role: 'OWNER', workspace: { id: 'wsp_1', name: 'Harbour' } },
    connector: null,
    connectorCreate: { connector, userErrors: [] },
    connectorMarkReady: ({ id }: { id: string }) =>
      id === CONNECTOR_ID
        ? { connector: { ...connector, stage: 'READY' }, userErrors: [] }
        : { userErrors: [{ message: `There is no ${id}.`, code: 'NOT_FOUND', path: ['id'] }] },
    async *connectionEvents() {
      const incoming = on(events, 'event');
      events.emit('subscribed');
      for await (const [connectionEvents] of incoming) yield { connectionEvents };
    },
  };

  const page = playground();
  const server = createServer(async (request, response) => {
    if (page.handles(request.url ?? '')) return page.serve(request, response);
    const allowed = request.headers.authorization === `Bearer ${KEY}`;
    const { query, operationName, variables } = JSON.parse(await textOf(request));
    const answer = allowed
      ? await graphql({ schema, rootValue, source: query, operationName, variableValues: variables })
      : { errors: [{ message: 'This key is not known.' }] };
    response.writeHead(allowed ? 200 : 401, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const subscriptions = serveSubscriptions(
    {
      schema,
      roots: { subscription: { connectionEvents: rootValue.connectionEvents } as Record<string, object> },
      onConnect: ({ connectionParams }) => connectionParams?.authorization === `Bearer ${KEY}`,
    },
    sockets,
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    subscribed,
    publish: (status) => {
      const connection = { id: 'con_1', linkName: 'my_postman_echo', status };
      events.emit('event', { id: 'evt_1', kind: 'STATUS_CHANGED', at: '2030-01-01T00:00:00Z', connection });
    },
    async close() {
      await subscriptions.dispose();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
