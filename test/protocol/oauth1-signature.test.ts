/** OAuth 1 signatures: RFC 5849's examples to the letter, and other published ones. */
import {
  OAuth1SignatureMethod,
  type SignedParts,
  signatureBaseString,
  signatureOf,
} from '../../src/auth-types/oauth1-signature';
import { percentEncode } from '../../src/rules/percent-encoding';

const { HMAC_SHA1, HMAC_SHA256, PLAINTEXT } = OAuth1SignatureMethod;

const parts = (method: string, url: string, form?: string): SignedParts => ({
  method,
  url: new URL(url),
  form: form === undefined ? undefined : Buffer.from(form),
});
const protocolOf = (parameters: Record<string, string>) =>
  Object.entries(parameters).map(([name, value]) => [`oauth_${name}`, value] as const);

/** The normalized parameters in a base string (section 3.4.1.3.2). */
const normalizedOf = (base: string) => decodeURIComponent(base.split('&')[2] ?? '');
const uriOf = (base: string) => decodeURIComponent(base.split('&')[1] ?? '');
const normalize = (query: string) => normalizedOf(signatureBaseString(parts('GET', `http://example.com/${query}`), []));

describe('RFC 5849', () => {
  const example = {
    request: parts('POST', 'http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b', 'c2&a3=2+q'),
    protocol: protocolOf({
      consumer_key: '9djdj82h48djs9d2',
      token: 'kkk9d7dh3k39sjv7',
      signature_method: 'HMAC-SHA1',
      timestamp: '137131201',
      nonce: '7d8f3e4a',
    }),
  };
  const base = signatureBaseString(example.request, example.protocol);

  test('section 3.4.1.1: the signature base string', () => {
    expect(base).toBe(
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
    );
  });

  test('section 3.4.1.3.2: the normalized parameters', () => {
    expect(normalizedOf(base)).toBe(
      'a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=&oauth_consumer_key=9djdj82h48djs9d2&oauth_nonce=7d8f3e4a&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_token=kkk9d7dh3k39sjv7',
    );
  });

  test('section 3.4.1.1, erratum 2550: its signature', () => {
    expect(signatureOf(HMAC_SHA1, base, 'j49sk3j29djd', 'dh893hdasih9')).toBe('r6/TJjbCOr97/+UU0NsvSne7s5g=');
  });

  test.each([
    ['HTTP://EXAMPLE.COM:80/r%20v/X?id=123', 'http://example.com/r%20v/X'],
    ['https://www.example.net:8080/?q=1', 'https://www.example.net:8080/'],
    ['https://EXAMPLE.com:443', 'https://example.com/'],
    ['http://example.com:443/', 'http://example.com:443/'],
    ['https://example.com:80/', 'https://example.com:80/'],
    ['http://[::1]:8080/a//b', 'http://[::1]:8080/a//b'],
  ])('section 3.4.1.2: %s has the base string URI %s', (url, uri) => {
    expect(uriOf(signatureBaseString(parts('GET', url), []))).toBe(uri);
  });

  const photos = { consumer_key: 'dpf43f3p2l4k3l03', signature_method: 'HMAC-SHA1' };
  const callback = 'http://printer.example.com/ready';
  const initiate = { ...photos, timestamp: '137131200', nonce: 'wIjqoS', callback };
  const exchange = { token: 'hh5s93j4hdidpola', nonce: 'walatlh', verifier: 'hfdp7dh39dks9884' };
  const use = { token: 'nnch734d00sl2jdk', timestamp: '137131202', nonce: 'chapoH' };
  test.each([
    [
      'the request for temporary credentials',
      'POST https://photos.example.net/initiate',
      initiate,
      '',
      '74KNZJeDHnMBp0EMJ9ZHt/XKycU=',
    ],
    [
      'the request for token credentials',
      'POST https://photos.example.net/token',
      { ...photos, timestamp: '137131201', ...exchange },
      'hdhd0244k9j7ao03',
      'gKgrFCywp7rO0OXSjdot/IHF7IU=',
    ],
    [
      'the photo',
      'GET http://photos.example.net/photos?file=vacation.jpg&size=original',
      { ...photos, ...use },
      'pfkkdhi9sl3r4s00',
      'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
    ],
  ])('section 1.2: %s', (_, line, protocol, tokenSecret, signature) => {
    const [method = '', url = ''] = line.split(' ');
    const text = signatureBaseString(parts(method, url), protocolOf(protocol));
    expect(signatureOf(HMAC_SHA1, text, 'kd94hf93k423kf44', tokenSecret)).toBe(signature);
  });

  test.each([
    ['2.1', undefined, 'ja893SD9&'],
    ['2.3', 'xyz4992k83j47x0b', 'ja893SD9&xyz4992k83j47x0b'],
  ])('section %s: PLAINTEXT', (_, tokenSecret, signature) => {
    expect(signatureOf(PLAINTEXT, 'whatever it covers', 'ja893SD9', tokenSecret)).toBe(signature);
  });
});

