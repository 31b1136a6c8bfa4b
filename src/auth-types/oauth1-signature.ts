/** OAuth 1 signatures (RFC 5849 section 3): from a request as it is sent to the value of its Authorization header. */
import { createHmac } from 'node:crypto';
import { encodedPairs, normalized, percentEncode } from '../rules/percent-encoding';
import type { Moment } from './setup';

export enum OAuth1SignatureMethod {
  HMAC_SHA1 = 'HMAC_SHA1',
  HMAC_SHA256 = 'HMAC_SHA256',
  PLAINTEXT = 'PLAINTEXT',
}

/** The parts of a request that are signed. */
export interface SignedParts {
  readonly method: string;
  readonly url: URL;
  /** The bytes of a form body; `undefined` for every other body (section 3.4.1.3.1). */
  readonly form: Uint8Array | undefined;
}

export interface OAuth1SigningInput extends SignedParts {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token?: string;
  readonly tokenSecret?: string;
  readonly signatureMethod: OAuth1SignatureMethod;
  /** Further protocol parameters: `oauth_callback`, `oauth_verifier`. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly moment: Moment;
}

/** Name and value of a protocol parameter, not encoded. */
type Parameter = readonly [name: string, value: string];

const methods = {
  HMAC_SHA1: { name: 'HMAC-SHA1', sign: hmac('sha1') },
  HMAC_SHA256: { name: 'HMAC-SHA256', sign: hmac('sha256') },
  PLAINTEXT: { name: 'PLAINTEXT', sign: (_baseString: string, key: string) => key },
} satisfies Record<OAuth1SignatureMethod, { name: string; sign: (baseString: string, key: string) => string }>;

function hmac(algorithm: string) {
  return (baseString: string, key: string) => createHmac(algorithm, key).update(baseString).digest('base64');
}

/** The parameters that signing adds to a request. Each may stand in one place only (section 3.5), so that no caller sets them. */
export const protocolParameters: readonly string[] = [
  'oauth_consumer_key',
  'oauth_token',
  'oauth_signature_method',
  'oauth_signature',
  'oauth_timestamp',
  'oauth_nonce',
  'oauth_version',
];

/** The parameters of the query, encoded (section 3.4.1.3.1). */
export const queryParameters = ({ url }: SignedParts) => encodedPairs(url.search.slice(1));

/** The parameters of the form, encoded (section 3.4.1.3.1). */
export const formParameters = ({ form }: SignedParts) =>
  form ? encodedPairs(Buffer.from(form).toString('latin1')) : [];

/** Section 3.4.1. `URL` writes scheme and host in lower case, leaves default ports out and makes an empty path `/` (section 3.4.1.2). */
export function signatureBaseString(request: SignedParts, protocol: readonly Parameter[]): string {
  const { method, url } = request;
  const added = protocol.map(([name, value]) => [percentEncode(name), percentEncode(value)] as const);
  const parameters = normalized([...queryParameters(request), ...formParameters(request), ...added]);
  return [method.toUpperCase(), `${url.origin}${url.pathname}`, parameters].map(percentEncode).join('&');
}

/** Sections 3.4.2 and 3.4.4: the key has its `&` even where there is no token. */
export function signatureOf(
  method: OAuth1SignatureMethod,
  baseString: string,
  consumerSecret: string,
  tokenSecret = '',
): string {
  return methods[method].sign(baseString, `${percentEncode(consumerSecret)}&${percentEncode(tokenSecret)}`);
}

/** The value of the Authorization header (section 3.5.1). */
export function signOAuth1(input: OAuth1SigningInput): string {
  const { consumerKey, consumerSecret, token, tokenSecret, signatureMethod, extra = {}, moment } = input;
  const protocol: Parameter[] = [
    ['oauth_consumer_key', consumerKey],
    ...(token === undefined ? [] : [['oauth_token', token] as const]),
    ['oauth_signature_method', methods[signatureMethod].name],
    ['oauth_timestamp', String(Math.floor(moment.now.getTime() / 1000))],
    ['oauth_nonce', moment.nonce()],
    ['oauth_version', '1.0'],
    ...Object.entries(extra),
  ];
  const signature = signatureOf(signatureMethod, signatureBaseString(input, protocol), consumerSecret, tokenSecret);
  const written = [...protocol, ['oauth_signature', signature] as const].map(
    ([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`,
  );
  return `OAuth ${written.join(', ')}`;
}
