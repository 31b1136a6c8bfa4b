/** What the IANA special-purpose registries say of an address, in bit arithmetic; written from the registries, not from our code. */

export interface Family {
  readonly name: 'IPv4' | 'IPv6';
  readonly bits: number;
  /** Blocks of the registries: their first address and the length of their prefix; the longest that holds an address counts. */
  readonly blocks: readonly Block[];
}

export interface Block {
  readonly first: bigint;
  readonly length: number;
  /** "Globally Reachable" in the registry is True; also what stands in no registry. */
  readonly isGlobal: boolean;
}

const ipv4 = (text: string): bigint => text.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);

/** Groups of four hexadecimal digits from the left; the rest is zero. */
const ipv6 = (...groups: number[]): bigint =>
  [...groups, ...new Array<number>(8 - groups.length).fill(0)].reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);

const block = (first: bigint, length: number, isGlobal = false): Block => ({ first, length, isGlobal });

// https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast (RFC 5771).
const ipv4Blocks = [
  block(ipv4('0.0.0.0'), 8),
  block(ipv4('10.0.0.0'), 8),
  block(ipv4('100.64.0.0'), 10),
  block(ipv4('127.0.0.0'), 8),
  block(ipv4('169.254.0.0'), 16),
  block(ipv4('172.16.0.0'), 12),
  block(ipv4('192.0.0.0'), 24),
  block(ipv4('192.0.0.9'), 32, true),
  block(ipv4('192.0.0.10'), 32, true),
  block(ipv4('192.0.2.0'), 24),
  block(ipv4('192.31.196.0'), 24, true),
  block(ipv4('192.52.193.0'), 24, true),
  block(ipv4('192.88.99.0'), 24), // deprecated (RFC 7526)
  block(ipv4('192.88.99.2'), 32),
  block(ipv4('192.168.0.0'), 16),
  block(ipv4('192.175.48.0'), 24, true),
  block(ipv4('198.18.0.0'), 15),
  block(ipv4('198.51.100.0'), 24),
  block(ipv4('203.0.113.0'), 24),
  block(ipv4('224.0.0.0'), 4),
  block(ipv4('240.0.0.0'), 4),
  block(ipv4('255.255.255.255'), 32),
];

// https://www.iana.org/assignments/iana-ipv6-special-registry, and the address space outside of 2000::/3 (RFC 4291 section 2.4).
const ipv6Blocks = [
  block(0n, 0),
  block(ipv6(0x2000), 3, true),
  block(0n, 128),
  block(1n, 128),
  block(ipv6(0, 0, 0, 0, 0, 0xffff), 96),
  block(ipv6(0x64, 0xff9b), 96, true), // what it carries decides: see `isGlobal`
  block(ipv6(0x64, 0xff9b, 1), 48),
  block(ipv6(0x100), 64),
  block(ipv6(0x100, 0, 0, 1), 64),
  block(ipv6(0x2001), 23),
  block(ipv6(0x2001, 0), 32), // Teredo: N/A, a tunnel to an IPv4 address
  block(ipv6(0x2001, 1, 0, 0, 0, 0, 0, 1), 128, true),
  block(ipv6(0x2001, 1, 0, 0, 0, 0, 0, 2), 128, true),
  block(ipv6(0x2001, 1, 0, 0, 0, 0, 0, 3), 128, true),
  block(ipv6(0x2001, 2), 48),
  block(ipv6(0x2001, 3), 32, true),
  block(ipv6(0x2001, 4, 0x112), 48, true),
  block(ipv6(0x2001, 0x10), 28),
  block(ipv6(0x2001, 0x20), 28, true),
  block(ipv6(0x2001, 0x30), 28, true),
  block(ipv6(0x2001, 0xdb8), 32),
  block(ipv6(0x2002), 16), // 6to4: N/A, a tunnel to an IPv4 address
  block(ipv6(0x2620, 0x4f, 0x8000), 48, true),
  block(ipv6(0x3fff), 20),
  block(ipv6(0x5f00), 16),
  block(ipv6(0xfc00), 7),
  block(ipv6(0xfe80), 10),
  block(ipv6(0xfec0), 10),
  block(ipv6(0xff00), 8),
];

export const families: readonly Family[] = [
  { name: 'IPv4', bits: 32, blocks: ipv4Blocks },
  { name: 'IPv6', bits: 128, blocks: ipv6Blocks },
];

const holds = (bits: number, value: bigint, { first, length }: Block) =>
  value >> BigInt(bits - length) === first >> BigInt(bits - length);

/** Whether an address may be the one of an API anywhere in the Internet. */
export function isGlobal({ bits, blocks }: Family, value: bigint): boolean {
  const nat64 = ipv6(0x64, 0xff9b) >> 32n;
  if (bits === 128 && value >> 32n === nat64) return isGlobal(families[0]!, value & 0xffffffffn);
  const [closest] = blocks.filter((one) => holds(bits, value, one)).sort((a, b) => b.length - a.length);
  return closest?.isGlobal ?? true;
}

/** Global, and for nothing special: the address that an API can be expected to have. */
export function isOrdinary({ bits, blocks }: Family, value: bigint): boolean {
  const isUsual = ({ first, length }: Block) => bits === 128 && length === 3 && first === ipv6(0x2000);
  return (
    !blocks.some((one) => one.length > 0 && !isUsual(one) && holds(bits, value, one)) &&
    isGlobal(bits === 32 ? families[0]! : families[1]!, value)
  );
}

/** The spellings of an address that are plain: dotted, or hexadecimal groups in full, in short, in capitals, with a dotted tail. */
export function spelled({ bits }: Family, value: bigint, choice: number): string {
  const octets = (number: bigint) => [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');
  if (bits === 32) return octets(value);
  const groups = [7n, 6n, 5n, 4n, 3n, 2n, 1n, 0n].map((at) => ((value >> (at * 16n)) & 0xffffn).toString(16));
  const plain = groups.join(':');
  switch (choice % 5) {
    case 0:
      return groups.map((group) => group.padStart(4, '0')).join(':');
    case 1:
      return plain.toUpperCase();
    case 2:
      return `${groups.slice(0, 6).join(':')}:${octets(value & 0xffffffffn)}`;
    case 3:
      return shortened(plain);
    default:
      return plain;
  }
}

/** The first longest run of zero groups as `::` (RFC 5952 section 4.2). */
function shortened(plain: string): string {
  const runs = [...plain.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)];
  const [longest] = runs.sort((a, b) => b[0].length - a[0].length);
  if (!longest) return plain;
  const before = plain.slice(0, longest.index).replace(/:$/, '');
  const after = plain.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
