/** What of a request an OAuth 1 signature covers: forms whoever wrote them, no other body, and nothing twice. */
import { oauth1 } from '../../src/auth-types/oauth1';
import { OAuth1SignatureMethod, signOAuth1 } from '../../src/auth-types/oauth1-signature';
import { type Body, encodeBody, type NameValue, type SignableRequest } from '../../src/auth-types/request';
import { Refused } from '../../src/errors';

const url = 'https://api.example.com/items?q=1';
const moment = { now: new Date(1_700_000_000_000), nonce: () => 'once' };
const setup = {
  config: { consumerKey: 'key', signatureMethod: OAuth1SignatureMethod.HMAC_SHA1 },
  secrets: { consumerSecret: { value: 'secret', updatedAt: 0 } },
};
const credentials = { token: 'token', tokenSecret: 'token secret' };

function requestOf(body: Body, headers: NameValue[] = [], target = url): SignableRequest {
  const mediaType = encodeBody(body)?.mediaType;
  const isSaid = headers.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    method: 'POST',
    url: new URL(target),
    headers: mediaType && !isSaid ? [...headers, ['Content-Type', mediaType]] : headers,
    body,
  };
}

const sign = (request: SignableRequest) => oauth1.sign(request, setup, credentials, moment);
const authorizationsOf = ({ headers }: SignableRequest) =>
  headers.filter(([name]) => name.toLowerCase() === 'authorization').map(([, value]) => value);

/** The header when `form` is the form that is signed. */
const header = (form: string | undefined) =>
  signOAuth1({
    method: 'POST',
    url: new URL(url),
    form: form === undefined ? undefined : Buffer.from(form),
    consumerKey: 'key',
    consumerSecret: 'secret',
    ...credentials,
    signatureMethod: OAuth1SignatureMethod.HMAC_SHA1,
    moment,
  });

const bytes = (of: 'JSON' | 'text' | 'binary', content: string, mediaType: string): Body => ({
  kind: 'bytes',
  of,
  bytes: Buffer.from(content),
  mediaType,
});
const form: Body = {
  kind: 'form',
  fields: [
    ['a', '1 2'],
    ['a', '+'],
    ['ü', ''],
  ],
};
const multipart: Body = { kind: 'multipart', boundary: 'b', parts: [{ name: 'a', bytes: Buffer.from('1') }] };
const urlencoded = 'application/x-www-form-urlencoded';

test('the forms of the tests below do not sign alike', () => {
  expect(new Set([undefined, 'a=1', 'a=1+2&a=%2B&%C3%BC='].map(header)).size).toBe(3);
});

test.each<[string, SignableRequest, string | undefined]>([
  ['no body is signed as none', requestOf({ kind: 'none' }), undefined],
  ['a form is signed', requestOf(form), 'a=1+2&a=%2B&%C3%BC='],
  ['JSON is not signed', requestOf(bytes('JSON', '{"a":"1"}', 'application/json')), undefined],
  ['a text is not signed', requestOf(bytes('text', 'a=1', 'text/plain; charset=utf-8')), undefined],
  ['a multipart body is not signed', requestOf(multipart), undefined],
  ['a text that is called a form is signed', requestOf(bytes('text', 'a=1', urlencoded)), 'a=1'],
  [
    'so are bytes, with a charset and capitals',
    requestOf(bytes('binary', 'a=1', 'Application/X-WWW-Form-Urlencoded ; charset=UTF-8')),
    'a=1',
  ],
  [
    'a header that calls a text a form decides',
    requestOf(bytes('text', 'a=1', 'text/plain'), [['content-TYPE', urlencoded]]),
    'a=1',
  ],
  [
    'a header that calls a form JSON decides as well',
    requestOf(bytes('text', 'a=1', urlencoded), [['Content-Type', 'application/json']]),
    undefined,
  ],
  ['what is only called similar is not signed', requestOf(bytes('text', 'a=1', `${urlencoded}-not`)), undefined],
])('%s', (_, request, signed) => {
  const result = sign(request);
  expect(authorizationsOf(result)).toEqual([header(signed)]);
  expect(result).toEqual({ ...request, headers: [...request.headers, ['Authorization', header(signed)]] });
});

const problemsOf = (request: SignableRequest) => {
  try {
    sign(request);
  } catch (error) {
    if (error instanceof Refused)
      return error.problems.map(({ code, path, message }) => [code, path, message.split(' ')[0]]);
    throw error;
  }
  return [];
};

describe('parameters of the protocol are refused by name', () => {
  test.each([
    'oauth_consumer_key',
    'oauth_token',
    'oauth_signature_method',
    'oauth_signature',
    'oauth_timestamp',
    'oauth_nonce',
    'oauth_version',
  ])('%s', (name) => {
    expect(problemsOf(requestOf({ kind: 'form', fields: [[name, '']] }, [], `${url}&${name}=x`))).toEqual([
      ['RESERVED', ['url'], name],
      ['RESERVED', ['body'], name],
    ]);
  });

  test('however they are escaped', () => {
    expect(problemsOf(requestOf({ kind: 'none' }, [], `${url}&%6fauth%5ftoken`))).toEqual([
      ['RESERVED', ['url'], 'oauth_token'],
    ]);
  });

  test('but not where the signature does not look, nor others that begin alike', () => {
    const json = bytes('JSON', '{"oauth_token":"x"}', 'application/json');
    expect(problemsOf(requestOf(json, [], `${url}&oauth_tokens=x&OAUTH_TOKEN=x&x=oauth_token`))).toEqual([]);
  });
});

test('a parameter of the query that begins with oauth_ stays there and is not said again in the header', () => {
  const [authorization = ''] = authorizationsOf(sign(requestOf({ kind: 'none' }, [], `${url}&oauth_body_hash=x`)));
  expect(authorization).not.toContain('oauth_body_hash');
});

test.each<[OAuth1SignatureMethod, string, number]>([
  [OAuth1SignatureMethod.PLAINTEXT, 'http', 3],
  [OAuth1SignatureMethod.PLAINTEXT, 'https', 0],
  [OAuth1SignatureMethod.HMAC_SHA1, 'http', 0],
  [OAuth1SignatureMethod.HMAC_SHA256, 'http', 0],
])('%s over %s is warned of at %i URLs', (signatureMethod, scheme, count) => {
  const fields = ['requestTokenUrl', 'tokenUrl', 'revokeTokenUrl'];
  const urls = Object.fromEntries([...fields, 'authorizationUrl'].map((field) => [field, `${scheme}://h/${field}`]));
  const warnings = oauth1.warnings({ config: { ...urls, signatureMethod }, secrets: {} });
  expect(warnings.map(({ code, path }) => [code, path])).toEqual(
    fields.slice(0, count).map((field) => ['INVALID_URL', [field]]),
  );
});
