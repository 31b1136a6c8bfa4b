/** Tells global unicast addresses from all others, by the IANA special-purpose registries; pure. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

// Every entry of the IANA IPv4 Special-Purpose Address Registry (RFC 6890), also those that registry calls globally
// reachable: none of them is the address of a third-party API. The first match names the purpose.
const ipv4Ranges = ranges([
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared by a carrier (private)'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', 'the own address of a cloud platform'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'for protocols'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.31.196.0/24', 'for AS112'],
  ['192.52.193.0/24', 'for multicast tunnels'],
  ['192.88.99.0/24', 'for 6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'for AS112'],
  ['198.18.0.0/15', 'for benchmarks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
]);

// What the IPv6 registry sets aside inside of 2000::/3, and the best known ranges outside of it. An address that carries an IPv4 address is refused whatever it carries: a translator on the way
// would reach that one.
const ipv6Ranges = ranges([
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['::ffff:0:0/96', 'an IPv4-mapped one'],
  ['::/96', 'an IPv4-compatible one'],
  ['64:ff9b::/96', 'translated to IPv4 (NAT64)'],
  ['64:ff9b:1::/48', 'translated to IPv4 (NAT64)'],
  ['100::/64', 'for discarding'],
  ['2001::/32', 'a Teredo tunnel'],
  ['2001::/23', 'for protocols'],
  ['2001:db8::/32', 'for documentation'],
  ['2002::/16', 'a 6to4 tunnel'],
  ['2620:4f:8000::/48', 'for AS112'],
  ['3fff::/20', 'for documentation'],
  ['fc00::/7', 'private (unique-local)'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'private (site-local)'],
  ['ff00::/8', 'multicast'],
]);

// RFC 4291 section 2.4 and the IANA IPv6 address space: nothing else has been given out as global unicast.
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Reads an address in plain spelling: four decimal numbers, or IPv6 without a zone. Every other spelling (octal, hex,
 * short) answers undefined. Print the result when connecting, so that what was checked is what is called.
 */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes('%')) return undefined;
  if (family === 4) return ipaddr.IPv4.parse(text);
  // The URL parser turns a dotted tail into hexadecimal; ipaddr.js reads `::1.2.3.4` as if it were `::ffff:1.2.3.4`.
  return ipaddr.IPv6.parse(text.includes('.') ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text);
}

/** What `address` is set aside for, in words that follow "is"; undefined when it is global unicast. */
export function specialPurpose(address: Address): string | undefined {
  if (address instanceof ipaddr.IPv4) return ipv4Ranges.find(({ range }) => address.match(range))?.purpose;
  const purpose = ipv6Ranges.find(({ range }) => address.match(range))?.purpose;
  return purpose ?? (address.match(globalUnicast) ? undefined : 'outside the global unicast space');
}

function ranges(table: readonly (readonly [cidr: string, purpose: string])[]) {
  return table.map(([cidr, purpose]) => ({ range: ipaddr.parseCIDR(cidr), purpose }));
}
