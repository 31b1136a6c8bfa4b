/** GraphQL over server-sent events, one connection for each operation ("distinct connections mode" of `graphql-sse`). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { execute, type FormattedExecutionResult, subscribe } from 'graphql';
import { createHandler } from 'graphql-sse';
import { topLevelError, topLevelErrors } from '../errors';
import { documentsOf } from './documents';
import { Aborted, checkHead, HttpRefusal, readParameters } from './graphql-request';
import { guarded } from './guarded';
import { maskError } from './masking';
import { acceptedMediaType } from './media-types';
import { corsHeaders } from './origins';
import type { RequestContext, TransportOptions } from './transport';

export interface GraphqlSse {
  /** Whether a request to the GraphQL path wants its answer as server-sent events. */
  wants(request: IncomingMessage): boolean;
  /** Answers until the operation ends or the client goes; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void>;
  /** The callers of the operations that are under way. */
  callers(): Iterable<RequestContext>;
  /** Ends the operations of callers for whom `predicate` holds. */
  endWhere(predicate: (context: RequestContext) => boolean): void;
}

const eventStream = 'text/event-stream';

interface Operation {
  readonly contextValue: RequestContext;
  readonly prepared: ReturnType<ReturnType<typeof documentsOf>['prepare']>;
}

export function createGraphqlSse({ schema, contextOf, log, origins, introspection }: TransportOptions): GraphqlSse {
  const documents = documentsOf(schema, introspection);
  const underWay = new Map<ServerResponse, RequestContext>();
  const masked = (errors: readonly unknown[], { requestId }: RequestContext) =>
    errors.map((error) => maskError(error, requestId, log));

  const handler = createHandler<IncomingMessage, Operation>({
    // Without a token there is no single connection to share.
    authenticate: () => undefined,
    onSubscribe: ({ context: { prepared, contextValue } }, { operationName, variables }) =>
      prepared.errors
        ? { errors: prepared.errors }
        : { schema, document: prepared.document, operationName, variableValues: variables, contextValue },
    execute: guarded(execute) as never,
    subscribe: guarded(subscribe) as never,
    onNext: (_context, { context: { contextValue } }, { errors, ...result }) =>
      errors ? ({ ...result, errors: masked(errors, contextValue) } as never) : undefined,
  });

  async function operationOf(request: IncomingMessage, requestId: string): Promise<Operation & { parameters: object }> {
    checkHead(request);
    const contextValue = await contextOf({
      authorization: request.headers.authorization,
      requestId,
      remote: request.socket.remoteAddress ?? '',
    });
    const parameters = await readParameters(request);
    const prepared = documents.prepare(parameters.query, parameters.operationName);
    if (request.method === 'GET' && !prepared.errors && prepared.operation.operation === 'mutation')
      throw new HttpRefusal(405, 'Mutations are asked by POST.', { allow: 'POST' });
    return { contextValue, prepared, parameters };
  }

  async function handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    for (const [name, value] of Object.entries(corsHeaders(request, origins))) response.setHeader(name, value);
    response.setHeader('x-content-type-options', 'nosniff');
    try {
      const { parameters, ...context } = await operationOf(request, requestId);
      underWay.set(response, context.contextValue);
      // The request was checked and read already: the library is given what it needs of it, always in one form.
      const headers = { get: (name: string) => ({ accept: eventStream, 'content-type': 'application/json' })[name] };
      const [body, init] = await handler({
        method: 'POST',
        url: '/',
        headers,
        body: { ...parameters },
        raw: request,
        context,
      });
      response.writeHead(init.status, init.headers);
      await write(body, response);
    } catch (thrown) {
      if (!(thrown instanceof Aborted)) refuse(thrown, response, requestId);
    } finally {
      underWay.delete(response);
    }
  }

  function refuse(thrown: unknown, response: ServerResponse, requestId: string): void {
    const isRefusal = thrown instanceof HttpRefusal;
    const error = maskError(isRefusal ? topLevelError('BAD_USER_INPUT', thrown.message) : thrown, requestId, log);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const status = isRefusal ? thrown.status : topLevelErrors[error.extensions.code];
    const headers = isRefusal ? thrown.headers : status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    response.writeHead(status, {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.end(JSON.stringify({ errors: [error] } satisfies FormattedExecutionResult));
  }

  return {
    // Clients that name every form they can read get JSON, which costs less.
    wants: ({ headers: { accept } }) =>
      accept?.includes(eventStream) === true && acceptedMediaType(accept) === undefined,
    handle,
    callers: () => underWay.values(),
    endWhere(predicate) {
      for (const [response, context] of underWay) if (predicate(context)) response.end();
    },
  };
}

/** Writes events as they come, no faster than the client takes them, until there are no more or the client is gone. */
async function write(
  body: string | AsyncGenerator<string, void, undefined> | null,
  response: ServerResponse,
): Promise<void> {
  if (body === null || typeof body === 'string') {
    response.end(body ?? undefined);
    return;
  }
  response.once('close', () => void body.return());
  for await (const event of body) {
    if (response.closed || response.writableEnded) break;
    await new Promise<void>((resolve) => response.write(event, () => resolve()));
  }
  response.end();
}
