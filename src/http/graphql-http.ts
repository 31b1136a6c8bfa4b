/** GraphQL over HTTP: an adapter of Apollo Server on node:http that keeps every MUST and SHOULD of the specification. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, type GraphQLResponse, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FormattedExecutionResult, GraphQLFormattedError } from 'graphql';
import { OperationTypeNode } from 'graphql';
import { chargeFor } from './cost';
import { type Documents, documentsOf, maxTokens } from './documents';
import { Aborted, checkHead, HttpRefusal, readParameters } from './graphql-request';
import { maskerOf } from './masking';
import { acceptedMediaType, type ResponseMediaType, responseMediaTypes } from './media-types';
import { observed } from './observed';
import { corsHeaders, preflightHeaders } from './origins';
import { refusalOf } from './refusal';
import type { RequestContext, TransportLog, TransportOptions } from './transport';

export interface GraphqlHttp {
  start(): Promise<void>;
  /** Answers a request to the GraphQL path; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void>;
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export function createGraphqlHttp(options: TransportOptions): GraphqlHttp {
  const { schema, contextOf, log, origins, operations, introspection } = options;
  const mask = maskerOf(options);
  const documents = documentsOf(schema, introspection);
  const apollo = createApollo({ schema, log }, documents);

  async function execute(request: IncomingMessage, mediaType: ResponseMediaType, requestId: string): Promise<Answer> {
    checkHead(request);
    // Before the body is read: whoever has no key cannot make us keep 16 MiB.
    const contextValue = await contextOf({
      authorization: request.headers.authorization,
      requestId,
      remote: request.socket.remoteAddress ?? '',
    });
    const parameters = await readParameters(request);
    const prepared = documents.prepare(parameters.query, parameters.operationName, parameters.variables);
    const masked = (errors: readonly unknown[]) => errors.map((error) => mask(error, requestId));
    await chargeFor(prepared.cost, contextValue);
    if (prepared.errors) return answer(requestErrorStatus(mediaType), mediaType, { errors: masked(prepared.errors) });
    checkOperation(prepared.operation.operation, request.method);
    const { operationName, variables } = parameters;
    // Apollo would hash each source anew; what is kept is asked for by its hash, as a persisted query.
    const ask = (what: object) =>
      apollo.executeOperation({ ...what, operationName, variables, http: wholeAnswers }, { contextValue });
    const run = async () => {
      const { query } = parameters;
      if (!documents.kept(prepared.hash)) return ask({ query });
      const answered = await ask({ extensions: { persistedQuery: { version: 1, sha256Hash: prepared.hash } } });
      // Pushed out of the cache by others before Apollo looked: nothing was executed.
      return wasNotFound(answered) ? ask({ query }) : answered;
    };
    const { http, body } = await observed(operations, prepared.operation, run, errorsOf);
    if (body.kind !== 'single') throw new Error('Apollo answered in parts although nothing asked for it.');
    const { data, errors } = body.singleResult;
    const status = data !== undefined ? 200 : (http.status ?? 0) >= 500 ? 500 : requestErrorStatus(mediaType);
    return answer(status, mediaType, {
      ...(errors && { errors: masked(errors) }),
      ...(data !== undefined && { data }),
    });
  }

  /** The answer to give; `undefined` when nobody is there to be answered. */
  async function answerTo(request: IncomingMessage, requestId: string): Promise<Answer | undefined> {
    const mediaType = acceptedMediaType(request.headers.accept);
    try {
      if (!mediaType) throw new HttpRefusal(406, `Answers are ${responseMediaTypes.join(' or ')}: accept one of them.`);
      return await execute(request, mediaType, requestId);
    } catch (thrown) {
      if (thrown instanceof Aborted) return undefined;
      const { status, headers, error } = refusalOf(thrown, (it) => mask(it, requestId));
      return answer(status, mediaType ?? responseMediaTypes[0], { errors: [error] }, headers);
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> {
    const cors = corsHeaders(request, origins);
    const common = {
      ...cors,
      'x-request-id': requestId,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    };
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { ...common, allow: 'GET, POST, OPTIONS', ...preflightHeaders(cors) }).end();
      return;
    }
    const given = await answerTo(request, requestId);
    if (!given || response.destroyed) return;
    const length = String(Buffer.byteLength(given.body));
    response.writeHead(given.status, { ...common, ...given.headers, 'content-length': length }).end(given.body);
  }

  return { start: () => apollo.start(), handle, stop: () => apollo.stop() };
}

/** That no answer is wanted in parts: not told so, Apollo weighs media types for each request. */
const wholeAnswers = { method: 'POST', headers: new HeaderMap([['accept', '']]), search: '', body: undefined };

const wasNotFound = (answered: GraphQLResponse<Record<string, unknown>>): boolean =>
  (errorsOf(answered) ?? []).some(({ extensions }) => extensions?.code === 'PERSISTED_QUERY_NOT_FOUND');

const errorsOf = ({ body }: GraphQLResponse<Record<string, unknown>>) =>
  body.kind === 'single' ? body.singleResult.errors : undefined;

function createApollo(
  { schema, log }: { schema: TransportOptions['schema']; log: TransportLog },
  documents: Documents,
) {
  const ignore = () => undefined;
  return new ApolloServer<RequestContext>({
    schema,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    // Explicit, so that NODE_ENV decides nothing. Who may ask for the schema is a rule of `documents`.
    nodeEnv: 'production',
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    // Callers cannot ask for one by its hash: of what they send, extensions are left out.
    persistedQueries: {
      cache: {
        get: async (key) => documents.kept(key.slice(-64))?.source,
        set: async () => undefined,
        delete: async () => undefined,
      },
    },
    // Forged requests need an identity that the browser adds by itself. Ours stands in the Authorization header, which it never
    // does; a header asked for on top would only shut out plain GET requests of honest callers.
    csrfPrevention: false,
    // Documents come parsed and validated; the limit and the rules are for one that was pushed out of the cache meanwhile.
    documentStore: {
      get: async (key) => documents.kept(key.slice(-64))?.document,
      set: async () => undefined,
      delete: async () => undefined,
    },
    parseOptions: { maxTokens },
    validationRules: [...documents.extraRules],
    // Errors stay as they were thrown until `maskError`, which alone knows the request id.
    formatError: (_formatted, error) => error as GraphQLFormattedError,
    logger: {
      debug: ignore,
      info: ignore,
      warn: (message) => log.warn({ message: String(message) }, 'apollo'),
      error: (message) => log.error({ message: String(message) }, 'apollo'),
    },
  });
}

/** Not everything that is valid may be asked over plain HTTP. */
function checkOperation(operation: OperationTypeNode, method: string | undefined): void {
  if (operation === OperationTypeNode.SUBSCRIPTION)
    throw new HttpRefusal(
      400,
      'A subscription needs a stream: open a WebSocket, or accept text/event-stream, at this path.',
    );
  if (operation === OperationTypeNode.MUTATION && method === 'GET')
    throw new HttpRefusal(405, 'A mutation must be sent by POST: GET changes nothing.', { allow: 'POST' });
}

/** The older media type answers 200 to every well-formed request (GraphQL over HTTP, section 6.4.1). */
function requestErrorStatus(mediaType: ResponseMediaType): number {
  return mediaType === 'application/json' ? 200 : 400;
}

function answer(
  status: number,
  mediaType: ResponseMediaType,
  result: FormattedExecutionResult,
  headers: Record<string, string> = {},
): Answer {
  return {
    status,
    headers: { ...headers, 'content-type': `${mediaType}; charset=utf-8` },
    body: JSON.stringify(result),
  };
}
