/** Base64: one way to write it, everything else is refused. */
import { fromBase64 } from '../../src/rules/base64';

// RFC 4648 section 10.
test.each([
  ['', ''],
  ['Zg==', 'f'],
  ['Zm8=', 'fo'],
  ['Zm9v', 'foo'],
  ['Zm9vYg==', 'foob'],
  ['Zm9vYmE=', 'fooba'],
  ['Zm9vYmFy', 'foobar'],
])('%j is %j', (text, bytes) => expect(fromBase64(text)?.toString('latin1')).toBe(bytes));

test('the standard alphabet', () => expect(fromBase64('+/+/')).toEqual(Buffer.from([0xfb, 0xff, 0xbf])));

test.each([
  'Zg',
  'Zg=',
  'Zh==',
  'Zg===',
  ' Zg==',
  'Zg==\n',
  'Zm9v\nYmFy',
  'Zm9v!',
  '-_-_',
  'data:;base64,Zm9v',
  'Zm9vZg==Zm9v',
])('%j is not base64', (text) => expect(fromBase64(text)).toBeUndefined());
