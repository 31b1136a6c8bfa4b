/** The page that Prometheus reads. It tells of all workspaces at once, so that not every key may read it. */
import { timingSafeEqual } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Authenticator } from '../access/authenticate';
import { Role } from '../access/caller';
import { hashOf } from '../access/secret';
import type { Telemetry } from '../telemetry';

export const metricsPath = '/metrics';

/** Answers a GET or HEAD request that shows `authorization`. */
export type MetricsPage = (authorization: string | undefined, response: ServerResponse) => Promise<void>;

/** `token` (METRICS_TOKEN) opens the page, and so does the key of an OWNER; everybody else gets the same 401. */
export function metricsPage(
  metrics: Telemetry['metrics'],
  token: string | undefined,
  authenticator: Pick<Authenticator, 'authenticate'>,
): MetricsPage {
  async function mayRead(authorization: string | undefined): Promise<boolean> {
    const [, shown] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '') ?? [];
    if (shown === undefined) return false;
    // Hashes have one length, and tell nothing by the place where they differ.
    if (token !== undefined && timingSafeEqual(Buffer.from(hashOf(shown)), Buffer.from(hashOf(token)))) return true;
    return isOwner(authorization);
  }

  async function isOwner(authorization: string | undefined): Promise<boolean> {
    try {
      return (await authenticator.authenticate(authorization)).role === Role.OWNER;
    } catch (error) {
      if ((error as { extensions?: { code?: string } }).extensions?.code === 'UNAUTHENTICATED') return false;
      throw error;
    }
  }

  return async (authorization, response) => {
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    if (!(await mayRead(authorization))) {
      response.writeHead(401, { 'www-authenticate': 'Bearer', 'content-type': 'text/plain; charset=utf-8' });
      response.end('Show METRICS_TOKEN, or the key of an OWNER: Authorization: Bearer <token>.\n');
      return;
    }
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.registry.contentType });
    response.end(text);
  };
}
