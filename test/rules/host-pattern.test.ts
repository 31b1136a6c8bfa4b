/** Allowed hosts: how they are written, and which URLs they let through. */
import { AllowedHosts, isAllowedHost } from '../../src/rules/host-pattern';
import { codesOf } from './codes-of';

const rule = AllowedHosts();

test.each([
  'api.example.com',
  'API.Example.com',
  'localhost',
  'localhost:8080',
  'api.example.com:443',
  'api.example.com:1',
  'api.example.com:65535',
  '*.example.com',
  '*.example.com:8443',
  '*.a.b.example.com',
  'xn--mnchen-3ya.de',
  '_dmarc.example.com',
  '192.0.2.1',
  '192.0.2.1:8080',
  '[2001:db8::1]',
  '[2001:DB8::1]:8443',
  '2001:db8::1',
  `${'a'.repeat(63)}.example.com`,
  `${'a.'.repeat(126)}a`,
])('is a host: %s', (host) => expect(codesOf(rule, [host])).toEqual([]));

test.each([
  '',
  '*',
  '*.com',
  '*.localhost',
  '*.192.0.2.1',
  '*.[2001:db8::1]',
  '*example.com',
  'api.*.com',
  'api.*',
  '**.example.com',
  '*.*.example.com',
  'https://api.example.com',
  'api.example.com/',
  'api.example.com/path',
  'user@api.example.com',
  'api.example.com?',
  'api.example.com#',
  ' api.example.com',
  'api.example.com ',
  'api example.com',
  'api.example.com\n',
  'api..example.com',
  '.example.com',
  'api.example.com.',
  '-api.example.com',
  'api-.example.com',
  'api.example.com:',
  'api.example.com:0',
  'api.example.com:65536',
  'api.example.com:https',
  'api.example.com:-1',
  'münchen.de',
  'ap%69.example.com',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '0177.0.0.1',
  '192.0.2.256',
  '192.0.2.0/24',
  '[2001:db8::1',
  '2001:db8::1]',
  '[2001:db8::g]',
  '[fe80::1%eth0]',
  'fe80::1%eth0',
  '[192.0.2.1]',
  `${'a'.repeat(64)}.example.com`,
  `${'a.'.repeat(126)}aa`,
])('is no host: %j', (host) => expect(codesOf(rule, [host])).toEqual(['INVALID_FORMAT 0']));

test('at most 50, and each that is none is told by its place', () => {
  const hosts = Array.from({ length: 51 }, (_, index) => `h${index}.example.com`);
  expect(codesOf(rule, hosts.slice(1))).toEqual([]);
  expect(codesOf(rule, hosts)).toEqual(['TOO_LONG']);
  expect(codesOf(rule, ['a.example.com', '*', 'b.example.com', '/'])).toEqual(['INVALID_FORMAT 1', 'INVALID_FORMAT 3']);
  expect(codesOf(rule, [])).toEqual([]);
});

test.each([
  ['api.example.com', 'https://api.example.com/x'],
  ['api.example.com', 'http://API.example.com:8080/x'],
  ['API.EXAMPLE.COM', 'https://api.example.com/x'],
  ['api.example.com:443', 'https://api.example.com/x'],
  ['api.example.com:80', 'http://api.example.com/x'],
  ['api.example.com:8443', 'https://api.example.com:8443/x'],
  ['api.example.com:08443', 'https://api.example.com:8443/x'],
  ['*.example.com', 'https://api.example.com/x'],
  ['*.example.com', 'https://a.b.example.com/x'],
  ['*.example.com:8443', 'https://api.example.com:8443/x'],
  ['192.0.2.1', 'https://192.0.2.1/x'],
  ['127.0.0.1', 'https://127.1/x'],
  ['2001:db8::1', 'https://[2001:db8:0::1]:8443/x'],
  ['[2001:db8::1]:8443', 'https://[2001:DB8::1]:8443/x'],
])('%s lets %s through', (host, url) => expect(isAllowedHost(new URL(url), ['other.example', host])).toBe(true));

test.each([
  ['api.example.com', 'https://example.com/x'],
  ['api.example.com', 'https://x.api.example.com/x'],
  ['api.example.com', 'https://xapi.example.com/x'],
  ['api.example.com', 'https://api.example.com.evil.example/x'],
  ['api.example.com', 'https://api.example.com@evil.example/x'],
  ['api.example.com', 'https://evil.example/api.example.com'],
  ['api.example.com', 'https://api.example.com./x'],
  ['api.example.com:443', 'http://api.example.com/x'],
  ['api.example.com:443', 'https://api.example.com:8443/x'],
  ['*.example.com', 'https://example.com/x'],
  ['*.example.com', 'https://evilexample.com/x'],
  // Resolvers read a name with an empty label in different ways, or not at all.
  ['*.example.com', 'https://.example.com/x'],
  ['*.example.com', 'https://a..example.com/x'],
  ['*.example.com', 'https://-.example.com/x'],
  ['*.example.com', 'https://api.example.com.evil.example/x'],
  ['*.example.com:443', 'https://api.example.com:8443/x'],
  ['192.0.2.1', 'https://192.0.2.10/x'],
  ['[2001:db8::1]:8443', 'https://[2001:db8::1]/x'],
])('%s does not let %s through', (host, url) =>
  expect(isAllowedHost(new URL(url), [host, 'other.example'])).toBe(false),
);

test('no host lets nothing through', () => expect(isAllowedHost(new URL('https://example.com/'), [])).toBe(false));
