/** GraphQL over WebSocket (protocol graphql-transport-ws): queries, mutations and subscriptions, with the key checked for each. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, execute, type GraphQLError, subscribe } from 'graphql';
import { CloseCode, MessageType, type SubscribePayload, stringifyMessage } from 'graphql-ws';
import { type Extra, useServer as serve } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TopLevelCode } from '../errors';
import { documentsOf } from './documents';
import { guarded } from './guarded';
import { asGraphQLError, maskError } from './masking';
import { observedExecution } from './observed';
import { mayOpenSocket } from './origins';
import { maxRequestBytes, type RequestContext, type TransportOptions } from './transport';
import { refuseUpgrade } from './upgrade';

/** How a socket is closed whose key could not be checked or was refused (RFC 6455 section 7.4.2, and its registry). */
const closings: Record<TopLevelCode, [number, string]> = {
  UNAUTHENTICATED: [CloseCode.Forbidden, 'Forbidden'],
  FORBIDDEN: [CloseCode.Forbidden, 'Forbidden'],
  BAD_USER_INPUT: [CloseCode.Forbidden, 'Forbidden'],
  RATE_LIMITED: [1013, 'Try again later'],
  INTERNAL: [CloseCode.InternalServerError, 'Internal server error'],
};

export interface GraphqlWsOptions extends TransportOptions {
  /** The origin browsers reach us at; `undefined`: only the Host header says. */
  readonly publicOrigin: string | undefined;
  /** How long a new socket may stay silent, in milliseconds. */
  readonly initTimeoutMs?: number;
  /** How often a socket is pinged, in milliseconds; one that does not answer until the next ping is dropped. */
  readonly keepAliveMs?: number;
}

export interface GraphqlWs {
  /** Answers every request of `server` to upgrade: sockets on `path`, refusals elsewhere. */
  attach(server: Server, path: string): void;
  /** The callers behind the open sockets. */
  callers(): Iterable<RequestContext>;
  /** Ends the sockets of callers for whom `predicate` holds, and with them their subscriptions. */
  endWhere(predicate: (context: RequestContext) => boolean): void;
  /** Asks all clients to go elsewhere, and cuts off those that did not after `graceMs` milliseconds. */
  close(graceMs?: number): Promise<void>;
}

export function createGraphqlWs(options: GraphqlWsOptions): GraphqlWs {
  const { schema, contextOf, log, origins, publicOrigin, operations, introspection } = options;
  const documents = documentsOf(schema, introspection);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxRequestBytes, perMessageDeflate: false });
  /** The caller behind each socket, as of its last operation. */
  const callers = new WeakMap<WebSocket, RequestContext>();
  const requestIds = new WeakMap<SubscribePayload, string>();

  async function identify({ connectionParams, extra }: Connection, requestId: string): Promise<RequestContext> {
    const { authorization } = connectionParams ?? {};
    const context = await contextOf({
      authorization: typeof authorization === 'string' ? authorization : undefined,
      requestId,
      remote: extra.request.socket.remoteAddress ?? '',
    });
    callers.set(extra.socket, context);
    return context;
  }

  const masked = (errors: readonly GraphQLError[], requestId: string) =>
    errors.map((error) => maskError(error, requestId, log));

  async function onConnect(connection: Connection): Promise<boolean> {
    const requestId = randomUUID();
    try {
      await identify(connection, requestId);
      return true;
    } catch (thrown) {
      const { extensions } = maskError(thrown, requestId, log);
      connection.extra.socket.close(...closings[extensions.code]);
      return false;
    }
  }

  async function onSubscribe(
    connection: Connection,
    id: string,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const requestId = randomUUID();
    requestIds.set(payload, requestId);
    try {
      const contextValue = await identify(connection, requestId);
      const { query, operationName, variables } = payload;
      const prepared = documents.prepare(query, operationName);
      if (prepared.errors) return prepared.errors;
      return { schema, document: prepared.document, operationName, variableValues: variables, contextValue };
    } catch (thrown) {
      const error = asGraphQLError(thrown);
      if (error.extensions.code === 'UNAUTHENTICATED') endRevoked(connection, id, error, requestId);
      return [error];
    }
  }

  /** The key is no longer good: the operation is told so, and whatever else runs on the socket ends with it. */
  function endRevoked({ extra: { socket } }: Connection, id: string, error: GraphQLError, requestId: string): void {
    socket.send(stringifyMessage({ id, type: MessageType.Error, payload: masked([error], requestId) }));
    socket.close(...closings.UNAUTHENTICATED);
  }

  const disposable = serve<Params>(
    {
      connectionInitWaitTimeout: options.initTimeoutMs ?? 5_000,
      isProd: true,
      execute: observedExecution(operations, guarded(execute)),
      subscribe: observedExecution(operations, guarded(subscribe)),
      onConnect,
      onSubscribe,
      onNext: (_connection, _id, _payload, { contextValue }, { errors, ...result }) => {
        const { requestId } = contextValue as RequestContext;
        return errors ? { ...result, errors: masked(errors, requestId) } : undefined;
      },
      onError: (_connection, _id, payload, errors) => masked(errors, requestIds.get(payload) ?? ''),
    },
    sockets,
    options.keepAliveMs ?? 12_000,
  );

  sockets.on('connection', (socket) => {
    // graphql-ws would print what is wrong with a client's frames on the console; `ws` closes the socket by itself.
    socket.removeAllListeners('error');
    socket.on('error', (err) => log.warn({ err }, 'a socket broke the protocol'));
  });

  function attach(server: Server, path: string): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.split('?')[0] !== path) return refuseUpgrade(socket, 404, `Sockets are opened at ${path}.`);
      if (!mayOpenSocket(request, origins, publicOrigin))
        return refuseUpgrade(
          socket,
          403,
          'Pages of this origin may not open sockets; ALLOWED_ORIGINS names those that may.',
        );
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
    });
  }

  function endWhere(predicate: (context: RequestContext) => boolean): void {
    for (const socket of sockets.clients) {
      const caller = callers.get(socket);
      if (caller && predicate(caller)) socket.close(...closings.FORBIDDEN);
    }
  }

  function* openCallers(): Iterable<RequestContext> {
    for (const socket of sockets.clients) {
      const caller = callers.get(socket);
      if (caller) yield caller;
    }
  }

  let ending: Promise<void> | undefined;

  async function end(graceMs: number): Promise<void> {
    const cutOff = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
    }, graceMs);
    await disposable.dispose();
    clearTimeout(cutOff);
  }

  function close(graceMs = 2_000): Promise<void> {
    ending ??= end(graceMs);
    return ending;
  }

  return { attach, callers: openCallers, endWhere, close };
}

type Params = Record<string, unknown>;

interface Connection {
  readonly connectionParams?: Readonly<Params>;
  readonly extra: Extra;
}
