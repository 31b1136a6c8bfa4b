/** The page that Prometheus reads. It tells of all workspaces at once, so that not every key may read it. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GraphQLError } from 'graphql';
import type { Admission } from '../access/admission';
import { Role } from '../access/caller';
import { hashOf } from '../access/secret';
import type { Telemetry } from '../telemetry';

export const metricsPath = '/metrics';

/** Answers a GET or HEAD request. */
export type MetricsPage = (request: IncomingMessage, response: ServerResponse, requestId: string) => Promise<void>;

/** `token` (METRICS_TOKEN) opens the page, and so does the key of an OWNER; everybody else gets the same 401. */
export function metricsPage(
  metrics: Telemetry['metrics'],
  token: string | undefined,
  admission: Pick<Admission, 'admit'>,
): MetricsPage {
  async function mayRead({ headers: { authorization }, socket }: IncomingMessage, requestId: string): Promise<boolean> {
    const [, shown] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '') ?? [];
    if (shown === undefined) return false;
    // Hashes have one length, and tell nothing by the place where they differ.
    if (token !== undefined && timingSafeEqual(Buffer.from(hashOf(shown)), Buffer.from(hashOf(token)))) return true;
    return isOwner(authorization, requestId, socket.remoteAddress ?? '');
  }

  async function isOwner(authorization: string | undefined, requestId: string, remote: string): Promise<boolean> {
    try {
      // Guesses are counted here as everywhere.
      return (await admission.admit(authorization, requestId, remote)).role === Role.OWNER;
    } catch (error) {
      const { code } = (error as Partial<GraphQLError>).extensions ?? {};
      if (code === 'UNAUTHENTICATED' || code === 'RATE_LIMITED') return false;
      throw error;
    }
  }

  return async (request, response, requestId) => {
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    if (!(await mayRead(request, requestId))) {
      response.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain; charset=utf-8' });
      response.end('Show METRICS_TOKEN, or the key of an OWNER: Authorization: Bearer <token>.\n');
      return;
    }
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.registry.contentType });
    response.end(text);
  };
}
