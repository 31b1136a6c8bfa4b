/** AWS Signature Version 4 against the published vectors, an official signer's answers, and the traps of the library below. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sign as signWithAws4 } from 'aws4';
import { canonicalPath, canonicalQuery } from '../../src/auth-types/aws-canonical';
import { type AwsSigningInput, signAws } from '../../src/auth-types/aws-signature';

interface Request {
  method: string;
  url: string;
  headers: [string, string][];
  service: string;
  region: string;
  accessKey: string;
  secretKey: string;
  sessionToken?: string;
  at: string;
  authorization: string;
}
interface Vector extends Request {
  name: string;
  provenance: 'published' | 'derived';
  body: string;
  canonicalRequest: string;
  stringToSign: string;
}
interface SmithyCase extends Request {
  bodyBase64: string;
}

const read = (file: string) =>
  JSON.parse(readFileSync(join(__dirname, '../vectors/aws-sigv4', file), 'utf8')) as unknown[];
const vectors = read('vectors.json') as Vector[];
const smithyCases = read('smithy.json') as SmithyCase[];

/** Vectors that our signer does not reproduce, why not, and the vector that says what it does with the same request. */
const exceptions: Record<string, { reason: string; instead?: string }> = {
  'get-space': {
    reason:
      'The space stands unescaped in the request line. What can be sent is %20, whose percent sign is escaped again.',
    instead: 'get-space, as sent',
  },
  'get-utf8': {
    reason: 'The same with a letter that is not ASCII.',
    instead: 'get-utf8, as sent',
  },
  'get-header-value-multiline': {
    reason:
      'RFC 9112 section 5.2 forbids a sender to fold a header over lines, and no header value we accept has a line break.',
  },
  'get-query-plus': {
    reason:
      'Its only source reads a bare + in the query as a plus. S3 accepts it as a space, and URLSearchParams writes a space so.',
  },
};

function inputOf(request: Request, body: Uint8Array): AwsSigningInput {
  return { ...request, url: new URL(request.url), body, at: new Date(request.at) };
}
const inputOfVector = (vector: Vector) => inputOf(vector, Buffer.from(vector.body));
const named = (name: string): Vector => vectors.find((vector) => vector.name === name)!;
const authorizationOf = (input: AwsSigningInput) => new Map(signAws(input)).get('authorization');

const listUsers = named('iam-list-users');

describe('published and derived vectors', () => {
  test.each(vectors.filter(({ name }) => !(name in exceptions)).map((vector) => [vector.name, vector] as const))(
    '%s',
    (_, vector) => {
      const [, path, query] = vector.canonicalRequest.split('\n');
      const { pathname, search } = new URL(vector.url);
      expect([canonicalPath(pathname, vector.service), canonicalQuery(search, vector.service)]).toEqual([path, query]);
      expect(authorizationOf(inputOfVector(vector))).toBe(vector.authorization);
    },
  );

  const deviations = Object.entries(exceptions).map(([name, { reason, instead }]) => [name, reason, instead] as const);
  test.each(deviations)('%s is not reproduced: %s', (name, _, instead) => {
    const ours = authorizationOf(inputOfVector(named(name)));
    expect(ours).not.toBe(named(name).authorization);
    if (instead) expect(ours).toBe(named(instead).authorization);
  });

  test('each has the hash of its canonical request in its string to sign', () => {
    for (const { canonicalRequest, stringToSign } of vectors) {
      expect(stringToSign.split('\n')[3]).toBe(createHash('sha256').update(canonicalRequest).digest('hex'));
    }
    expect(vectors.filter(({ provenance }) => provenance === 'published')).toHaveLength(43);
  });
});

test.each(smithyCases.map((request, index) => [index, request.service, request.url, request] as const))(
  'signs as @smithy/signature-v4 does: %i %s %s',
  (_, __, ___, request) => {
    const input = inputOf(request, Buffer.from(request.bodyBase64, 'base64'));
    expect(input.url.href).toBe(request.url);
    expect(authorizationOf(input)).toBe(request.authorization);
  },
);

