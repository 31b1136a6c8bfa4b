/** OAuth 1: how parameters are normalized, with the traps that signers fall into, and what stands in the Authorization header. */
import {
  OAuth1SignatureMethod,
  type OAuth1SigningInput,
  type SignedParts,
  signatureBaseString,
  signatureOf,
  signOAuth1,
} from '../../src/auth-types/oauth1-signature';

const { HMAC_SHA1, PLAINTEXT } = OAuth1SignatureMethod;

const parts = (method: string, url: string, form?: string): SignedParts => ({
  method,
  url: new URL(url),
  form: form === undefined ? undefined : Buffer.from(form),
});

/** The normalized parameters of a query (section 3.4.1.3.2), as they stand in the base string. */
const normalize = (query: string) =>
  decodeURIComponent(signatureBaseString(parts('GET', `http://example.com/${query}`), []).split('&')[2] ?? '');

/** The parameters of an Authorization header, decoded. */
function parametersOf(header: string): Record<string, string> {
  expect(header).toMatch(/^OAuth (oauth_[a-z_]+="[A-Za-z0-9\-._~%]*"(, |$))+$/);
  const found = [...header.matchAll(/(oauth_[a-z_]+)="([^"]*)"/g)];
  return Object.fromEntries(found.map(([, name, value]) => [name, decodeURIComponent(value ?? '')]));
}

describe('parameters are normalized', () => {
  test.each([
    ['with all that follows the first =', '?a=b=c', 'a=b%3Dc'],
    ['with + as a space and %2B as a plus', '?a=1+2%2B3', 'a=1%202%2B3'],
    ['with needless escapes undone and lower-case ones rewritten', '?%61=%7e&b%2fc=d', 'a=~&b%2Fc=d'],
    ['with encoded names', '?c%40d=e%20f', 'c%40d=e%20f'],
    ["with !'()* encoded", "?a!=!'()*", 'a%21=%21%27%28%29%2A'],
    ['with empty values and bare names alike', '?b=&a', 'a=&b='],
    ['with an empty name', '?=x', '=x'],
    ['without empty pairs', '?&&a=1&', 'a=1'],
    ['duplicates sorted by value, as text', '?a=2&a=10&a=1&a=', 'a=&a=1&a=10&a=2'],
    ['sorted by name before the = counts', '?a-b=1&a=2&a.b=0', 'a=2&a-b=1&a.b=0'],
    ['sorted by octet, capitals first', '?a=1&B=2&_=3&0=4', '0=4&B=2&_=3&a=1'],
    ['sorted after encoding, not before', '?z=1&%C3%A4=2&~=3', '%C3%A4=2&z=1&~=3'],
    ['with other alphabets and emoji', '?n\u00e4me=\u{1F3C3}', 'n%C3%A4me=%F0%9F%8F%83'],
    ['with octets that are no UTF-8', '?a=%FF%fe', 'a=%FF%FE'],
    ['with % that starts no escape', '?a=%zz%', 'a=%25zz%25'],
    ['with brackets', '?a[]=1&a[0]=2', 'a%5B%5D=1&a%5B0%5D=2'],
    [
      'with names that objects have already',
      '?toString=3&__proto__=1&constructor=2',
      '__proto__=1&constructor=2&toString=3',
    ],
    ['with / and ?', '?a/b?c=d', 'a%2Fb%3Fc=d'],
    ['not at all without a query', '', ''],
  ])('%s', (_, query, normalized) => {
    expect(normalize(query)).toBe(normalized);
  });

  test('past the thousandth', () => {
    const query = Array.from({ length: 1500 }, (_, index) => `p${String(index).padStart(4, '0')}=x`).join('&');
    expect(normalize(`?${query}`)).toBe(query);
  });

  test('query, form and protocol as one list, the form read as bytes', () => {
    const request = { ...parts('post', 'http://example.com/?b=1', 'a=ü&b=0'), form: Buffer.from('a=ü&b=0') };
    expect(signatureBaseString(request, [['oauth_b', "'"]])).toBe(
      'POST&http%3A%2F%2Fexample.com%2F&a%3D%25C3%25BC%26b%3D0%26b%3D1%26oauth_b%3D%2527',
    );
  });
});

describe('the Authorization header', () => {
  // Published by Twitter.
  const update: OAuth1SigningInput = {
    ...parts(
      'POST',
      'https://api.twitter.com/1/statuses/update.json?include_entities=true',
      'status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21',
    ),
    consumerKey: 'xvz1evFS4wEEPTGEFPHBog',
    consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
    token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
    tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
    signatureMethod: HMAC_SHA1,
    moment: { now: new Date(1_318_622_958_999), nonce: () => 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg' },
  };

  test('has every protocol parameter once, its time in whole seconds', () => {
    expect(parametersOf(signOAuth1(update))).toEqual({
      oauth_consumer_key: 'xvz1evFS4wEEPTGEFPHBog',
      oauth_nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
      oauth_signature: 'tnnArxj06cWHq44gCs1OSKk/jLY=',
      oauth_signature_method: 'HMAC-SHA1',
      oauth_timestamp: '1318622958',
      oauth_token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
      oauth_version: '1.0',
    });
  });

  test('has oauth_callback too, which is signed, and no token where there is none', () => {
    const header = signOAuth1({
      ...parts('POST', 'https://api.twitter.com/oauth/request_token'),
      consumerKey: 'cChZNFj6T5R0TigYB9yd1w',
      consumerSecret: 'L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg',
      signatureMethod: HMAC_SHA1,
      extra: { oauth_callback: 'http://localhost/sign-in-with-twitter/' },
      moment: { now: new Date(1_318_467_427_000), nonce: () => 'ea9ec8429b68d6b77cd5600adbbb0456' },
    });
    expect(header).toContain('oauth_callback="http%3A%2F%2Flocalhost%2Fsign-in-with-twitter%2F"');
    expect(header).not.toContain('oauth_token=');
    expect(parametersOf(header).oauth_signature).toBe('F1Li3tvehgcraF8DMJ7OyxO4w9Y=');
  });

  test('has oauth_verifier too, which is signed', () => {
    const signed = parametersOf(signOAuth1({ ...update, extra: { oauth_verifier: 'v+/=' } }));
    const { oauth_signature: signature = '', ...others } = signed;
    expect(others.oauth_verifier).toBe('v+/=');
    expect(signature).toBe(
      signatureOf(
        HMAC_SHA1,
        signatureBaseString(update, Object.entries(others)),
        update.consumerSecret,
        update.tokenSecret,
      ),
    );
    expect(signature).not.toBe('tnnArxj06cWHq44gCs1OSKk/jLY=');
  });

  test('has an empty token secret signed with, not left out', () => {
    const signed = signOAuth1({ ...update, signatureMethod: PLAINTEXT, consumerSecret: 'a b', tokenSecret: '' });
    expect(parametersOf(signed).oauth_signature).toBe('a%20b&');
  });
});
