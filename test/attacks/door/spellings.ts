/** Addresses that must not be called, each written in every notation that some parser somewhere understands, and URLs around them. */
import { isIP } from 'node:net';
import { ownAddresses } from '../two-faced';

export interface Spelling {
  /** The URL, with a path that takes more after it unless the trick is at its end. */
  readonly url: string;
  /** The host as it is written, without brackets; for the tricks around it the plain address. */
  readonly host: string;
  /** The address it is meant to reach, plainly. */
  readonly target: string;
}

const ipv4Targets = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '100.100.100.200', // metadata at Alibaba
  '169.254.169.254', // metadata at AWS, Azure, Google and others
  '168.63.129.16', // the platform at Azure
  '192.0.0.192', // metadata at Oracle
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  ...ownAddresses.filter((address) => isIP(address) === 4),
];

const ipv6Targets = [
  '::1',
  '::',
  'fd00:ec2::254', // metadata at AWS
  'fe80::1',
  'fec0::1',
  'fd00::1',
  'ff02::1',
  '100::1',
  '2001:db8::1',
  '5f00::1',
  ...ownAddresses.filter((address) => isIP(address) === 6),
];

/** Places around a host; `H` is the host, `P` the port. */
const tricks = [
  'http://user@H:P/x',
  'http://user:pass@H:P/x',
  'http://@H:P/x',
  'http://:@H:P/x',
  'http://api.example.com@H:P/x',
  'http://api.example.com:80@H:P/x',
  'http://api.example.com\\@H:P/x',
  'http://api.example.com%2f@H:P/x',
  'http://api.example.com%40H:P/x',
  'http://api.example.com#@H:P/x',
  'http://api.example.com?@H:P/x',
  'http://H:P\\@api.example.com/x',
  'http://H:P#@api.example.com/x',
  'http://H:P?@api.example.com/x',
  'http://H:P%2f@api.example.com/x',
  'http:\\\\H:P/x',
  'http:/\\H:P/x',
  'http:H:P/x',
  'http:/H:P/x',
  'http:///H:P/x',
  'http:////H:P/x',
  '//H:P/x',
  '\\\\H:P/x',
  '/\\H:P/x',
  'HTTP://H:P/x',
  'hTtP://H:P/x',
  'https://H:P/x',
  'ftp://H:P/x',
  'ws://H:P/x',
  'gopher://H:P/x',
  'file://H/x',
  'http://H/x',
  'http://H:00P/x',
  'http://H:P/../../x',
  'http://H:P/%2e%2e/x',
  'http://H:P/x\r\nHost: api.example.com',
  'http://H:P\t/x',
  'http://\tH:P/x',
  'http://H\n:P/x',
  ' http://H:P/x',
  'http://H:P/x ',
  'http://H%00:P/x',
  'http://H%20:P/x',
  'http://H%0d%0a:P/x',
  'url:http://H:P/x',
  'javascript:http://H:P/x',
];
const trickTargets = ['127.0.0.1', '169.254.169.254', '::1'];

const inDigits = (digits: string) => (text: string) => text.replace(/\d/g, (digit) => [...digits][Number(digit)] ?? '');
const percent = (text: string) => `%${text.charCodeAt(0).toString(16)}`;
const hex = (value: number) => value.toString(16);

