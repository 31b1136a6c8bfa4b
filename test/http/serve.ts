/** Serves the toy schema on free ports of the loopback, over each transport. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionResult } from 'graphql';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { createGraphqlHttp } from '../../src/http/graphql-http';
import { createGraphqlSse, type GraphqlSse } from '../../src/http/graphql-sse';
import { createGraphqlWs, type GraphqlWs, type GraphqlWsOptions } from '../../src/http/graphql-ws';
import type { TransportOptions } from '../../src/http/transport';
import { GOOD, type Toy } from './toy';

export interface Listening {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** Listens on a free port of the loopback. */
export async function listen(server: Server): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    url: `http://127.0.0.1:${port}/graphql`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export interface ServedHttp extends Listening {
  /** The promises that `handle` gave. */
  readonly handled: Promise<void>[];
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** Serves GraphQL over HTTP; request ids are `request-1`, `request-2` … */
export async function serveHttp(toy: Toy, more: Partial<TransportOptions> = {}): Promise<ServedHttp> {
  const graphql = createGraphqlHttp(toy.options(more));
  await graphql.start();
  const handled: Promise<void>[] = [];
  const listening = await listen(
    createServer((request, response) => {
      handled.push(graphql.handle(request, response, `request-${handled.length + 1}`));
    }),
  );
  return {
    ...listening,
    handled,
    post: (body, headers = {}) =>
      fetch(listening.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: GOOD, ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    close: async () => {
      await listening.close();
      await graphql.stop();
    },
  };
}

export interface ServedWs extends Listening {
  readonly sockets: GraphqlWs;
  readonly wsUrl: string;
  client(options?: Partial<ClientOptions>): Client;
}

/** Serves GraphQL over WebSocket. */
export async function serveWs(toy: Toy, more: Partial<GraphqlWsOptions> = {}): Promise<ServedWs> {
  const sockets = createGraphqlWs({ publicOrigin: undefined, ...toy.options(more), ...more });
  const server = createServer();
  sockets.attach(server, '/graphql');
  const listening = await listen(server);
  const wsUrl = listening.url.replace('http:', 'ws:');
  return {
    ...listening,
    sockets,
    wsUrl,
    client: (options = {}) =>
      createClient({
        url: wsUrl,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: GOOD },
        retryAttempts: 0,
        ...options,
      }),
    close: async () => {
      await sockets.close(0);
      await listening.close();
    },
  };
}

export interface ServedSse extends Listening {
  readonly streams: GraphqlSse;
  /** The promises that `handle` gave. */
  readonly handled: Promise<void>[];
  /** Asks for an event stream by POST. */
  post(body: unknown, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
}

/** Serves GraphQL over server-sent events; request ids are `request-1`, `request-2` … */
export async function serveSse(toy: Toy, more: Partial<TransportOptions> = {}): Promise<ServedSse> {
  const streams = createGraphqlSse(toy.options(more));
  const handled: Promise<void>[] = [];
  const listening = await listen(
    createServer((request, response) => {
      handled.push(streams.handle(request, response, `request-${handled.length + 1}`));
    }),
  );
  return {
    ...listening,
    streams,
    handled,
    post: (body, headers = {}, signal = undefined) =>
      fetch(listening.url, {
        method: 'POST',
        headers: {
          accept: 'text/event-stream',
          'content-type': 'application/json',
          authorization: GOOD,
          ...headers,
        },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
        signal,
      }),
  };
}

/** All that came for an operation: results, then the errors or the closing that ended it, if they did. */
export function ask(
  client: Client,
  query: string,
  variables?: Record<string, unknown>,
  onNext: () => void = () => undefined,
): Promise<{ results: ExecutionResult[]; end?: unknown }> {
  const results: ExecutionResult[] = [];
  return new Promise((resolve) => {
    client.subscribe(
      { query, variables },
      {
        next: (result) => {
          results.push(result as ExecutionResult);
          onNext();
        },
        error: (end) => resolve({ results, end }),
        complete: () => resolve({ results }),
      },
    );
  });
}
