/** What OUTBOUND_ALLOW permits in spite of the address rules: host names, addresses and ranges; pure. */

import ipaddr from 'ipaddr.js';
import { parseUrl } from '../parse-url';
import { type Address, parseAddress } from './addresses';

export interface AllowList {
  /** `hostname` is a host name as the URL parser writes it (lower case, ASCII). */
  allowsName(hostname: string, port: number): boolean;
  allowsAddress(address: Address, port: number): boolean;
}

interface Entry {
  readonly name?: string;
  readonly range?: [Address, number];
  /** Absent: any port. */
  readonly port?: number;
}

/** Reads the entries; throws one error that names every entry it cannot read. */
export function parseAllowList(entries: readonly string[]): AllowList {
  const problems = entries.map(allowEntryProblem).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new Error(problems.join(' '));
  const parsed = entries.map((entry) => parseEntry(entry)!);
  const onPort = (entry: Entry, port: number) => entry.port === undefined || entry.port === port;
  return {
    allowsName: (hostname, port) => parsed.some((entry) => entry.name === hostname && onPort(entry, port)),
    allowsAddress: (address, port) =>
      parsed.some(
        ({ range, ...entry }) =>
          range !== undefined && range[0].kind() === address.kind() && address.match(range) && onPort(entry, port),
      ),
  };
}

/** What is wrong with one entry of OUTBOUND_ALLOW, for the report of all configuration problems; undefined when nothing is. */
export function allowEntryProblem(entry: string): string | undefined {
  if (parseEntry(entry) !== undefined) return undefined;
  return `OUTBOUND_ALLOW: "${entry}" is neither a host name, an IP address nor a range such as 10.0.0.0/8.`;
}

function parseEntry(entry: string): Entry | undefined {
  const [, base, prefix] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (base !== undefined) {
    const address = parseAddress(base);
    return address && Number(prefix) <= widthOf(address) ? { range: [address, Number(prefix)] } : undefined;
  }
  const bare = parseAddress(entry);
  if (bare) return { range: [bare, widthOf(bare)] };

  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^\s:/?#@[\]\\]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65535)) return undefined;
  const address = parseAddress(bracketed ?? plain ?? '');
  if (address) return { range: [address, widthOf(address)], port };
  const name = plain === undefined ? undefined : asciiName(plain);
  return name === undefined ? undefined : { name, port };
}

/** The name as the URL parser writes it; undefined for what it refuses or reads as an address (`0x7f.1`). */
function asciiName(text: string): string | undefined {
  const hostname = parseUrl(`http://${text}`)?.hostname;
  if (hostname === undefined) return undefined;
  return /^[a-z0-9._-]+$/.test(hostname) && !parseAddress(hostname) ? hostname : undefined;
}

function widthOf(address: Address): number {
  return address instanceof ipaddr.IPv4 ? 32 : 128;
}
