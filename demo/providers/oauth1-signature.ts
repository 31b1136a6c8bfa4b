/** Checks HMAC-SHA1 signatures of OAuth 1: each is computed anew from the request as it came in (RFC 5849 section 3.4). */
import { createHmac } from 'node:crypto';
import type { Received } from '../step';

/** The `oauth_` parameters of the Authorization header, decoded; empty when it is none of OAuth 1. */
export function oauthParameters({ headers: { authorization = '' } }: Received): Map<string, string> {
  if (!/^OAuth /i.test(authorization)) return new Map();
  const pairs = [...authorization.matchAll(/(oauth_\w+)="([^"]*)"/g)];
  return new Map(pairs.map(([, name = '', value = '']) => [name, decodeURIComponent(value)]));
}

/** Whether the signature is that of the consumer with this token secret (`''`: without a token). */
export function isSigned(received: Received, consumerSecret: string, tokenSecret: string): boolean {
  const { method, url, headers, body } = received;
  const given = oauthParameters(received);
  const signature = given.get('oauth_signature');
  given.delete('oauth_signature');
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const parameters = [...given, ...url.searchParams, ...new URLSearchParams(isForm ? `${body}` : '')]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([name, value], [other, otherValue]) => compare(name, other) || compare(value, otherValue))
    .map((pair) => pair.join('='));
  const base = [method, `${url.origin}${url.pathname}`, parameters.join('&')].map(encode).join('&');
  const key = `${encode(consumerSecret)}&${encode(tokenSecret)}`;
  return (
    given.get('oauth_signature_method') === 'HMAC-SHA1' &&
    signature === createHmac('sha1', key).update(base).digest('base64')
  );
}

/** Section 3.6. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));
