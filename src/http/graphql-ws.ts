/** GraphQL over WebSocket (protocol graphql-transport-ws): queries, mutations and subscriptions, with the key checked for each. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionArgs, GraphQLError } from 'graphql';
import { CloseCode, MessageType, type SubscribePayload, stringifyMessage } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Release, Tally } from '../access/tally';
import { rateLimited, type TopLevelCode } from '../errors';
import { chargeFor } from './cost';
import { documentsOf } from './documents';
import { asGraphQLError, maskerOf } from './masking';
import { observedExecution } from './observed';
import { mayOpenSocket } from './origins';
import { Running } from './running';
import { serveSockets } from './serve-sockets';
import {
  maxRequestBytes,
  type Quota,
  type RequestContext,
  type TransportOptions,
  tooManySubscriptions,
} from './transport';
import { refuseUpgrade } from './upgrade';

/** How a socket is closed whose key could not be checked or was refused (RFC 6455 section 7.4.2, and its registry). */
const closings: Record<TopLevelCode, [number, string]> = {
  UNAUTHENTICATED: [CloseCode.Forbidden, 'Forbidden'],
  FORBIDDEN: [CloseCode.Forbidden, 'Forbidden'],
  BAD_USER_INPUT: [CloseCode.Forbidden, 'Forbidden'],
  RATE_LIMITED: [1013, 'Try again later'],
  INTERNAL: [CloseCode.InternalServerError, 'Internal server error'],
};

/** The most operations of a socket that may be under way at once; open subscriptions count elsewhere. */
export const maxOperationsAtOnce = 100;
/** The most sockets that may be opened from one address before they have said who they are. */
const maxSilentSockets = 1_000;

export interface GraphqlWsOptions extends TransportOptions {
  /** The origin browsers reach us at; `undefined`: only the Host header says. */
  readonly publicOrigin: string | undefined;
  /** How long a new socket may stay silent, in milliseconds. */
  readonly initTimeoutMs?: number;
  /** How many new sockets of an address may be silent at once. */
  readonly silentSockets?: number;
  /** How often a socket is pinged, in milliseconds; one that does not answer until the next ping is dropped. */
  readonly keepAliveMs?: number;
  /** Who may have one more socket. Default: everybody. */
  readonly quota?: Quota;
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
  const { schema, contextOf, log, origins, publicOrigin, operations, introspection, quota, subscriptions } = options;
  const documents = documentsOf(schema, introspection);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxRequestBytes, perMessageDeflate: false });
  /** The caller behind each socket, as of its last operation. */
  const callers = new WeakMap<WebSocket, RequestContext>();
  const requestIds = new WeakMap<SubscribePayload, string>();
  const underWay = new Tally<WebSocket>(maxOperationsAtOnce);
  /** By address, and what each of them gives back when it has said who it is. */
  const silentSockets = options.silentSockets ?? maxSilentSockets;
  const silent = new Tally<string>(silentSockets);
  const silence = new WeakMap<WebSocket, Release>();
  const running = new Running();

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

  const mask = maskerOf(options);
  const masked = (errors: readonly GraphQLError[], requestId: string) => errors.map((error) => mask(error, requestId));

  async function onConnect(connection: Connection): Promise<boolean> {
    const requestId = randomUUID();
    const { socket } = connection.extra;
    try {
      const context = await identify(connection, requestId);
      silence.get(socket)?.();
      return !quota || takePlace(socket, quota.hold(context));
    } catch (thrown) {
      socket.close(...closings[mask(thrown, requestId).extensions.code]);
      return false;
    }
  }

  /** Keeps the place of a socket among those of its key until it is closed. */
  function takePlace(socket: WebSocket, place: Release | undefined): boolean {
    if (!place) socket.close(closings.RATE_LIMITED[0], 'This key has as many sockets open as it may (SOCKET_LIMIT)');
    // Whoever left meanwhile was told of the end of the socket already.
    else if (socket.readyState === socket.OPEN) socket.once('close', place);
    else place();
    return place !== undefined;
  }

  async function onSubscribe(
    connection: Connection,
    id: string,
    payload: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const requestId = randomUUID();
    requestIds.set(payload, requestId);
    const operation = underWay.hold(connection.extra.socket);
    if (!operation)
      return [rateLimited(`A socket may have at most ${maxOperationsAtOnce} operations under way at once.`)];
    try {
      const args = await argsOf(connection, payload, requestId, operation);
      if (!('schema' in args)) operation();
      return args;
    } catch (thrown) {
      operation();
      const error = asGraphQLError(thrown);
      if (error.extensions.code === 'UNAUTHENTICATED') endRevoked(connection, id, error, requestId);
      return [error];
    }
  }

  async function argsOf(
    connection: Connection,
    { query, operationName, variables }: SubscribePayload,
    requestId: string,
    operation: Release,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const contextValue = await identify(connection, requestId);
    const prepared = documents.prepare(query, operationName, variables);
    await chargeFor(prepared.cost, contextValue);
    if (prepared.errors) return prepared.errors;
    const isStream = prepared.operation.operation === 'subscription' && subscriptions !== undefined;
    const stream = isStream ? subscriptions.hold(contextValue) : () => undefined;
    if (!stream) return [tooManySubscriptions()];
    running.begin(contextValue, operation, stream);
    return { schema, document: prepared.document, operationName, variableValues: variables, contextValue };
  }

  /** The key is no longer good: the operation is told so, and whatever else runs on the socket ends with it. */
  function endRevoked({ extra: { socket } }: Connection, id: string, error: GraphQLError, requestId: string): void {
    socket.send(stringifyMessage({ id, type: MessageType.Error, payload: masked([error], requestId) }));
    socket.close(...closings.UNAUTHENTICATED);
  }

  const disposable = serveSockets(
    {
      connectionInitWaitTimeout: options.initTimeoutMs ?? 5_000,
      execute: observedExecution(operations, running.execute),
      subscribe: observedExecution(operations, running.subscribe),
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
    (err) => log.error({ err }, 'a message on a socket could not be dealt with'),
  );

  sockets.on('connection', (socket) => {
    // `ws` closes the socket by itself.
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
      const release = silent.hold(request.socket.remoteAddress ?? '');
      if (!release)
        return refuseUpgrade(
          socket,
          429,
          `At most ${silentSockets} sockets of an address may wait to say who they are.`,
        );
      // The peer may go before there is a WebSocket, which is when the library forgets about it.
      socket.once('close', release);
      sockets.handleUpgrade(request, socket, head, (client) => {
        silence.set(client, release);
        sockets.emit('connection', client, request);
      });
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
