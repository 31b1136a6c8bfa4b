/** The routes: which path goes where, with a request id for each request and a log line when it ends. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logos } from '../connectors/logo';
import { logoPath } from '../links';
import type { Log } from '../log';
import type { Store } from '../storage/store';
import { type AuthorizationParts, isAuthorizationPath, serveAuthorization, withoutToken } from './authorization-pages';
import type { GraphqlHttp } from './graphql-http';
import { serveHealth } from './health';
import { serveLogo } from './logos';
import type { Playground } from './playground';

export const graphqlPath = '/graphql';

interface Parts {
  readonly authorization: AuthorizationParts;
  readonly graphql: GraphqlHttp;
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
      parts.log.error({ err, requestId }, 'A request failed.');
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`Something went wrong on our side. Quote the request id ${requestId} when you report it.\n`);
    });
  };
}

async function route(
  { authorization, graphql, playground, logos, store, isStopping }: Parts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  if (path === graphqlPath) return graphql.handle(request, response, requestId);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'Only GET and HEAD are answered here.', { allow: 'GET, HEAD' });
  if (path === '/health/live' || path === '/health/ready') return serveHealth(path, response, store, isStopping());
  if (isAuthorizationPath(path) && request.method === 'GET')
    return serveAuthorization(authorization, request, response);
  if (path.startsWith(logoPath)) return serveLogo(path.slice(logoPath.length), request, response, logos);
  if (playground.handles(path)) return playground.serve(request, response);
  refuse(response, 404, 'There is nothing here. GraphQL is at /graphql, the playground at /.');
}

function refuse(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${sentence}\n`);
}
