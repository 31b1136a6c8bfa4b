/** Header fields: names and values of RFC 9110, and the fields that belong to the transport. */
import { headerName, headerValue, isTransportHeader } from '../../src/rules/header';
import { ascii, isLetterOrDigit } from './codes-of';

test('a field name is a token (RFC 9110 section 5.6.2)', () => {
  const tokens = ascii.filter((character) => headerName.test(character));
  expect(tokens).toEqual(
    ascii.filter((character) => isLetterOrDigit(character) || "!#$%&'*+-.^_`|~".includes(character)),
  );
  expect(['X-Api-Key', 'Ünder', 'a b', 'a:', '', 'a\n'].filter((name) => headerName.test(name))).toEqual(['X-Api-Key']);
});

test.each(['', 'a', 'a b', 'a  b', 'a\tb', '!"#~', 'Bearer a.b-c_d=='])('%j is a field value', (value) =>
  expect(headerValue.test(value)).toBe(true),
);

test.each([' ', ' a', 'a ', '\ta', 'a\n', 'a\r\nb', 'a\0b', 'é', 'a\x7f'])('%j is no field value', (value) =>
  expect(headerValue.test(value)).toBe(false),
);

test('fields of the connection and of framing belong to the transport, whatever their case', () => {
  const transport = [
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
    'HTTP2-Settings',
    'Content-Length',
    'Host',
    'Expect',
  ];
  expect(transport.filter((name) => !isTransportHeader(name))).toEqual([]);
  expect(transport.filter((name) => !isTransportHeader(name.toLowerCase()))).toEqual([]);
  const others = ['Authorization', 'X-Api-Key', 'Cookie', 'Content-Type', 'Connection-Id', 'Hosts', 'constructor'];
  expect(others.filter(isTransportHeader)).toEqual([]);
});
