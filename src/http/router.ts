/** The routes: which path goes where, with a request id for each request and a log line when it ends. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logos } from '../connectors/logos';
import { logoPath } from '../links';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { type AuthorizationParts, isAuthorizationPath, serveAuthorization, withoutToken } from './authorization-pages';
import type { GraphqlHttp } from './graphql-http';
import type { GraphqlSse } from './graphql-sse';
import { livePath, readyPath, serveHealth } from './health';
import { serveLogo } from './logos';
import type { Playground } from './playground';

export const graphqlPath = '/graphql';

interface Parts {
  readonly authorization: AuthorizationParts;
  readonly graphql: GraphqlHttp;
  readonly events: GraphqlSse;
  readonly playground: Playground;
  readonly logos: Logos;
  readonly store: Store;
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
    response.on('close', () => {
      const { method } = request;
      const durationMs = Math.round(performance.now() - started);
      parts.log.info(
        { requestId, method, path: withoutToken(path), status: response.statusCode, durationMs },
        'request',
      );
    });
    route(parts, path, request, response, requestId).catch((err: unknown) => {
      parts.log.error({ err, requestId }, 'a request failed');
      // Half an answer cannot be taken back; the caller must see that it is not whole.
      if (response.headersSent) response.destroy();
      else
        say(response, 500, `Something went wrong on our side. Quote the request id ${requestId} when you report it.`);
    });
  };
}

async function route(
  { authorization, graphql, events, playground, logos, store, isStopping }: Parts,
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
  if (!isHealth && !path.startsWith(logoPath))
    return say(response, 404, `There is nothing here. GraphQL is at ${graphqlPath}, the playground at /.`);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return say(response, 405, 'Only GET and HEAD are answered here.', { allow: 'GET, HEAD' });
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
