/** Signs a finished request with AWS Signature Version 4: a pure function of its input. */
import { hash } from 'node:crypto';
import { RequestSigner } from 'aws4';
import { canonicalHeaders, canonicalPath, canonicalQuery, followsS3Rules } from './aws-canonical';
import { hmac, signingKey } from './aws-signing-key';

export interface AwsSigningInput {
  readonly method: string;
  /** Final: what is sent is its `pathname` and `search`, character for character. */
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** The credential scope's service, such as `s3` or `execute-api`. */
  readonly service: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken?: string;
  readonly at: Date;
}

/**
 * The headers to send besides those of `input`, in place of any there of the same name: `x-amz-date`, with a session token
 * `x-amz-security-token`, for S3 `x-amz-content-sha256` unless the request has one, and `authorization`. Signed are these,
 * `host` (that of the URL unless the request has one) and all headers of the request that reach the server unaltered.
 */
export function signAws(input: AwsSigningInput): [name: string, value: string][] {
  const dateTime = input.at.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const given = new Map(input.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const payloadHash = given.get('x-amz-content-sha256') ?? hash('sha256', input.body);

  const added: [string, string][] = [['x-amz-date', dateTime]];
  if (input.sessionToken !== undefined) added.push(['x-amz-security-token', input.sessionToken]);
  if (followsS3Rules(input.service) && !given.has('x-amz-content-sha256')) {
    added.push(['x-amz-content-sha256', payloadHash]);
  }

  const replaced = new Set(added.map(([name]) => name));
  const sent = input.headers.filter(([name]) => !replaced.has(name.toLowerCase()));
  if (!given.has('host')) sent.push(['host', input.url.host]);
  const signer = new FinishedRequestSigner(input, dateTime, canonicalHeaders([...sent, ...added]), payloadHash);
  return [...added, ['authorization', signer.authHeader()]];
}

/**
 * aws4's string to sign, key derivation and Authorization header over a canonical request of our own. aws4's `sign()` would
 * read the server's clock, add and drop headers, and re-encode path and query in ways that do not match what is sent:
 * `|` makes it encode `%` twice, a malformed escape throws, `__proto__` and every parameter past the thousandth go unsigned.
 */
class FinishedRequestSigner extends RequestSigner {
  constructor(
    private readonly input: AwsSigningInput,
    dateTime: string,
    private readonly signed: readonly (readonly [string, string])[],
    private readonly payloadHash: string,
  ) {
    const { service, region, accessKey, secretKey } = input;
    // Credentials are always given: without them aws4 would take those of the server's own environment.
    super({ service, region, host: input.url.host }, { accessKeyId: accessKey, secretAccessKey: secretKey });
    this.service = service; // aws4 turns `email` into `ses`,
    this.region = region; // and no region into `us-east-1`
    this.datetime = dateTime;
  }

  /** aws4 would keep the secret keys themselves, beside what it derived from them, in the memory of the process. */
  override signature(): string {
    const { secretKey, region, service } = this.input;
    return hmac(signingKey(secretKey, [this.getDate(), region, service]), this.stringToSign()).toString('hex');
  }

  override canonicalHeaders(): string {
    return this.signed.map(([name, value]) => `${name}:${value}`).join('\n');
  }

  override signedHeaders(): string {
    return this.signed.map(([name]) => name).join(';');
  }

  override canonicalString(): string {
    const { method, url, service } = this.input;
    return [
      method,
      canonicalPath(url.pathname, service),
      canonicalQuery(url.search, service),
      `${this.canonicalHeaders()}\n`,
      this.signedHeaders(),
      this.payloadHash,
    ].join('\n');
  }
}
