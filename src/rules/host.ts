/** Hosts: which texts name one, so that everybody reads the same machine in it. */

import { isIP } from 'node:net';
import { parseUrl } from '../parse-url';

/** RFC 1035 section 2.3.4: the most characters of a name and, with the underscores that some APIs have, of its labels. */
const NAME_LIMIT = 253;
const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * The host as the URL parser writes it (lower case, IPv6 in brackets and short), or `undefined` when `text` is neither a
 * host name nor an address, or is an address that does not look like the one it is: 127.1, 0x7f.0.0.1, 2130706433.
 */
export function readHost(text: string): { host: string; isAddress: boolean } | undefined {
  if (text.length > NAME_LIMIT || !/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)$/.test(text)) return undefined;
  const host = parseUrl(`http://${text}`)?.hostname;
  if (host === undefined) return undefined;
  if (host.startsWith('[')) return { host, isAddress: true };
  if (isIP(host) !== 0) return host === text ? { host, isAddress: true } : undefined;
  return host.split('.').every((part) => label.test(part)) ? { host, isAddress: false } : undefined;
}

/** Whether `text` is a port that can be called: 1 to 65535. */
export const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
