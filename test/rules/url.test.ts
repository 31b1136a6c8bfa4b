/** URLs of providers: what they must have, what they must not, and where `{variables}` may stand. */
import { hostVariablesIn, ProviderUrl, variablesIn } from '../../src/rules/url';
import { codesOf, messagesOf } from './codes-of';

const rule = ProviderUrl('The token URL');
const sized = (length: number) => 'https://example.com/'.padEnd(length, 'a');

test.each([
  'https://example.com/token',
  'http://example.com/token',
  'HTTPS://API.Example.COM/Token',
  'https://example.com/a',
  'https://example.com//a',
  'https://example.com/a/',
  'https://localhost/token',
  'https://a_b.example.com/token',
  'https://xn--mnchen-3ya.de/token',
  'https://example.com:1/token',
  'https://example.com:65535/token',
  'https://192.0.2.1/token',
  'https://[2001:db8::1]/token',
  'https://[2001:DB8::1]:8443/token',
  `https://${'a'.repeat(63)}.example.com/token`,
  'https://example.com/token?a=b&c=d&e',
  'https://example.com/token?filter[name]=x',
  'https://example.com/token?',
  "https://example.com/-._~!$&'()*+,;=:@/%20%C3%A9",
  'https://{sub}.example.com/token',
  'https://{a}.{b}.example.com/token',
  'https://x-{sub}-y.example.com/token',
  'https://{host}/token',
  'https://{sub}.example.com:8443/token',
  'https://example.com/{tenant}',
  'https://example.com/v{version}/{tenant}/token',
  'https://example.com/token?tenant={tenant}',
  'https://example.com/token?a=1&tenant=x-{tenant}-{_b2}',
  'https://example.com/token?a={a}={b}',
])('is accepted: %s', (url) => expect(codesOf(rule, url)).toEqual([]));

