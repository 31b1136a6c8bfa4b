/** Allowed hosts: the rule for how they are written, and whether a URL goes to one of them. */
import { isIP } from 'node:net';
import { type Problem, UserErrorCode } from '../errors';
import { isPort, readHost } from './host';
import { Items } from './rule';

const ALLOWED_HOSTS_LIMIT = 50;
export const allowedHostsRule = `at most ${ALLOWED_HOSTS_LIMIT} hosts such as api.example.com, *.example.com, 192.0.2.1 or [2001:db8::1], each with :port or without (any port). Empty: nowhere.`;

interface HostPattern {
  /** As the URL parser writes it; without `*.` where `wildcard`. */
  readonly host: string;
  readonly wildcard: boolean;
  /** `undefined`: any port. */
  readonly port: number | undefined;
}

/** Reads `example.com`, `*.example.com`, `192.0.2.1`, `[2001:db8::1]` or `2001:db8::1`, each (but the last) with `:port` or without. */
function parseHostPattern(text: string): HostPattern | undefined {
  if (isIP(text) === 6) return parseHostPattern(`[${text}]`);
  const [, star, name = '', port] = /^(\*\.)?(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const read = readHost(name);
  if (!read || (port !== undefined && !isPort(port))) return undefined;
  // Everything below a name without a dot would be everything below a top-level domain.
  if (star && (read.isAddress || !read.host.includes('.'))) return undefined;
  return { host: read.host, wildcard: star !== undefined, port: port === undefined ? undefined : Number(port) };
}

/** The rules for the list: how many, and how each is written. */
export const AllowedHosts = (): PropertyDecorator => Items('allowed hosts', ALLOWED_HOSTS_LIMIT, hostProblems);

function hostProblems(host: string): Problem[] {
  if (parseHostPattern(host)) return [];
  const message =
    'An allowed host is written api.example.com, *.example.com (any name below it), 192.0.2.1 or [2001:db8::1], each with :port or without; a name in other letters than ASCII in its xn-- form.';
  return [{ code: UserErrorCode.INVALID_FORMAT, message, path: [] }];
}

/** Whether `url` goes to a host (and port) that one of `patterns` names. */
export function isAllowedHost(url: URL, patterns: readonly string[]): boolean {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return patterns.some((text) => {
    const pattern = parseHostPattern(text);
    if (!pattern || (pattern.port !== undefined && pattern.port !== port)) return false;
    if (!pattern.wildcard) return url.hostname === pattern.host;
    // The URL parser takes names that nobody has, as with nothing before the dot.
    return url.hostname.endsWith(`.${pattern.host}`) && readHost(url.hostname) !== undefined;
  });
}