/** The notations of an IPv4 address in a host. */
function ipv4Notations(target: string): string[] {
  const octets = target.split('.').map(Number) as [number, number, number, number];
  const [a, b, c, d] = octets;
  const value = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const [high, low] = [hex(value >>> 16), hex(value & 0xffff)];
  return [
    target,
    `${target}.`,
    `${value}`,
    `0x${hex(value)}`,
    `0X${hex(value).toUpperCase()}`,
    `0x00000000${hex(value)}`,
    `0${value.toString(8)}`,
    `0000${value.toString(8)}`,
    octets.map((octet) => `0${octet.toString(8)}`).join('.'),
    octets.map((octet) => `0000${octet.toString(8)}`).join('.'),
    octets.map((octet) => `0x${hex(octet)}`).join('.'),
    `0x${hex(a)}.0${b.toString(8)}.${c}.0x${hex(d)}`,
    `${a}.${value & 0xffffff}`,
    `${a}.${b}.${value & 0xffff}`,
    `0x${hex(a)}.0x${hex(value & 0xffffff)}`,
    `${value + 2 ** 32}`,
    inDigits('０１２３４５６７８９')(target),
    inDigits('０１２３４５６７８９')(target).replaceAll('.', '．'),
    inDigits('⓪①②③④⑤⑥⑦⑧⑨')(target),
    inDigits('⁰¹²³⁴⁵⁶⁷⁸⁹')(target),
    inDigits('𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗')(`${value}`),
    target.replaceAll('.', '。'),
    target.replaceAll('.', '｡'),
    target.replaceAll('.', '%2e'),
    target.replaceAll('.', '%E3%80%82'),
    target.replace(/./g, percent),
    target.replaceAll('.', '%252e'),
    target.replace('.', '\u00ad.'),
    target.replace('.', '.\u200b'),
    target.replace('.', '\u2060.'),
    `[::ffff:${target}]`,
    `[::FFFF:${high}:${low}]`,
    `[0:0:0:0:0:ffff:${high}:${low}]`,
    `[0000:0000:0000:0000:0000:ffff:${target}]`,
    `[::${target}]`,
    `[::${high}:${low}]`,
    `[::ffff:0:${target}]`,
    `[64:ff9b::${target}]`,
    `[64:ff9b::${high}:${low}]`,
    `[64:ff9b:1::${target}]`,
    `[2002:${high}:${low}::1]`,
    `[2001:0:${high}:${low}::1]`,
    `[2001:0:4136:e378:8000:63bf:${hex(0xffff - (value >>> 16))}:${hex(0xffff - (value & 0xffff))}]`,
    `[fe80::5efe:${target}]`,
    `[::ffff:${target}%25lo]`,
    `[::ffff:${target}%lo]`,
    `%5b::ffff:${target}%5d`,
    `[${target}]`,
  ];
}

/** The notations of an IPv6 address in a host. */
function ipv6Notations(target: string): string[] {
  const groups = new URL(`http://[${target}]`).hostname.slice(1, -1).split('::');
  const [left = [], right = []] = groups.map((part) => (part === '' ? [] : part.split(':')));
  const full = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return [
    `[${target}]`,
    `[${target.toUpperCase()}]`,
    `[${full.join(':')}]`,
    `[${full.map((group) => group.padStart(4, '0')).join(':')}]`,
    `[${target}%25lo]`,
    `[${target}%lo]`,
    `[${target}%251]`,
    `%5b${target}%5d`,
    `[${target}].`,
    `［${target}］`,
  ];
}

const names = ['localhost', 'LOCALHOST', 'localhost.', 'ⓛocalhost', '%6cocalhost', 'ｌｏｃａｌｈｏｓｔ', 'x.localhost'];

/** What names lead to; all others stand for what is registered for them. */
export const loopbackName = /^(?:.*\.)?localhost\.?$/;

export function spellings(port: number): Spelling[] {
  const plain = (target: string) => (isIP(target) === 6 ? `[${target}]` : target);
  const hosts = [
    ...ipv4Targets.flatMap((target) => ipv4Notations(target).map((host) => ({ target, host }))),
    ...ipv6Targets.flatMap((target) => ipv6Notations(target).map((host) => ({ target, host }))),
    ...names.map((host) => ({ target: '127.0.0.1', host })),
  ];
  const around = trickTargets.flatMap((target) =>
    tricks.map((trick) => ({
      target,
      host: target,
      url: trick.replace('H', () => plain(target)).replace('P', `${port}`),
    })),
  );
  const straight = hosts.map(({ target, host }) => ({
    target,
    host: host.replace(/^\[|\]$/g, ''),
    url: `http://${host}:${port}/x`,
  }));
  const texts = new Set<string>();
  return [...straight, ...around].filter(({ url }) => !texts.has(url) && texts.add(url));
}
