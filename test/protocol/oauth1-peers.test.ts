/** OAuth 1 signatures in the eyes of servers that nobody here wrote the signatures of: a thousand random requests, and tampered ones. */
import { type OAuth1Provider, providers, withoutOauthlib } from '../peers/oauth1';
import type { Message } from '../peers/oauth1-verifier';
import { type Consumer, randomOf, randomRequest } from './oauth1-random';

const SEED = 5849;

const who: Consumer = {
  consumerKey: "key+/=&%'(é)",
  consumerSecret: 'secret of #1+2=3&%',
  token: 'token/~*+ ü',
  tokenSecret: 'token secret &=%2B',
};

if (withoutOauthlib !== undefined) {
  // Said in the name, so that a run without it shows what it did not ask.
  test(`oauthlib is not asked: ${withoutOauthlib}`, () => {
    expect(providers.map(([name]) => name)).not.toContain('oauthlib');
  });
}

describe.each(providers)('%s', (_, start) => {
  let provider: OAuth1Provider;
  beforeAll(async () => {
    provider = await start();
    const { consumerKey, consumerSecret, token, tokenSecret } = who;
    await provider.know({
      clients: { [consumerKey]: consumerSecret, other: consumerSecret },
      tokens: { [token]: [consumerKey, tokenSecret] },
    });
  });
  afterAll(() => provider.close());

  test('accepts 1000 random requests, and none of them twice', async () => {
    const random = randomOf(SEED);
    const requests = Array.from({ length: 1000 }, (_, index) => randomRequest(random, `accepted${index}`, who));
    const verdicts = await provider.verify(requests);
    expect(requests.filter((_, index) => !verdicts[index]?.accepted)).toEqual([]);
    expect(verdicts).toHaveLength(1000);
    expect((await provider.verify(requests)).filter(({ accepted }) => accepted)).toEqual([]);
  });

  test('refuses each of 100 requests that somebody changed on the way', async () => {
    const random = randomOf(SEED + 1);
    const requests = Array.from({ length: 100 }, (_, index) =>
      tamperings[index % tamperings.length]!(randomRequest(random, `tampered${index}`, who, { hashed: true })),
    );
    const verdicts = await provider.verify(requests);
    expect(verdicts).toHaveLength(100);
    expect(requests.filter((_, index) => verdicts[index]?.accepted || verdicts[index]?.signature !== false)).toEqual(
      [],
    );
  });
});

const urlencoded = 'application/x-www-form-urlencoded';
const withHeader = ([uri, method, body, headers]: Message, change: (authorization: string) => string): Message => [
  uri,
  method,
  body,
  { ...headers, authorization: change(String(headers.authorization)) },
];
const withUri = ([uri, ...rest]: Message, change: (url: URL) => void): Message => {
  const url = new URL(uri);
  change(url);
  return [url.href, ...rest];
};

/** Each changes one thing that a signature covers. */
const tamperings: ((request: Message) => Message)[] = [
  ([uri, method, ...rest]) => [uri, method === 'GET' ? 'POST' : 'GET', ...rest],
  (request) => withUri(request, (url) => (url.pathname += 'x')),
  (request) => withUri(request, (url) => (url.search += `${url.search ? '&' : '?'}admin=true`)),
  (request) => withUri(request, (url) => (url.host = 'evil.example.com')),
  (request) => withUri(request, (url) => (url.port = '8443')),
  (request) => withUri(request, (url) => (url.protocol = url.protocol === 'http:' ? 'https:' : 'http:')),
  ([uri, method, , headers]) => [uri, method, 'amount=1000000', { ...headers, 'content-type': urlencoded }],
  (request) => withHeader(request, (header) => header.replace(/oauth_nonce="/, '$&0')),
  (request) =>
    withHeader(request, (header) =>
      header.replace(/oauth_timestamp="\d+/, `oauth_timestamp="${Math.floor(Date.now() / 1000) + 60}`),
    ),
  (request) => withHeader(request, (header) => header.replace(/oauth_token="/, '$&x')),
  (request) =>
    withHeader(request, (header) => header.replace(/oauth_consumer_key="[^"]*/, 'oauth_consumer_key="other')),
  (request) =>
    withHeader(request, (header) =>
      header.replace(/oauth_signature_method="[^"]*/, (text) =>
        text.endsWith('SHA1') ? text.replace('SHA1', 'SHA256') : text.replace('SHA256', 'SHA1'),
      ),
    ),
  (request) => withHeader(request, (header) => header.replace(/oauth_signature="/, '$&A')),
  (request) => withHeader(request, (header) => header.replace(/, oauth_version="1.0"/, '')),
];
