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
  const cookies = (headers.cookie ?? '').split(';').map((pair) => pair.replace(whiteSpaceAround, '').split('=', 2));
  return (flowId) => {
    const name = nameOf(flowId, links);
    const values = new Set(cookies.flatMap(([known, value]) => (known === name && value ? [value] : [])));
    // Of two that differ one was put there by somebody else, and nothing tells which.
    return values.size === 1 ? [...values][0] : undefined;
  };
}

/**
 * RFC 6265 section 4.2.1 has spaces and tabs between cookies, nothing else. `trim` would take more, and so make the prefix of a name
 * that has none for the browser: such a cookie any neighbouring host can set.
 */
const whiteSpaceAround = /^[ \t]+|[ \t]+$/g;
