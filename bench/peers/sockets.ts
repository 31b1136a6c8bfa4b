/** A bare graphql-ws on ws: one subscription by id, told once at the start and then of what is published. */
import { createServer } from 'node:http';
import { createPubSub } from '@graphql-yoga/subscription';
import { buildSchema } from 'graphql';
import { useServer as serveSubscriptions } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { answering } from './answering';
import { listening } from './listening';
import { memory } from './memory';
import { moment } from './moment';

const schema = buildSchema(`
  enum Status { PENDING AUTHORIZED }
  type AuthorizationFlow { id: ID! status: Status! }
  type Query { none: Boolean }
  type Subscription { authorizationFlow(id: ID!): AuthorizationFlow! }
`);

const bus = createPubSub<{ flow: [id: string, status: string] }>();

async function* authorizationFlow({ id }: { id: string }) {
  const changes = bus.subscribe('flow', id);
  yield { authorizationFlow: { id, status: 'PENDING' } };
  for await (const status of changes) yield { authorizationFlow: { id, status } };
}

answering({
  async start() {
    const http = createServer();
    serveSubscriptions(
      { schema, roots: { subscription: { authorizationFlow } } },
      new WebSocketServer({ server: http }),
    );
    return listening(http);
  },
  /** Gives the moment just before. */
  publish({ id }: { id: string }) {
    const at = moment();
    bus.publish('flow', id, 'AUTHORIZED');
    return at;
  },
  memory,
});
