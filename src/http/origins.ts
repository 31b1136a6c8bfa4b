/** Which browser origins may call: the CORS headers of responses, and the check that sockets need. */

import type { IncomingMessage } from 'node:http';
import { parseUrl } from '../parse-url';

/** How long a browser may remember the answer to a preflight, in seconds; Chrome keeps it for no longer. */
const preflightSeconds = 7200;

/** The CORS headers of any response; none when only our own origin may call. */
export function corsHeaders(request: IncomingMessage, origins: readonly string[]): Record<string, string> {
  if (origins.length === 0) return {};
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'x-request-id, retry-after',
  };
}

/** What the answer to a preflight (a request by OPTIONS) says besides `corsHeaders`. */
export function preflightHeaders(cors: Record<string, string>): Record<string, string> {
  if (!cors['access-control-allow-origin']) return {};
  return {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'authorization, content-type, x-request-id',
    'access-control-max-age': String(preflightSeconds),
  };
}

/**
 * Whether a socket may be opened from where the request comes. Browsers ask no preflight for a socket and always send Origin;
 * whoever sends none is not a browser, and has nothing of a user's that it could abuse.
 */
export function mayOpenSocket(
  { headers }: IncomingMessage,
  origins: readonly string[],
  publicOrigin: string | undefined,
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || origins.includes(origin) || origin === publicOrigin) return true;
  const parsed = parseUrl(origin);
  if (!parsed || host === undefined) return false;
  // Through a URL the Host header loses a default port, as the origin has.
  return parseUrl(`${parsed.protocol}//${host}`)?.host === parsed.host;
}
