// Address classification against the IANA registries, written out here as first and last address of each range.
import { parseAddress, specialPurpose } from '../../src/outbound/addresses';

type Range = readonly [first: string, last: string];

const specialIpv4: readonly Range[] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];

const specialIpv6: readonly Range[] = [
  ['::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], // ::, ::1, mapped, compatible, 64:ff9b::, 64:ff9b:1::, 100::, 100:0:0:1::
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'], // Teredo, benchmarking, ORCHID, and the other protocol assignments
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['4000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], // 5f00::, fc00::, fe80::, fec0::, ff00::
];

function ipv4Number(text: string): bigint {
  return text.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
}

function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

function ipv6Number(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = new Array(tail === undefined ? 0 : 8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

function ipv6Text(value: bigint): string {
  return value.toString(16).padStart(32, '0').match(/.{4}/g)!.join(':');
}

const families = [
  { name: 'IPv4', special: specialIpv4, bits: 32, toNumber: ipv4Number, toText: ipv4Text },
  { name: 'IPv6', special: specialIpv6, bits: 128, toNumber: ipv6Number, toText: ipv6Text },
];

function isRefused(text: string): boolean {
  return specialPurpose(parseAddress(text)!) !== undefined;
}

describe.each(families)('$name', ({ special, bits, toNumber, toText }) => {
  const numbers = special.map(([first, last]) => [toNumber(first), toNumber(last)] as const);
  const isSpecial = (value: bigint) => numbers.some(([first, last]) => first <= value && value <= last);

  it.each(special)('refuses %s to %s and nothing beside it', (first, last) => {
    const edges = [toNumber(first), (toNumber(first) + toNumber(last)) / 2n, toNumber(last)];
    expect(edges.map((value) => isRefused(toText(value)))).toEqual([true, true, true]);
    const beside = [edges[0]! - 1n, edges[2]! + 1n].filter((value) => value >= 0n && value < 1n << BigInt(bits));
    expect(beside.map((value) => isRefused(toText(value)))).toEqual(beside.map(isSpecial));
  });

  it('agrees with the registry on addresses all over the space and near every edge', () => {
    let state = 0x2545f4914f6cdd1dn; // xorshift: the same addresses in every run
    const random = () => {
      state ^= BigInt.asUintN(64, state << 13n);
      state ^= state >> 7n;
      state ^= BigInt.asUintN(64, state << 17n);
      return state;
    };
    const disagreements: string[] = [];
    let refused = 0;
    for (let turn = 0; turn < 10_000; turn++) {
      const anywhere = BigInt.asUintN(bits, (random() << 64n) | random());
      const edge = numbers[turn % numbers.length]![turn % 2]!;
      const nearEdge = BigInt.asUintN(bits, edge + (random() >> (random() % 64n)) * (turn % 4 < 2 ? 1n : -1n));
      for (const value of [anywhere, nearEdge]) {
        if (isSpecial(value)) refused++;
        if (isRefused(toText(value)) !== isSpecial(value)) disagreements.push(toText(value));
      }
    }
    expect(disagreements).toEqual([]);
    expect(refused).toBeGreaterThan(1_000);
    expect(refused).toBeLessThan(19_000);
  });
});

it.each([
  ['8.8.8.8', undefined],
  ['2606:4700:4700::1111', undefined],
  ['10.0.0.7', 'private'],
  ['169.254.169.254', 'link-local'],
  ['168.63.129.16', 'the own address of a cloud platform'],
  ['fd00:ec2::254', 'private (unique-local)'],
  ['::1', 'loopback'],
  ['::127.0.0.1', 'an IPv4-compatible one'],
  ['::7f00:1', 'an IPv4-compatible one'],
  ['::8.8.8.8', 'an IPv4-compatible one'],
  ['::ffff:8.8.8.8', 'an IPv4-mapped one'],
  ['::ffff:0:127.0.0.1', 'outside the global unicast space'],
  ['64:ff9b::127.0.0.1', 'translated to IPv4 (NAT64)'],
  ['64:ff9b:1:ffff:ffff:ffff:ffff:ffff', 'translated to IPv4 (NAT64)'],
  ['2002:7f00:1::', 'a 6to4 tunnel'],
  ['2001:0:1::', 'a Teredo tunnel'],
  ['2001:20::1', 'for protocols'],
  ['5f00::1', 'outside the global unicast space'],
])('says what %s is for: %s', (text, purpose) => {
  expect(specialPurpose(parseAddress(text)!)).toBe(purpose);
});

it.each([
  '127.1',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '010.0.0.1',
  '2130706433',
  '1.2.3',
  '1.2.3.4.',
  '',
  'localhost',
  'fe80::1%eth0',
  '::1%lo',
  '[::1]',
  ' ::1',
  '1.2.3.256',
])('does not read %p as an address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

it.each([
  ['::1.2.3.4', '::102:304'],
  ['::FFFF:1.2.3.4', '::ffff:102:304'],
  ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['8.8.4.4', '8.8.4.4'],
])('prints %s as %s', (text, printed) => {
  expect(parseAddress(text)!.toString()).toBe(printed);
});