describe('headers to send', () => {
  test('are date and authorization for a service that is not S3', () => {
    expect(signAws(inputOfVector(listUsers))).toEqual([
      ['x-amz-date', '20150830T123600Z'],
      ['authorization', listUsers.authorization],
    ]);
  });

  test('add the session token, and for S3 the hash of the body', () => {
    const vector = named('s3 with a session token');
    expect(signAws(inputOfVector(vector))).toEqual([
      ['x-amz-date', '20130524T000000Z'],
      ['x-amz-security-token', vector.sessionToken],
      ['x-amz-content-sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['authorization', vector.authorization],
    ]);
  });

  test('leave a content hash that the request has as it is', () => {
    const vector = named('s3 unsigned payload');
    const headers: [string, string][] = [['X-AMZ-Content-SHA256', 'UNSIGNED-PAYLOAD']];
    expect(signAws({ ...inputOfVector(vector), headers })).toEqual([
      ['x-amz-date', '20130524T000000Z'],
      ['authorization', vector.authorization],
    ]);
  });

  test('are signed with the host that the request names, where it names one', () => {
    const url = new URL('https://127.0.0.1/?Action=ListUsers&Version=2010-05-08');
    const input = inputOfVector(listUsers);
    expect(authorizationOf({ ...input, url, headers: [...input.headers, ['HOST', 'iam.amazonaws.com']] })).toBe(
      listUsers.authorization,
    );
  });

  test('take the place of those of the same name, in any case', () => {
    const input = inputOfVector(named('post-sts-header-before'));
    const headers: [string, string][] = [
      ['X-Amz-Date', '20010101T000000Z'],
      ['AUTHORIZATION', 'Basic eDp5'],
      ['X-Amz-Security-Token', 'another'],
    ];
    expect(authorizationOf({ ...input, headers })).toBe(named('post-sts-header-before').authorization);
  });
});

describe('nothing but the input counts', () => {
  const variables = {
    AWS_ACCESS_KEY_ID: 'AKIDOFTHESERVER',
    AWS_ACCESS_KEY: 'AKIDOFTHESERVER',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-server',
    AWS_SECRET_KEY: 'secret-of-the-server',
    AWS_SESSION_TOKEN: 'token-of-the-server',
    AWS_REGION: 'eu-west-3',
    AWS_DEFAULT_REGION: 'eu-west-3',
    AWS_PROFILE: 'server',
  };
  const before = { ...process.env };
  beforeEach(() => Object.assign(process.env, variables));
  afterEach(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  });

  test('not the AWS variables of the environment', () => {
    expect(signAws(inputOfVector(listUsers))).toEqual([
      ['x-amz-date', '20150830T123600Z'],
      ['authorization', listUsers.authorization],
    ]);
  });

  test('not even where a credential is empty', () => {
    const signed = authorizationOf({ ...inputOfVector(listUsers), accessKey: '', secretKey: '' });
    expect(signed).toMatch(/^AWS4-HMAC-SHA256 Credential=\/20150830\/us-east-1\/iam\/aws4_request, /);
  });

  test('not the service and region that the host seems to name', () => {
    const url = new URL('https://sqs.eu-west-3.amazonaws.com/');
    const signed = authorizationOf({ ...inputOfVector(listUsers), url, service: 'email', region: 'us-east-1' });
    expect(signed).toContain('/20150830/us-east-1/email/aws4_request, ');
  });

  test('and the input stays as it was', () => {
    const input = inputOfVector(named('s3-put-object'));
    const body = Buffer.from(input.body);
    const { href } = input.url;
    signAws({ ...input, headers: Object.freeze(input.headers.map((header) => Object.freeze(header))) });
    expect([input.url.href, Buffer.from(input.body).equals(body)]).toEqual([href, true]);
  });
});

test('keys that are kept for the next signature, and those that gave way to others, sign what is their own', () => {
  const asked = Array.from({ length: 3_000 }, (_, index) => ({
    method: 'GET',
    host: 'api.example.com',
    path: '/v1/orders',
    secretKey: `secret ${index % 700}`,
    region: `region-${index % 3}`,
    service: `service-${index % 2}`,
    at: new Date(Date.UTC(2026, 0, 1 + (index % 5), 12)),
  }));
  for (const { host, path, at, ...input } of [...asked, ...asked.toReversed()]) {
    const ours = signAws({
      ...input,
      url: new URL(`https://${host}${path}`),
      headers: [],
      body: Buffer.alloc(0),
      accessKey: 'AKIDEXAMPLE',
      at,
    });
    const headers = { 'X-Amz-Date': at.toISOString().replace(/[-:]|\.\d{3}/g, '') };
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: input.secretKey };
    const { Authorization } = signWithAws4({ ...input, host, path, headers }, credentials).headers ?? {};
    expect(new Map(ours).get('authorization')).toBe(Authorization);
  }
});

describe('the query is signed whole', () => {
  test('past the thousandth parameter', () => {
    const query = Array.from({ length: 1500 }, (_, index) => `p${String(index).padStart(4, '0')}=x`).join('&');
    expect(canonicalQuery(`?${query}`, 'execute-api')).toBe(query);
  });

  test('with a bare plus read as a space, and an escaped one as a plus', () => {
    expect(canonicalQuery('?a=1+2%2B3', 'execute-api')).toBe('a=1%202%2B3');
  });

  test('with escapes that are no UTF-8 or no escapes at all', () => {
    expect(canonicalQuery('?a=%ff%zz%', 's3')).toBe('a=%FF%25zz%25');
    expect(canonicalPath('/%ff/%zz%', 's3')).toBe('/%FF/%25zz%25');
  });
});
