/** AWS signatures on real requests: the receiver computes each anew from the bytes it got, by code of its own. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aws } from '../../src/auth-types/aws';
import type { SignableRequest } from '../../src/auth-types/request';
import { connectionWith, invoke } from '../support/invoke';
import { type PeerApi, type Received, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';

const accessKey = 'AKIDEXAMPLE';
const secretKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** The signature that a request must bear (AWS General Reference, "Signature Version 4"), for services other than S3. */
function expectedSignature(
  { method, target, headers, body }: Received,
  signedHeaders: string[],
  scope: string,
): string {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const canonicalQuery = [...new URLSearchParams(query)]
    .map(([name, value]) => [escaped(name), escaped(value)].join('='))
    .sort()
    .join('&');
  const canonicalHeaders = signedHeaders.map((name) => `${name}:${`${headers[name]}`.trim().replace(/ +/g, ' ')}\n`);
  const canonicalPath = path.split('/').map(escaped).join('/');
  const canonical = [
    method,
    canonicalPath,
    canonicalQuery,
    canonicalHeaders.join(''),
    signedHeaders.join(';'),
    sha256(body),
  ];
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical.join('\n'))].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  return hmac(key, toSign).toString('hex');
}

/** What an Authorization header says, taken apart. */
function partsOf({ headers }: Received) {
  const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, key, scope = '', signedHeaders = '', signature] = form.exec(headers.authorization ?? '') ?? [];
  return { key, scope, signedHeaders: signedHeaders.split(';'), signature };
}

describe('what arrives', () => {
  const now = new Date('2026-02-03T04:05:06.789Z');
  let server: TestServer;
  let peer: PeerApi;
  let id: string;

  const connected = (credentials: object) =>
    connectionWith(server.ask, {
      authConfig: { aws: { serviceName: 'execute-api', region: 'eu-west-1' } },
      credentials: { aws: { accessKey, secretKey, ...credentials } },
      allowedHosts: [peer.host],
    });

  beforeAll(async () => {
    [server, peer] = await Promise.all([startTestServer({ now: () => now }), startPeerApi()]);
    id = await connected({});
  });
  beforeEach(() => {
    peer.received.length = 0;
  });
  afterAll(() => Promise.all([server.remove(), peer.close()]));

  async function arrivedOf(input: object, connection = id): Promise<Received> {
    const { userErrors } = await invoke(server.ask, connection, { url: `${peer.url}/`, ...input });
    expect(userErrors).toEqual([]);
    return peer.received[0] as Received;
  }

  test.each([
    ['a plain GET', { method: 'GET' }],
    ['a HEAD', { method: 'HEAD' }],
    ['a path with escapes', { method: 'GET', url: '/a%20b/c%2Fd/~x(1)*/' }],
    [
      'a query to be sorted, with repetitions and empty values',
      {
        method: 'GET',
        url: '/?b=2&a=%20&A=1',
        parameters: [
          { name: 'b', value: '1/ü' },
          { name: 'empty', value: '' },
        ],
      },
    ],
    ['JSON', { method: 'POST', body: { json: { a: 'ü' } } }],
    ['a form', { method: 'PUT', body: { form: [{ name: 'a b', value: '1' }] } }],
    ['bytes', { method: 'PATCH', body: { binary: { contentBase64: 'AP8NCg==' } } }],
    ['a multipart body', { method: 'POST', body: { multipart: [{ name: 'a', value: '1' }] } }],
    [
      'headers of the caller',
      {
        method: 'DELETE',
        headers: [
          { name: 'X-B', value: 'a  b' },
          { name: 'X-A', value: '1' },
        ],
      },
    ],
  ])('%s bears the signature of exactly what arrived', async (_, input) => {
    const received = await arrivedOf({ ...input, url: `${peer.url}${'url' in input ? input.url : '/'}` });
    const { key, scope, signedHeaders, signature } = partsOf(received);
    expect([key, scope]).toEqual([accessKey, '20260203/eu-west-1/execute-api/aws4_request']);
    expect(received.headers['x-amz-date']).toBe('20260203T040506Z');
    expect(signature).toBe(expectedSignature(received, signedHeaders, scope));
    expect(signedHeaders).toEqual([...signedHeaders].sort());
    const meant = ['host', 'x-amz-date', 'content-type', 'x-a', 'x-b'].filter((name) => name in received.headers);
    expect(signedHeaders).toEqual(expect.arrayContaining(meant));
  });

  test('a body without its media type signed would not do: it is signed', async () => {
    const received = await arrivedOf({ method: 'POST', body: { text: { content: 'x' } } });
    expect(partsOf(received).signedHeaders).toEqual(['content-type', 'host', 'x-amz-date']);
  });

  test('a session token is sent and signed; without one there is none', async () => {
    const withToken = await arrivedOf({}, await connected({ sessionToken: 'temporary/+=' }));
    expect(withToken.headers['x-amz-security-token']).toBe('temporary/+=');
    const { scope, signedHeaders, signature } = partsOf(withToken);
    expect(signedHeaders).toEqual(['host', 'x-amz-date', 'x-amz-security-token']);
    expect(signature).toBe(expectedSignature(withToken, signedHeaders, scope));
    peer.received.length = 0;
    expect(Object.keys((await arrivedOf({})).headers)).not.toContain('x-amz-security-token');
  });

  test('the credentials of the environment are never taken', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'AKIDSERVER', AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'server' };
    Object.assign(process.env, environment);
    const received = await arrivedOf({});
    for (const name of Object.keys(environment)) delete process.env[name];
    expect(partsOf(received).key).toBe(accessKey);
    expect(received.headers['x-amz-security-token']).toBeUndefined();
  });
});

describe('the auth type', () => {
  interface Vector {
    readonly name: string;
    readonly method: string;
    readonly url: string;
    readonly headers: [string, string][];
    readonly body: string;
    readonly service: string;
    readonly region: string;
    readonly accessKey: string;
    readonly secretKey: string;
    readonly at: string;
    readonly authorization: string;
  }
  const file = join(__dirname, '../vectors/aws-sigv4/vectors.json');
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

  // Published by AWS in the user guide of IAM and in the API reference of S3.
  test.each(['iam-list-users', 's3-get-object', 's3-put-object', 's3-list-objects'])(
    'signs %s as published',
    (name) => {
      const vector = vectors.find((candidate) => candidate.name === name) as Vector;
      const request: SignableRequest = {
        method: vector.method,
        url: new URL(vector.url),
        headers: vector.headers,
        body: { kind: 'bytes', of: 'text', bytes: Buffer.from(vector.body), mediaType: '' },
      };
      const config = { serviceName: vector.service, region: vector.region };
      const { headers } = aws.sign(request, { config, secrets: {} }, vector as never, {
        now: new Date(vector.at),
        nonce: () => '',
      });
      expect(headers.filter(([header]) => header === 'authorization')).toEqual([
        ['authorization', vector.authorization],
      ]);
    },
  );
});