describe('is refused', () => {
  test.each([
    ['without scheme', 'example.com/token'],
    ['relative to a scheme', '//example.com/token'],
    ['another scheme', 'ftp://example.com/token'],
    ['a script', 'javascript:alert(1)//token'],
    ['one slash', 'https:/example.com/token'],
    ['no slash', 'https:example.com/token'],
    ['no host', 'https:///token'],
    ['only a port', 'https://:443/token'],
    ['an empty label', 'https://example..com/token'],
    ['an empty first label', 'https://.example.com/token'],
    ['an empty last label', 'https://example.com./token'],
    ['a label of 64', `https://${'a'.repeat(64)}.example.com/token`],
    ['a name of 254', `https://${'a.'.repeat(126)}aa/token`],
    ['a label that begins with -', 'https://-a.example.com/token'],
    ['punctuation in the host', 'https://a,b/token'],
    ['percent-encoding in the host', 'https://exampl%65.com/token'],
    ['an address in disguise', 'https://0x7f.1/token'],
    ['a short address', 'https://127.1/token'],
    ['an address as a number', 'https://2130706433/token'],
    ['an address that is none', 'https://1.2.3.256/token'],
    ['an unclosed address', 'https://[::1/token'],
    ['a zone', 'https://[fe80::1%25eth0]/token'],
    ['port 0', 'https://example.com:0/token'],
    ['port 65536', 'https://example.com:65536/token'],
    ['a port in letters', 'https://example.com:https/token'],
    ['no path', 'https://example.com'],
    ['an empty path', 'https://example.com/'],
    ['empty segments', 'https://example.com//'],
    ['no path but a query', 'https://example.com?a=/b'],
    ['a path that leads nowhere', 'https://example.com/..'],
    ['the same, percent-encoded', 'https://example.com/a/%2E%2e/.'],
    ['a fragment', 'https://example.com/token#a'],
    ['an empty fragment', 'https://example.com/token#'],
    ['a user', 'https://user@example.com/token'],
    ['a user and a password', 'https://user:password@example.com/token'],
    ['an empty user', 'https://@example.com/token'],
    ['a space before', ' https://example.com/token'],
    ['a space behind', 'https://example.com/token '],
    ['a space in the path', 'https://example.com/to ken'],
    ['a backslash', 'https://example.com\\token'],
    ['backslashes', 'https:\\\\example.com\\token'],
    ['a tab', 'https://example.com/to\tken'],
    ['a line break', 'https://example.com/token\n'],
    ['NUL', 'https://example.com/token\0'],
    ['a letter that is not ASCII', 'https://example.com/é'],
    ['a host that is not ASCII', 'https://münchen.de/token'],
    ['quotes', 'https://example.com/"token"'],
    ['angle brackets', 'https://example.com/<token>'],
    ['a lone %', 'https://example.com/100%'],
    ['a % before no hexadecimal digits', 'https://example.com/%zz'],
    ['a variable as scheme', '{scheme}://example.com/token'],
    ['a variable in the scheme', 'http{s}://example.com/token'],
    ['a variable as user', 'https://{user}@example.com/token'],
    ['a variable as port', 'https://example.com:{port}/token'],
    ['a variable as port of an address', 'https://[::1]:{port}/token'],
    ['a variable in an address', 'https://[::{v}]/token'],
    ['a variable as name in the query', 'https://example.com/token?{name}=a'],
    ['a variable in a name in the query', 'https://example.com/token?a=b&x{name}=a'],
    ['a variable without name in the query', 'https://example.com/token?{name}'],
    ['a variable in the fragment', 'https://example.com/token#{v}'],
    ['a variable without name', 'https://example.com/{}'],
    ['a variable with a space', 'https://example.com/{a b}'],
    ['a variable that begins with a digit', 'https://example.com/{1a}'],
    ['a variable with a hyphen', 'https://example.com/{a-b}'],
    ['an operator of RFC 6570', 'https://example.com/{+a}'],
    ['a modifier of RFC 6570', 'https://example.com/{a*}'],
    ['an unclosed variable', 'https://example.com/{a'],
    ['an unopened variable', 'https://example.com/a}'],
    ['a variable in a variable', 'https://example.com/{{a}}'],
  ])('%s: %j', (_, url) => expect(codesOf(rule, url)).toEqual(['INVALID_URL']));

  test('an empty text', () => expect(codesOf(rule, '')).toEqual(['REQUIRED']));

  test('every rule that is broken, each once', () =>
    expect(codesOf(rule, 'ftp://user@example.com#a')).toEqual([
      'INVALID_URL',
      'INVALID_URL',
      'INVALID_URL',
      'INVALID_URL',
    ]));
});

test('has at most 2048 characters, the braces included', () => {
  expect(codesOf(rule, sized(2048))).toEqual([]);
  expect(codesOf(rule, sized(2049))).toEqual(['TOO_LONG']);
  expect(codesOf(rule, `${sized(2045)}{v}`)).toEqual([]);
  expect(codesOf(rule, `${sized(2046)}{v}`)).toEqual(['TOO_LONG']);
});

test.each([
  ['', 'empty'],
  [sized(2049), '2048'],
  ['ftp://example.com/a', 'http://'],
  ['https://a..b/c', 'host'],
  ['https://example.com:0/a', '65535'],
  ['https://example.com/', 'path segment'],
  ['https://example.com/a#b', '#'],
  ['https://user@example.com/a', 'user name'],
  ['https://example.com/é', 'RFC 3986'],
  ['https://example.com:{port}/a', '{variables}'],
  ['https://{user}@example.com/a', '{variables}'],
  ['https://example.com/{a-b}', '{variables}'],
])('the message names the URL and the rule: %.40s', (url, rule_) => {
  const messages = messagesOf(rule, url);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toMatch(/^The token URL /);
  expect(messages[0]).toContain(rule_);
});

test('what is far too long is looked at no further', () =>
  expect(codesOf(rule, `https://${':'.repeat(1_000_000)}`)).toEqual(['TOO_LONG']));

test('variables are told, each once, and those of the host apart', () => {
  const url = 'https://{a}.{b}.example.com/{c}/{a}?x={d}';
  expect(variablesIn(url)).toEqual(['a', 'b', 'c', 'd']);
  expect(hostVariablesIn(url)).toEqual(['a', 'b']);
  expect(variablesIn('https://example.com/token')).toEqual([]);
});
