/** Starts the page: a session from our own backend, and a client that asks over HTTP and listens over a socket. */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { ApolloProvider } from '@apollo/client/react';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { createRoot } from 'react-dom/client';
import { App, type Session } from './app';
import './style.css';

interface BackendSession extends Session {
  grapnelUrl: string;
  token: string;
}

async function start(root: HTMLElement): Promise<void> {
  const session = (await (await fetch('/session', { method: 'POST' })).json()) as BackendSession;
  const authorization = `Bearer ${session.token}`;
  const uri = `${session.grapnelUrl}/graphql`;
  const http = new HttpLink({ uri, headers: { authorization } });
  const socket = new GraphQLWsLink(
    createClient({ url: uri.replace(/^http/, 'ws'), connectionParams: { authorization } }),
  );
  const isSubscription = ({ operationType }: ApolloLink.Operation) => operationType === OperationTypeNode.SUBSCRIPTION;
  const client = new ApolloClient({ link: ApolloLink.split(isSubscription, socket, http), cache: new InMemoryCache() });
  createRoot(root).render(
    <ApolloProvider client={client}>
      <App connectionId={session.connectionId} userId={session.userId} />
    </ApolloProvider>,
  );
}

const root = document.getElementById('root');
if (root) void start(root);
