/** Allowed hosts: the rule for how they are written, and whether a URL goes to one of them. */
import { isIP } from 'node:net';
import { UserErrorCode } from '../errors';
import { allOf, Rule } from './rule';

export const ALLOWED_HOSTS_LIMIT = 50;

interface HostPattern {
  /** The host as the URL parser writes it; without `*.` where `wildcard`. */
  readonly host: string;
  readonly wildcard: boolean;
  /** `undefined`: any port. */
  readonly port: string | undefined;
}

/** Reads `example.com`, `*.example.com`, `192.0.2.1`, `[2001:db8::1]` or `2001:db8::1`, each (but the last) with `:port` or without. */
export function parseHostPattern(text: string): HostPattern | undefined {
  if (isIP(text) === 6) return parseHostPattern(`[${text}]`);
  const [, star, host, port] = /^(\*\.)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (!host || (port !== undefined && (Number(port) < 1 || Number(port) > 65535))) return undefined;
  const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
  const isLiteral = hostname.startsWith('[') || isIP(hostname) !== 0;
  // Only the written form of an address is its own name: 0x7f.1 or 127.1 would allow what nobody reads in them.
  if (isLiteral && !hostname.startsWith('[') && hostname !== host) return undefined;
  if (!isLiteral && !hostname.split('.').every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)))
    return undefined;
  if (star && (isLiteral || !hostname.includes('.'))) return undefined;
  return { host: hostname, wildcard: star !== undefined, port: port && String(Number(port)) };
}

/** The rules for the list: how many, and how each is written. */
export const AllowedHosts = (): PropertyDecorator =>
  allOf(
    Rule<string[]>(
      UserErrorCode.TOO_LONG,
      `At most ${ALLOWED_HOSTS_LIMIT} allowed hosts.`,
      (hosts) => hosts.length <= ALLOWED_HOSTS_LIMIT,
    ),
    Rule<string[]>(
      UserErrorCode.INVALID_FORMAT,
      'An allowed host is written api.example.com, *.example.com (any name below it), 192.0.2.1 or [2001:db8::1], each with :port or without.',
      (hosts) => hosts.every((host) => parseHostPattern(host) !== undefined),
    ),
  );

/** Whether `url` goes to a host (and port) that one of `patterns` names. */
export function isAllowedHost(url: URL, patterns: readonly string[]): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return patterns.some((text) => {
    const pattern = parseHostPattern(text);
    if (!pattern || (pattern.port !== undefined && pattern.port !== port)) return false;
    return pattern.wildcard ? url.hostname.endsWith(`.${pattern.host}`) : url.hostname === pattern.host;
  });
}
