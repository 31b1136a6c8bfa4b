// OUTBOUND_ALLOW: what each form of entry permits, and which entries are refused.
import { parseAddress } from '../../src/outbound/addresses';
import { allowEntryProblem, parseAllowList } from '../../src/outbound/allow-list';

it.each([
  // entry, name, port, permitted
  ['api.internal', 'api.internal', 80, true],
  ['api.internal', 'api.internal', 9999, true],
  ['API.Internal', 'api.internal', 80, true],
  ['bücher.internal', 'xn--bcher-kva.internal', 80, true],
  ['my_service', 'my_service', 80, true],
  ['api.internal:8080', 'api.internal', 8080, true],
  ['api.internal:8080', 'api.internal', 80, false],
  ['api.internal', 'x.api.internal', 80, false],
  ['api.internal', 'api.internal.evil.example', 80, false],
  ['api.internal', 'api.internal.', 80, false],
  ['10.0.0.0/8', '10.0.0.1', 80, false],
])('%s: the name %s on port %d → %s', (entry, name, port, permitted) => {
  expect(parseAllowList([entry]).allowsName(name, port)).toBe(permitted);
});

it.each([
  ['10.0.0.0/8', '10.255.255.255', 80, true],
  ['10.0.0.0/8', '11.0.0.0', 80, false],
  ['10.0.0.7', '10.0.0.7', 80, true],
  ['10.0.0.7', '10.0.0.8', 80, false],
  ['10.0.0.7', '::ffff:10.0.0.7', 80, false],
  ['10.0.0.7:8080', '10.0.0.7', 8080, true],
  ['10.0.0.7:8080', '10.0.0.7', 80, false],
  ['0.0.0.0/0', '127.0.0.1', 80, true],
  ['0.0.0.0/0', '::1', 80, false],
  ['::1', '::1', 80, true],
  ['[::1]', '::1', 80, true],
  ['[::1]:8080', '::1', 8080, true],
  ['[::1]:8080', '::1', 80, false],
  ['fd00::/8', 'fdff::1', 80, true],
  ['fd00::/8', 'fc00::1', 80, false],
  ['::ffff:127.0.0.0/104', '::ffff:127.9.9.9', 80, true],
  ['api.internal', '10.0.0.7', 80, false],
])('%s: the address %s on port %d → %s', (entry, address, port, permitted) => {
  expect(parseAllowList([entry]).allowsAddress(parseAddress(address)!, port)).toBe(permitted);
});

it.each([
  '',
  ' ',
  '*.internal',
  'http://api.internal',
  'api.internal/path',
  'user@api.internal',
  'api.internal:0',
  'api.internal:65536',
  'api.internal:',
  '10.0.0.0/33',
  'fd00::/129',
  '10.0/8',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '2130706433',
  '[::1',
  '[::1%lo]',
  'fe80::1%lo',
  'a b',
])('refuses the entry %p', (entry) => {
  expect(allowEntryProblem(entry)).toBe(
    `OUTBOUND_ALLOW: "${entry}" is neither a host name, an IP address nor a range such as 10.0.0.0/8.`,
  );
});

it('tells every entry it cannot read at once', () => {
  expect(() => parseAllowList(['10.0.0.0/99', 'api.internal', '*'])).toThrow(
    'OUTBOUND_ALLOW: "10.0.0.0/99" is neither a host name, an IP address nor a range such as 10.0.0.0/8. ' +
      'OUTBOUND_ALLOW: "*" is neither a host name, an IP address nor a range such as 10.0.0.0/8.',
  );
});
