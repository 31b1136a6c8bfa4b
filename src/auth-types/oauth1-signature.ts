/** OAuth 1 signatures (RFC 5849 section 3), made with the `oauth-1.0a` library from parts that are already decoded. */
import { createHmac } from 'node:crypto';
import OAuth from 'oauth-1.0a';
import type { Moment } from './auth-type';

export enum OAuth1SignatureMethod {
  HMAC_SHA1 = 'HMAC_SHA1',
  HMAC_SHA256 = 'HMAC_SHA256',
  PLAINTEXT = 'PLAINTEXT',
}

export interface OAuth1SigningInput {
  readonly method: string;
  readonly url: URL;
  /** The fields of a form body; `undefined` for every other body. */
  readonly form: URLSearchParams | undefined;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token?: string;
  readonly tokenSecret?: string;
  readonly signatureMethod: OAuth1SignatureMethod;
  /** Further protocol parameters: `oauth_callback`, `oauth_verifier`. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly moment: Moment;
}

const methods = {
  HMAC_SHA1: { name: 'HMAC-SHA1', hash: hmac('sha1') },
  HMAC_SHA256: { name: 'HMAC-SHA256', hash: hmac('sha256') },
  PLAINTEXT: { name: 'PLAINTEXT', hash: (_text: string, key: string) => key },
} satisfies Record<OAuth1SignatureMethod, { name: string; hash: (text: string, key: string) => string }>;

function hmac(algorithm: string) {
  return (text: string, key: string) => createHmac(algorithm, key).update(text).digest('base64');
}

/** The value of the Authorization header (RFC 5849 section 3.5.1). */
export function signOAuth1(input: OAuth1SigningInput): string {
  const { consumerKey, consumerSecret, token, tokenSecret, url, form, moment, extra = {} } = input;
  const { name, hash } = methods[input.signatureMethod];
  const signer = new OAuth({
    consumer: { key: consumerKey, secret: consumerSecret },
    signature_method: name,
    hash_function: hash,
    nonce_length: 32,
  });
  signer.getNonce = moment.nonce;
  signer.getTimeStamp = () => Math.floor(moment.now.getTime() / 1000);
  // The library misreads queries and ports, so it gets the base string URI (section 3.4.1.2), which URL has made canonical, and
  // each parameter decoded.
  const signed = signer.authorize(
    {
      method: input.method,
      url: `${url.origin}${url.pathname}`,
      data: dataOf([...url.searchParams, ...(form ?? []), ...Object.entries(extra)]),
    },
    token === undefined ? undefined : { key: token, secret: tokenSecret ?? '' },
  );
  return signer.toHeader({ ...signed, ...extra }).Authorization;
}

/** Parameters by name, those of one name in a list. */
function dataOf(parameters: readonly [string, string][]): Record<string, string[]> {
  const data = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of parameters) data[name] = [...(data[name] ?? []), value];
  return data;
}