describe('the test cases of the community wiki', () => {
  test.each([
    ['abcABC123', 'abcABC123'],
    ['-._~', '-._~'],
    ['%', '%25'],
    ['+', '%2B'],
    ['&=*', '%26%3D%2A'],
    ['\u000A', '%0A'],
    ['\u0020', '%20'],
    ['\u007F', '%7F'],
    ['\u0080', '%C2%80'],
    ['\u3001', '%E3%80%81'],
  ])('%j is encoded as %s', (text, encoded) => {
    expect(percentEncode(text)).toBe(encoded);
  });

  test.each([
    ['?name', 'name='],
    ['?a=b', 'a=b'],
    ['?a=b&c=d', 'a=b&c=d'],
    ['?a=x!y&a=x+y', 'a=x%20y&a=x%21y'],
    ['?x!y=a&x=a', 'x=a&x%21y=a'],
  ])('%s is normalized as %s', (query, normalized) => {
    expect(normalize(query)).toBe(normalized);
  });

  const photo =
    'GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dkllo9940pd9333jh%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal';

  test.each([
    ['GET http://example.com/?n=v', {}, 'GET&http%3A%2F%2Fexample.com%2F&n%3Dv'],
    ['GET http://example.com?n=v', {}, 'GET&http%3A%2F%2Fexample.com%2F&n%3Dv'],
    [
      'POST https://photos.example.net/request_token',
      {
        version: '1.0',
        consumer_key: 'dpf43f3p2l4k3l03',
        timestamp: '1191242090',
        nonce: 'hsu94j3884jdopsl',
        signature_method: 'PLAINTEXT',
      },
      'POST&https%3A%2F%2Fphotos.example.net%2Frequest_token&oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dhsu94j3884jdopsl%26oauth_signature_method%3DPLAINTEXT%26oauth_timestamp%3D1191242090%26oauth_version%3D1.0',
    ],
    [
      'GET http://photos.example.net/photos?file=vacation.jpg&size=original',
      {
        version: '1.0',
        consumer_key: 'dpf43f3p2l4k3l03',
        token: 'nnch734d00sl2jdk',
        timestamp: '1191242096',
        nonce: 'kllo9940pd9333jh',
        signature_method: 'HMAC-SHA1',
      },
      photo,
    ],
  ])('%s is concatenated', (line, protocol, base) => {
    const [method = '', url = ''] = line.split(' ');
    expect(signatureBaseString(parts(method, url), protocolOf(protocol))).toBe(base);
  });

  test.each([
    ['cs', undefined, 'bs', 'egQqG5AJep5sJ7anhXju1unge2I='],
    ['cs', 'ts', 'bs', 'VZVjXceV7JgPq/dOTnNmEfO0Fv8='],
    ['kd94hf93k423kf44', 'pfkkdhi9sl3r4s00', photo, 'tR3+Ty81lMeYAr/Fid0kMTYa/WM='],
  ])('%s and %s sign with HMAC-SHA1', (consumerSecret, tokenSecret, base, signature) => {
    expect(signatureOf(HMAC_SHA1, base, consumerSecret, tokenSecret)).toBe(signature);
  });
});

// By openssl dgst -sha256 -hmac, and by Python's hmac.
test.each([
  ['bs', 'cs', 'ts', '9HGKdfyP38c9+AtaEhdNhLubhigOrxSw0l46B8qgPso='],
  [
    signatureBaseString(
      parts('GET', 'http://photos.example.net/photos?file=vacation.jpg&size=original'),
      protocolOf({
        consumer_key: 'dpf43f3p2l4k3l03',
        token: 'nnch734d00sl2jdk',
        signature_method: 'HMAC-SHA256',
        timestamp: '137131202',
        nonce: 'chapoH',
      }),
    ),
    'kd94hf93k423kf44',
    'pfkkdhi9sl3r4s00',
    'HtMwoX2zenlFjgGg/SNEoKEQmL7CzxYFEKzs7er044Y=',
  ],
])('HMAC-SHA256 signs %s', (base, consumerSecret, tokenSecret, signature) => {
  expect(signatureOf(HMAC_SHA256, base, consumerSecret, tokenSecret)).toBe(signature);
});

test('secrets are encoded before they are joined: those of a C library', () => {
  const query =
    'title=taken+with+a+30%25+orange+filter&file=mountain%20%26%20water%20view&format=jpeg&include=date&include=aperture';
  const protocol = {
    version: '1.0',
    consumer_key: '1234=asdf=4567',
    timestamp: '12303202302',
    nonce: '3jd834jd9',
    token: 'asdf-4354=asew-5698',
    signature_method: 'HMAC-SHA1',
  };
  const base = signatureBaseString(parts('GET', `http://example.com:80/photo?${query}`), protocolOf(protocol));
  expect(signatureOf(HMAC_SHA1, base, 'erks823*43=asd&123ls%23', 'dis9$#$Js009%==')).toBe(
    'jMdUSR1vOr3SzNv3gZ5DDDuGirA=',
  );
  expect(signatureOf(PLAINTEXT, base, 'erks823*43=asd&123ls%23', 'dis9$#$Js009%==')).toBe(
    'erks823%2A43%3Dasd%26123ls%2523&dis9%24%23%24Js009%25%3D%3D',
  );
});
