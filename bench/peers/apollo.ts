/** A bare Apollo Server, standalone, that answers a connection from a constant. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { answering } from './answering';

const typeDefs = `
  input ConnectionRef { id: ID }
  type Health { state: String! reason: String! remedy: String! }
  type Connection {
    id: ID! name: String! linkName: String! status: String! authorizationLevel: String! health: Health!
  }
  type Query { connection(by: ConnectionRef!): Connection }
`;

answering({
  async start({ connection }: { connection: object }) {
    const server = new ApolloServer({ typeDefs, resolvers: { Query: { connection: () => connection } } });
    const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
    return url;
  },
});
