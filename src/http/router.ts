/** The routes: which path goes where, with a request id for each request and a log line when it ends. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logos } from '../connectors/logos';
import { logoPath } from '../links';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import type { Telemetry } from '../telemetry';
import { type AuthorizationParts, isAuthorizationPath, serveAuthorization, withoutToken } from './authorization-pages';
import type { GraphqlHttp } from './graphql-http';
import type { GraphqlSse } from './graphql-sse';
import { livePath, readyPath, serveHealth } from './health';
import { serveLogo } from './logos';
import { type MetricsPage, metricsPath } from './metrics';
import type { Playground } from './playground';

export const graphqlPath = '/graphql';

interface Parts {
  readonly authorization: AuthorizationParts;
  readonly graphql: GraphqlHttp;
  readonly events: GraphqlSse;
  readonly playground: Playground;
  readonly logos: Logos;
  readonly store: Store;
  readonly metrics: MetricsPage;
  readonly telemetry: Pick<Telemetry, 'request' | 'metrics'>;
  readonly log: Log;
  readonly isStopping: () => boolean;
}

/** What others call a request is kept when it looks like an id, so that logs of several servers can be read together. */
const isRequestId = /^[A-Za-z0-9_-]{8,64}$/;

/** The listener of the HTTP server. */
export function createRouter(parts: Parts): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const given = request.headers['x-request-id'];
    const requestId = typeof given === 'string' && isRequestId.test(given) ? given : randomUUID();
    const started = performance.now();
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    response.setHeader('x-request-id', requestId);
    const route = routeOf(parts, path, request);
    response.on('close', () => {
      const { method = '' } = request;
      const elapsed = performance.now() - started;
      const durationMs = Math.round(elapsed);
      parts.telemetry.metrics.httpRequest({ route, method, status: response.statusCode, seconds: elapsed / 1000 });
      parts.log.info(
        { requestId, method, path: withoutToken(path), status: response.statusCode, durationMs },
        'request',
      );
    });
    answerTraced(parts, route, path, request, response, requestId).catch((err: unknown) => {
      parts.log.error({ err, requestId }, 'a request failed');
      // Half an answer cannot be taken back; the caller must see that it is not whole.
      if (response.headersSent) response.destroy();
      else
        say(response, 500, `Something went wrong on our side. Quote the request id ${requestId} when you report it.`);
    });
  };
}

/** What a path is called in metrics and traces: one of a few names, whatever strangers ask for. */
function routeOf({ events, playground }: Parts, path: string, request: IncomingMessage): string {
  if (path === graphqlPath) return events.wants(request) ? 'graphql stream' : 'graphql';
  if (isAuthorizationPath(path)) return 'authorization';
  if (playground.handles(path)) return 'playground';
  if (path === livePath || path === readyPath) return 'health';
  if (path === metricsPath) return 'metrics';
  return path.startsWith(logoPath) ? 'logo' : 'none';
}

function answerTraced(
  parts: Parts,
  route: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const { traceparent, tracestate } = request.headers;
  const caller = {
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  };
  return parts.telemetry.request(route, request.method ?? '', caller, async (note) => {
    note({ 'grapnel.request_id': requestId });
    await answer(parts, path, request, response, requestId);
    note({ 'http.response.status_code': response.statusCode });
  });
}

async function answer(
  { authorization, graphql, events, playground, logos, store, metrics, isStopping }: Parts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  if (path === graphqlPath) return (events.wants(request) ? events : graphql).handle(request, response, requestId);
  if (isAuthorizationPath(path) && request.method === 'GET')
    return serveAuthorization(authorization, request, response);
  if (playground.handles(path)) return playground.serve(request, response);
  const isHealth = path === livePath || path === readyPath;
  const isMetrics = path === metricsPath;
  if (!isHealth && !isMetrics && !path.startsWith(logoPath))
    return say(response, 404, `There is nothing here. GraphQL is at ${graphqlPath}, the playground at /.`);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return say(response, 405, 'Only GET and HEAD are answered here.', { allow: 'GET, HEAD' });
  if (isMetrics) return metrics(request, response, requestId);
  if (isHealth) return serveHealth(path, response, store, isStopping());
  return serveLogo(path.slice(logoPath.length), request, response, logos);
}

function say(response: ServerResponse, status: number, sentence: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${sentence}\n`);
}
