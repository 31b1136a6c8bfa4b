/** GraphQL over server-sent events, one connection for each operation ("distinct connections mode" of `graphql-sse`). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { execute, subscribe } from 'graphql';
import { createHandler, print } from 'graphql-sse';
import { chargeFor } from './cost';
import { documentsOf } from './documents';
import { EventStream } from './event-stream';
import { Aborted, checkHead, HttpRefusal, readParameters } from './graphql-request';
import { guarded } from './guarded';
import { maskerOf } from './masking';
import { acceptedMediaType } from './media-types';
import { observedExecution } from './observed';
import { corsHeaders } from './origins';
import { refusalOf } from './refusal';
import { type RequestContext, type TransportOptions, tooManySubscriptions } from './transport';

export interface GraphqlSse {
  /** Whether a request to the GraphQL path wants its answer as server-sent events. */
  wants(request: IncomingMessage): boolean;
  /** Answers until the operation ends or the client goes; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void>;
  /** The callers of the subscriptions that are under way. */
  callers(): Iterable<RequestContext>;
  /** Ends the subscriptions of callers for whom `predicate` holds. */
  endWhere(predicate: (context: RequestContext) => boolean): void;
  /** Ends all subscriptions, those that are about to begin among them; queries and mutations are still answered. */
  close(): void;
}

const mediaType = 'text/event-stream';

interface Operation {
  readonly contextValue: RequestContext;
  readonly prepared: ReturnType<ReturnType<typeof documentsOf>['prepare']>;
  readonly stream: EventStream;
}

export function createGraphqlSse(options: TransportOptions): GraphqlSse {
  const { schema, contextOf, log, origins, operations, introspection, subscriptions } = options;
  const documents = documentsOf(schema, introspection);
  const underWay = new Map<EventStream, RequestContext>();
  let closed = false;

  const handler = createHandler<IncomingMessage, Operation>({
    // Without a token there is no single connection to share.
    authenticate: () => undefined,
    onSubscribe: ({ context: { prepared, contextValue } }, { operationName, variables }) =>
      prepared.errors
        ? // Without data the library would take it for arguments of `execute`; `onNext` leaves it out.
          { data: null, errors: prepared.errors }
        : { schema, document: prepared.document, operationName, variableValues: variables, contextValue },
    // `documents` did that.
    validate: () => [],
    execute: observedExecution(operations, guarded(execute)) as never,
    subscribe: observedExecution(operations, guarded(subscribe)) as never,
    // The library keeps what is not written yet. It asks its source for no more meanwhile, whose own limit then holds.
    onNext: async (_context, { context: { contextValue, prepared, stream } }, { errors, ...result }) => {
      await stream.room();
      const told = errors?.map((error) => masked(error, contextValue.requestId));
      return told && ({ ...(!prepared.errors && result), errors: told } as never);
    },
  });

  const masked = maskerOf(options);

  async function handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    for (const [name, value] of Object.entries(corsHeaders(request, origins))) response.setHeader(name, value);
    response.setHeader('x-content-type-options', 'nosniff');
    const stream = new EventStream(request, response);
    let release: (() => void) | undefined;
    try {
      checkHead(request);
      const { authorization } = request.headers;
      const contextValue = await contextOf({
        authorization,
        requestId,
        remote: request.socket.remoteAddress ?? '',
      });
      const parameters = await readParameters(request);
      const prepared = documents.prepare(parameters.query, parameters.operationName, parameters.variables);
      const kind = prepared.errors ? undefined : prepared.operation.operation;
      if (kind === 'mutation' && request.method === 'GET')
        throw new HttpRefusal(405, 'A mutation must be sent by POST: GET changes nothing.', { allow: 'POST' });
      await chargeFor(prepared.cost, contextValue);
      if (kind === 'subscription' && subscriptions) {
        release = subscriptions.hold(contextValue);
        if (!release) throw tooManySubscriptions();
      }
      if (kind === 'subscription') underWay.set(stream, contextValue);
      if (kind === 'subscription' && closed) stream.end();
      // The request was checked and read already: the library is given what it needs of it, always in one form.
      const headers = { get: (name: string) => ({ accept: mediaType, 'content-type': 'application/json' })[name] };
      const body = { ...parameters };
      const context = { contextValue, prepared, stream };
      const [events] = await handler({ method: 'POST', url: '/', headers, body, raw: request, context });
      if (events === null || typeof events === 'string') throw new Error(`The library refused a request: ${events}`);
      await stream.write(events, (err) => log.error({ err, requestId }, 'the source of a subscription did not end'));
    } catch (thrown) {
      if (!(thrown instanceof Aborted)) refuse(thrown, response, requestId);
    } finally {
      underWay.delete(stream);
      release?.();
    }
  }

  function refuse(thrown: unknown, response: ServerResponse, requestId: string): void {
    const { status, headers, error } = refusalOf(thrown, (it) => masked(it, requestId));
    const answer = { errors: [error] };
    if (response.headersSent) {
      // The protocol has no event for this; a stream that just broke off would be taken for trouble of the network.
      response.end(print({ event: 'next', data: answer as never }) + print({ event: 'complete', data: null }));
      return;
    }
    response.writeHead(status, {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(JSON.stringify(answer));
  }

  function endWhere(predicate: (context: RequestContext) => boolean): void {
    for (const [stream, context] of underWay) if (predicate(context)) stream.end();
  }

  return {
    // Clients that name every form they can read get JSON, which costs less.
    wants: ({ headers: { accept } }) =>
      accept?.toLowerCase().includes(mediaType) === true && acceptedMediaType(accept) === undefined,
    handle,
    callers: () => underWay.values(),
    endWhere,
    close() {
      closed = true;
      endWhere(() => true);
    },
  };
}
