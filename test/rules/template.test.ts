/** Filling variables in: each value stays in the place where its variable stands, or is refused. */
import { expandText, expandUrl, UnfitHost, UnfitValue } from '../../src/rules/template';

describe('a URL', () => {
  test.each([
    ['https://{a}.example.com/x', 'acme', 'https://acme.example.com/x'],
    ['https://api-{a}.example.com/x', 'eu-1', 'https://api-eu-1.example.com/x'],
    ['https://x.example.com:8443/{a}', 'b', 'https://x.example.com:8443/b'],
    ['https://x/{a}/y', 'a/b', 'https://x/a%2Fb/y'],
    ['https://x/{a}/y', '../..', 'https://x/..%2F../y'],
    ['https://x/{a}/y', '...', 'https://x/.../y'],
    ['https://x/v{a}/y', '.', 'https://x/v./y'],
    ['https://x/{a}', "~-_.!*'()", 'https://x/~-_.%21%2A%27%28%29'],
    ['https://x/{a}', '?#&=+ %', 'https://x/%3F%23%26%3D%2B%20%25'],
    ['https://x/{a}', 'é日😀', 'https://x/%C3%A9%E6%97%A5%F0%9F%98%80'],
    ['https://x/{a}', '\ud800', 'https://x/%EF%BF%BD'],
    ['https://x/{a}', '\\\t\n', 'https://x/%5C%09%0A'],
    ['https://x/{a}', '{a}', 'https://x/%7Ba%7D'],
    ['https://x/{a}', '$&', 'https://x/%24%26'],
    ['https://x/{a}{a}', 'b', 'https://x/bb'],
    ['https://x/y?z={a}&w=1', '..', 'https://x/y?z=..&w=1'],
    ['https://x/y?z={a}&w=1', '&w=2#', 'https://x/y?z=%26w%3D2%23&w=1'],
    ['https://x/y?z=a/{a}', '/', 'https://x/y?z=a/%2F'],
    ['https://x/{a}/y', '', 'https://x//y'],
  ])('%s with %j', (url, a, expected) => {
    expect(expandUrl(url, { a })).toBe(expected);
    expect(new URL(expected).href).toBe(expected);
  });

  test.each([
    ['https://x/{a}/y', '.'],
    ['https://x/{a}/y', '..'],
    ['https://x/{a}', '..'],
    ['https://x/.{a}/y', '.'],
    ['https://x/%2e{a}/y', '.'],
    ['https://x/{a}%2E/y', '.'],
    ['https://x/{a}{a}/y', '.'],
    ['https://x/{a}.?b=c', '.'],
  ])('%s with %j is refused: the segment would lead elsewhere', (url, a) => {
    expect(() => expandUrl(url, { a })).toThrow(UnfitValue);
  });

  test.each(['', '.', 'a.b', 'a/', '-a', 'a-', 'a b', 'a:1', 'a@b', 'a#', 'é', '%41', '{a}'])(
    'a host label of %j is refused',
    (a) => {
      expect(() => expandUrl('https://{a}.example.com/x', { a })).toThrow(UnfitValue);
      expect(() => expandUrl('https://{a}/x', { a })).toThrow(UnfitValue);
    },
  );

  test.each([
    ['https://{a}/x', '4294967296'],
    ['https://{a}:8443/x', '0x100000000'],
    ['https://1.{a}/x', '16777216'],
    ['https://{a}.16777216/x', '1'],
    ['https://{a}/x', 'xn--a'],
  ])('%s with %j is refused: the host would be none', (url, a) => {
    const message = 'The values of a make no host: neither a name nor an address.';
    expect(() => expandUrl(url, { a })).toThrow(new UnfitHost(message));
    expect(() => new URL(url.replace('{a}', a))).toThrow('Invalid URL');
  });

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'a variable named %s without a value is nothing',
    (name) => {
      expect(expandUrl(`https://x/{${name}}`, {})).toBe('https://x/');
      expect(expandText(`{${name}}`, {})).toBe('');
      expect(() => expandUrl(`https://{${name}}/y`, {})).toThrow(UnfitValue);
    },
  );
});

test('a text gets the values as they are', () => {
  const variables = { a: 'b & c/{d}', d: 'e', _1: '$&' };
  expect(expandText('{a}, {d}{d}, {_1}, {1}, {a b}, {', variables)).toBe('b & c/{d}, ee, $&, {1}, {a b}, {');
});
