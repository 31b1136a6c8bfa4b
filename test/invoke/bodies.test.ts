/** The bodies of invokeUrl: the bytes and the media type that arrive for each kind, and which ones are refused. */
import { INVOKE, invoke, refusals } from '../support/invoke';
import { type PeerApi, type Received, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
import { connected } from '../support/story';

let server: TestServer;
let peer: PeerApi;
let id: string;

beforeAll(async () => {
  [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
  id = await connected(server.ask, 'bearerToken', peer.host);
});
beforeEach(() => {
  peer.received.length = 0;
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

const post = (body: object, headers: object[] = []) =>
  invoke(server.ask, id, { url: peer.url, method: 'POST', headers, body });

async function arrivedOf(body: object, headers: object[] = []): Promise<Received> {
  const { userErrors } = await post(body, headers);
  expect(userErrors).toEqual([]);
  expect(peer.received).toHaveLength(1);
  return peer.received[0] as Received;
}

const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64');

describe('arrives byte for byte:', () => {
  test.each([
    ['an object', { a: [1.5, 'ü"\n', null], b: {} }, '{"a":[1.5,"ü\\"\\n",null],"b":{}}'],
    ['a list', [], '[]'],
    ['a string', 'text', '"text"'],
    ['an empty string', '', '""'],
    ['zero', 0, '0'],
    ['false', false, 'false'],
    ['half of a surrogate pair', '\ud800', '"\\ud800"'],
  ])('JSON, %s', async (_, json, bytes) => {
    const { body, headers } = await arrivedOf({ json });
    expect([body.toString(), headers['content-type']]).toEqual([bytes, 'application/json']);
  });

  // WHATWG URL, section 5.2: spaces are +, and all but ASCII letters, digits and *-._ is escaped.
  test.each([
    [
      'fields in order, with repetitions',
      [
        ['b', '1'],
        ['a', '2'],
        ['b', ''],
      ],
      'b=1&a=2&b=',
    ],
    [
      'fields that must be escaped',
      [
        ['a b', 'ü&=+%'],
        ['x', '~*-._'],
      ],
      'a+b=%C3%BC%26%3D%2B%25&x=%7E*-._',
    ],
    ['line breaks as they are', [['a', '1\n2\r\n3']], 'a=1%0A2%0D%0A3'],
    ['no field', [], ''],
  ])('a form, %s', async (_, fields, bytes) => {
    const { body, headers } = await arrivedOf({ form: fields.map(([name, value]) => ({ name, value })) });
    expect([body.toString(), headers['content-type']]).toEqual([bytes, 'application/x-www-form-urlencoded']);
  });

  test.each([
    ['as plain text in UTF-8', { content: 'ü€😀\r\n' }, 'text/plain; charset=utf-8'],
    ['of a media type of its own', { content: '<x/>', mediaType: 'application/xml' }, 'application/xml'],
    ['that is empty', { content: '' }, 'text/plain; charset=utf-8'],
  ])('a text %s', async (_, text, mediaType) => {
    const { body, headers } = await arrivedOf({ text });
    expect([body, headers['content-type']]).toEqual([Buffer.from(text.content), mediaType]);
  });

  test.each([
    ['of all values', { contentBase64: base64(...Array(256).keys()) }, 'application/octet-stream'],
    ['of a media type of their own', { contentBase64: base64(0), mediaType: 'image/png' }, 'image/png'],
    ['in no number', { contentBase64: '' }, 'application/octet-stream'],
  ])('bytes %s', async (_, binary, mediaType) => {
    const { body, headers } = await arrivedOf({ binary });
    expect([body, headers['content-type']]).toEqual([Buffer.from(binary.contentBase64, 'base64'), mediaType]);
  });

  test('a body with GET and DELETE too', async () => {
    for (const method of ['GET', 'DELETE']) {
      await invoke(server.ask, id, { url: peer.url, method, body: { json: 1 } });
    }
    expect(peer.received.map(({ method, body }) => [method, body.toString()])).toEqual([
      ['GET', '1'],
      ['DELETE', '1'],
    ]);
  });

  test('what a literal in the operation says', async () => {
    const { errors } = await server.ask(
      `mutation ($v: JSON!) { invokeUrl(input: {
        connection: { id: "${id}" }, url: "${peer.url}", method: PUT, body: { json: { a: [1, $v, null], b: "x" } }
      }) { response { status } } }`,
      { v: { deep: false } },
    );
    expect(errors).toBeUndefined();
    expect(peer.received[0]?.body.toString()).toBe('{"a":[1,{"deep":false},null],"b":"x"}');
  });
});

describe('a multipart body', () => {
  const boundaryOf = ({ headers }: Received) =>
    /^multipart\/form-data; boundary=([\w'()+,./:=?-]{1,70})$/.exec(headers['content-type'] ?? '')?.[1];

  test('is written as RFC 7578 says', async () => {
    const received = await arrivedOf({
      multipart: [
        { name: 'note', value: 'hi ü' },
        { name: 'file', contentBase64: base64(0, 255, 13, 10), mediaType: 'image/png', fileName: 'a b.png' },
      ],
    });
    const boundary = boundaryOf(received);
    expect(boundary).toBeDefined();
    const expected = [
      `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi ü\r\n`,
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a b.png"\r\nContent-Type: image/png\r\n\r\n`,
      Buffer.from([0, 255, 13, 10]),
      `\r\n--${boundary}--\r\n`,
    ];
    expect(received.body.equals(Buffer.concat(expected.map((part) => Buffer.from(part as string))))).toBe(true);
  });

  test('is read by another parser as it was given, names that must be escaped included', async () => {
    const { body, headers } = await arrivedOf({
      multipart: [
        { name: 'quo"te', value: '1' },
        { name: 'ü', value: '' },
        { name: 'ü', value: 'again' },
        { name: 'file', contentBase64: base64(1, 2, 3), fileName: 'x"y.bin', mediaType: 'application/pdf' },
      ],
    });
    const type = headers['content-type'] ?? '';
    const read = [...(await new Response(body, { headers: { 'content-type': type } }).formData())];
    expect(read.slice(0, 3)).toEqual([
      ['quo"te', '1'],
      ['ü', ''],
      ['ü', 'again'],
    ]);
    const [name, file] = read[3] as [string, File];
    expect([name, file.name, file.type, [...Buffer.from(await file.arrayBuffer())]]).toEqual([
      'file',
      'x"y.bin',
      'application/pdf',
      [1, 2, 3],
    ]);
  });

  test('keeps line breaks in names and file names inside of their quotes', async () => {
    const { body } = await arrivedOf({
      multipart: [{ name: 'a"\r\nX-Evil: 1', fileName: 'b\nc\r', value: 'v' }],
    });
    expect(body.toString()).toContain('name="a%22%0D%0AX-Evil: 1"; filename="b%0Ac%0D"\r\n\r\nv\r\n');
  });

  test('has a boundary that differs from call to call', async () => {
    const first = boundaryOf(await arrivedOf({ multipart: [{ name: 'a', value: '1' }] }));
    peer.received.length = 0;
    expect(boundaryOf(await arrivedOf({ multipart: [{ name: 'a', value: '1' }] }))).not.toBe(first);
  });
});

describe('the Content-Type that the caller gives', () => {
  const header = { name: 'content-TYPE', value: 'application/vnd.api+json' };

  test.each([
    ['JSON', { json: {} }],
    ['a text', { text: { content: '{}' } }],
    ['bytes', { binary: { contentBase64: '' } }],
  ])('takes the place of that of %s', async (_, body) => {
    const { rawHeaders } = await arrivedOf(body, [header]);
    const types = rawHeaders.flatMap((name, at) => (/^content-type$/i.test(name) ? [rawHeaders[at + 1]] : []));
    expect(types).toEqual(['application/vnd.api+json']);
  });

  test.each([
    ['a form', { form: [] }],
    ['a multipart body', { multipart: [] }],
  ])('is refused for %s, whose bytes say it', async (_, body) => {
    expect(refusals(await post(body, [header]))).toEqual([['RESERVED', 'headers.0.name']]);
    expect(peer.received).toEqual([]);
  });
});

describe('refused, with nothing sent:', () => {
  afterEach(() => expect(peer.received).toEqual([]));

  test.each([
    ['a media type without a subtype', { text: { content: '', mediaType: 'text' } }, 'body.text.mediaType'],
    ['an empty media type', { text: { content: '', mediaType: '' } }, 'body.text.mediaType'],
    [
      'a line break in a media type',
      { binary: { contentBase64: '', mediaType: 'a/b\r\nX: 1' } },
      'body.binary.mediaType',
    ],
    ['base64 without padding', { binary: { contentBase64: 'AA' } }, 'body.binary.contentBase64'],
    ['the alphabet of base64url', { binary: { contentBase64: '-_==' } }, 'body.binary.contentBase64'],
    ['a line break in base64', { binary: { contentBase64: 'AAAA\nAAAA' } }, 'body.binary.contentBase64'],
    ['bits of base64 that say nothing', { binary: { contentBase64: 'AB==' } }, 'body.binary.contentBase64'],
  ])('%s', async (_, body, path) => {
    expect(refusals(await post(body))).toEqual([['INVALID_FORMAT', path]]);
  });

  test('parts, each with its path', async () => {
    const answer = await post({
      multipart: [
        { name: 'fine', value: '' },
        { name: 'neither' },
        { name: 'both', value: '', contentBase64: '' },
        { name: 'bytes', contentBase64: '?' },
        { name: 'type', value: '', mediaType: 'x\n/y' },
      ],
    });
    expect(refusals(answer)).toEqual([
      ['REQUIRED', 'body.multipart.1'],
      ['REQUIRED', 'body.multipart.2'],
      ['INVALID_FORMAT', 'body.multipart.3.contentBase64'],
      ['INVALID_FORMAT', 'body.multipart.4.mediaType'],
    ]);
  });
});

describe('JSON that is nested deep', () => {
  const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

  test('arrives with 500 levels', async () => {
    expect((await arrivedOf({ json: nested(500) })).body.toString()).toBe('['.repeat(500) + ']'.repeat(500));
  });

  test.each([501, 4000])('is refused with %d levels', async (levels) => {
    const answer = await post({ json: { a: nested(levels - 1) } });
    expect(refusals(answer)).toEqual([['OUT_OF_RANGE', 'body.json']]);
    expect(answer.userErrors[0]?.message).toContain('500');
    expect(peer.received).toEqual([]);
  });
});

describe('exactly one kind of body', () => {
  const literal = (body: string) =>
    server.ask(`mutation { invokeUrl(input: { connection: { id: "${id}" }, url: "${peer.url}", method: POST, body: ${body} })
      { userErrors { code } } }`);
  const variable = (body: object) =>
    server.ask(INVOKE, { input: { connection: { id }, url: peer.url, method: 'POST', body } });

  test.each([
    ['json: null', () => literal('{ json: null }'), 'json'],
    ['json: null in a variable', () => variable({ json: null }), 'json'],
    ['text: null', () => literal('{ text: null }'), 'text'],
    ['two kinds', () => literal('{ json: 1, text: { content: "" } }'), 'InvokeBodyInput'],
    ['two kinds, one of them null', () => variable({ json: 1, text: null }), 'InvokeBodyInput'],
    ['none', () => literal('{}'), 'InvokeBodyInput'],
  ])('%s is refused by a message that names it', async (_, ask, named) => {
    const { data, errors } = await ask();
    expect(data).toBeUndefined();
    expect(errors).toEqual([expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } })]);
    expect(errors?.[0].message).toContain(named);
    expect(peer.received).toEqual([]);
  });

  test('JSON null is sent as the text that it is', async () => {
    const { body, headers } = await arrivedOf({ text: { content: 'null', mediaType: 'application/json' } });
    expect([body.toString(), headers['content-type']]).toEqual(['null', 'application/json']);
  });
});
