/** The cookie by which a browser that set out on a flow is known again: its name, its attributes, its value. */
import type { IncomingMessage } from 'node:http';
import type { BrowserSecret } from '../authorization/journey';
import type { Links } from '../links';

/** How long a browser remembers that it set out, in seconds: as long as a flow can take. */
const COOKIE_SECONDS = 1200;

const isSecure = ({ publicOrigin }: Links) => publicOrigin.startsWith('https:');

/** RFC 6265bis section 4.1.3.2: a `__Host-` cookie cannot be set by another host or over http. */
const nameOf = (flowId: string, links: Links) => `${isSecure(links) ? '__Host-' : ''}grapnel-${flowId}`;

/** Lax, because a provider sends people back from another site. */
export function cookieOf(flowId: string, secret: string, links: Links): string {
  const secure = isSecure(links) ? '; Secure' : '';
  return `${nameOf(flowId, links)}=${secret}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}

export function browserSecret({ headers }: IncomingMessage, links: Links): BrowserSecret {
  const cookies = new Map(
    (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('=', 2) as [string, string]),
  );
  return (flowId) => cookies.get(nameOf(flowId, links)) || undefined;
}
