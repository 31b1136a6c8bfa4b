/** URLs are parsed alike however often: the parser of the platform forgets Latin-1 letters once it was optimized. */
import { parseUrl } from '../src/parse-url';

test('a host with a Latin-1 letter is one at the hundred thousandth time, too', () => {
  const hosts = new Set(Array.from({ length: 100_000 }, () => parseUrl('https://b\u00fccher.example/')?.hostname));
  expect([...hosts]).toEqual(['xn--bcher-kva.example']);
});

test.each(['', 'api.example.com', 'http://', 'http://a b/', 'https://[::1'])('%j is no URL', (text) => {
  expect(parseUrl(text)).toBeUndefined();
});
