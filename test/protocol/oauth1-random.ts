/** Random requests with OAuth 1 signatures, the same for the same seed: what a person may write, within what every server can read. */
import { oauth1 } from '../../src/auth-types/oauth1';
import { OAuth1SignatureMethod } from '../../src/auth-types/oauth1-signature';
import { type Body, encodeBody } from '../../src/auth-types/request';
import type { Message } from '../peers/oauth1-verifier';

export interface Consumer {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

/** Numbers from 0 to 1 (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const origins = [
  'http://127.0.0.1:8080',
  'HTTP://Example.COM:80',
  'https://api.example.com:443',
  'https://h:80',
  'http://[::1]',
];
const texts = [
  'a',
  'b',
  'B',
  'a-b',
  'q',
  '__proto__',
  '0',
  '10',
  'ü',
  '漢字',
  '🏃',
  '',
  ' ',
  '+',
  '%',
  '=',
  '&',
  "!'()*",
  '~',
  'a=b=c',
  '%2B',
  'x y',
  '"<>#',
  '\n',
  '[]',
  '/?;:@$,',
];
/** Pieces of a query as they may be typed, escaped or not. */
const rawPieces = [
  'a',
  'Z',
  '9',
  '-',
  '_',
  '.',
  '~',
  '!',
  '$',
  "'",
  '(',
  ')',
  '*',
  ',',
  '/',
  ':',
  ';',
  '?',
  '@',
  '+',
  '=',
  '&',
  '%20',
  '%2b',
  '%2B',
  '%25',
  '%7E',
  '%c3%bc',
  '%F0%9F%8F%83',
  '%00',
  '%26',
  '%3d',
  'ü',
];
const segments = ['a', 'B1', '%20', 'ü', "it's", '~x', '(1)', 'a;b', 'a,b', '$&+=:@!*', '%2F', '%7e', '-.-'];

/** A signed request as a server receives it. HMAC methods only where `hashed`: of PLAINTEXT nothing can be changed but the secrets. */
export function randomRequest(random: () => number, nonce: string, who: Consumer, { hashed = false } = {}): Message {
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const several = <T>(list: readonly T[], most: number) => Array.from({ length: below(most + 1) }, () => one(list));
  const text = () => several(texts, 3).join('');
  const typed = several(rawPieces, 12).join('');
  const built = Array.from({ length: below(4) }, () => `${encodeURIComponent(text())}=${encodeURIComponent(text())}`);
  const query = [...(typed ? [typed] : []), ...built].join('&');
  const url = new URL(`${one(origins)}/${several(segments, 4).join('/')}${random() < 0.8 ? `?${query}` : ''}`);
  const form = Array.from({ length: below(5) }, () => [text(), text()] as const);
  const urlencoded = 'application/x-www-form-urlencoded';
  const bodies: Body[] = [
    { kind: 'none' },
    { kind: 'form', fields: form },
    { kind: 'bytes', of: 'text', mediaType: urlencoded, bytes: Buffer.from(new URLSearchParams(typed).toString()) },
    { kind: 'bytes', of: 'JSON', mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(form)) },
  ];
  const body = one(bodies);
  const encoded = encodeBody(body);
  const signatureMethods = Object.values(OAuth1SignatureMethod).slice(0, hashed ? 2 : 3);
  const setup = {
    config: { consumerKey: who.consumerKey, signatureMethod: one(signatureMethods) },
    secrets: { consumerSecret: { value: who.consumerSecret, updatedAt: 0 } },
  };
  const signed = oauth1.sign(
    { method: one(methods), url, headers: encoded ? [['Content-Type', encoded.mediaType]] : [], body },
    setup,
    { token: who.token, tokenSecret: who.tokenSecret },
    { now: new Date(), nonce: () => nonce },
  );
  const headers = Object.fromEntries(signed.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return [signed.url.href, signed.method, Buffer.from(encoded?.bytes ?? []).toString(), headers];
}
