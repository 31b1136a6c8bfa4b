/** Verifies OAuth 1 requests by RFC 5849 with nothing but node:crypto, from what was received; shares nothing with the signer. */
import { createHmac } from 'node:crypto';

/** A request as it was received; header names in lower case. */
export type Message = [
  uri: string,
  method: string,
  body: string,
  headers: Record<string, string | string[] | undefined>,
];

/** The secret of a token, or `''` where there need be none; `undefined` when the token is not the client's. */
export type SecretOf = (client: string, token: string) => string | undefined;

type Pairs = [name: string, value: string][];

const hashes: Record<string, string> = { 'HMAC-SHA1': 'sha1', 'HMAC-SHA256': 'sha256' };

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Section 3.4.1.3.1. */
export function parse(form: string): Pairs {
  const pieces = form.split('&').filter((piece) => piece !== '');
  return pieces.map((piece) => {
    const [name = '', ...rest] = piece.split('=').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    return [name, rest.join('=')];
  });
}

/** Section 3.4.1. */
function baseString(method: string, uri: string, parameters: Pairs): string {
  const [, scheme = '', host = '', path = ''] = /^(https?):\/\/([^/?]+)([^?]*)/i.exec(uri.replace(/\?.*/s, '')) ?? [];
  const defaultPort = scheme.toLowerCase() === 'http' ? /:80$/ : /:443$/;
  const base = `${scheme.toLowerCase()}://${host.toLowerCase().replace(defaultPort, '')}${path || '/'}`;
  const octets = parameters.map(([name, value]) => [Buffer.from(encode(name)), Buffer.from(encode(value))] as const);
  octets.sort(([name1, value1], [name2, value2]) => Buffer.compare(name1, name2) || Buffer.compare(value1, value2));
  return `${method.toUpperCase()}&${encode(base)}&${encode(octets.map(([name, value]) => `${name}=${value}`).join('&'))}`;
}

/** Section 3.2, for the clients (key → secret) it is given. It remembers every nonce. */
export class Verifier {
  readonly clients = new Map<string, string>();
  private readonly nonces = new Set<string>();

  /** Throws an `Error` when the request is malformed. */
  check([uri, method, body, headers]: Message, secretOf: SecretOf) {
    const header = [...String(headers.authorization).matchAll(/([A-Za-z_]+)="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, decodeURIComponent(value)] as [string, string],
    );
    const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
    const others = [...parse(uri.split('?').slice(1).join('?')), ...(isForm ? parse(body) : [])];
    const protocol = new Map(header);
    if (protocol.size < header.length || others.some(([name]) => protocol.has(name)))
      throw new Error('Twice the same.');
    const of = (name: string) => protocol.get(`oauth_${name}`) ?? '';
    const age = Date.now() / 1000 - Number(of('timestamp'));
    if (!of('nonce') || !(Math.abs(age) < 300)) throw new Error('The time or the nonce is wrong.');
    if (protocol.has('oauth_version') && of('version') !== '1.0') throw new Error('The version is wrong.');
    const moment = JSON.stringify(['consumer_key', 'token', 'timestamp', 'nonce'].map(of));
    const isNew = !this.nonces.has(moment);
    this.nonces.add(moment);
    const secrets = [this.clients.get(of('consumer_key')), secretOf(of('consumer_key'), of('token'))];
    const key = secrets.map((secret) => encode(secret ?? 'nobody knows')).join('&');
    const signed = [...others, ...header.filter(([name]) => name !== 'oauth_signature' && name !== 'realm')];
    const hash = hashes[of('signature_method')];
    if (!hash && of('signature_method') !== 'PLAINTEXT') throw new Error('The signature method is unknown.');
    const expected = hash
      ? createHmac(hash, key)
          .update(baseString(method, uri, signed))
          .digest('base64')
      : key;
    const signature = expected === of('signature');
    return { accepted: isNew && signature && !secrets.includes(undefined), signature, of };
  }
}
