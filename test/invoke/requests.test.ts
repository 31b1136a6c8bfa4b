/** What invokeUrl sends: method, URL, parameters and headers arrive as they were given, and what cannot be sent is refused. */
import { invoke, preview, refusals } from '../support/invoke';
import { type PeerApi, type Received, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
import { connected } from '../support/story';

let server: TestServer;
let peer: PeerApi;
let id: string;

beforeAll(async () => {
  [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
  id = await connected(server.ask, 'bearerToken', '127.0.0.1');
});
beforeEach(() => {
  peer.received.length = 0;
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

/** The one request that arrived for a call that went well. */
async function arrivedOf(input: object): Promise<Received> {
  const { response, userErrors } = await invoke(server.ask, id, { url: `${peer.url}/`, ...input });
  expect(userErrors).toEqual([]);
  expect(response?.status).toBe(200);
  expect(peer.received).toHaveLength(1);
  return peer.received[0] as Received;
}

const named = (name: string, value = 'v') => ({ name, value });
const many = (count: number) => Array.from({ length: count }, (_, index) => named(`x-${index}`));

describe('the request', () => {
  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is sent as it is', async (method) => {
    const { method: arrived, target, body } = await arrivedOf({ method, url: `${peer.url}/things` });
    expect([arrived, target, body.length]).toEqual([method, '/things', 0]);
  });

  test.each([
    ['/p?a=%7e+x&b', [], '/p?a=%7e+x&b'],
    ['/p?a=%7e+x&b', [named('c', 'd e')], '/p?a=%7e+x&b&c=d%20e'],
    ['/a%2Fb;v=1/c?q=1%2B1&q=2', [named('q', '3')], '/a%2Fb;v=1/c?q=1%2B1&q=2&q=3'],
    ['/p', [named('a', '1'), named('a', '2'), named('b', '')], '/p?a=1&a=2&b='],
    ['/p?', [named('a', '1')], '/p?a=1'],
    ['/p?a=1&', [named('b', '2')], '/p?a=1&&b=2'],
    ['/p', [named('ü', '&=?/+% #')], '/p?%C3%BC=%26%3D%3F%2F%2B%25%20%23'],
    ['', [named('a', '1')], '/?a=1'],
  ])('the URL %p with the parameters %j arrives as %p', async (path, parameters, target) => {
    expect((await arrivedOf({ url: `${peer.url}${path}`, parameters })).target).toBe(target);
  });

  test('headers arrive in their order, with repetitions and as they are spelled', async () => {
    const headers = [
      named('X-Second', '2'),
      named('x-first', '1'),
      named('X-SECOND', '3'),
      named('X-Empty', ''),
      named('X-Second', 'a\t b, c'),
    ];
    const { rawHeaders } = await arrivedOf({ headers });
    const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [named(name, rawHeaders[at + 1])] : []));
    expect(pairs.filter(({ name }) => /^x-/i.test(name))).toEqual(headers);
  });
});

describe('refused, with nothing sent:', () => {
  afterEach(() => expect(peer.received).toEqual([]));

  test.each([
    ['another scheme', 'ftp://HOST/'],
    ['no scheme', '//HOST/'],
    ['one slash', 'http:/HOST/'],
    ['no host', 'http:///'],
    ['a port that is none', 'http://127.0.0.1:65536/'],
    ['a user name', 'http://user@HOST/'],
    ['a user name and a password', 'http://user:password@HOST/'],
    ['an empty user name', 'http://@HOST/'],
    ['a fragment', 'http://HOST/#top'],
    ['an empty fragment', 'http://HOST/#'],
    ['a space', 'http://HOST/a b'],
    ['a space at the end', 'http://HOST/ '],
    ['a tab that the URL parser would drop', 'ht\ttp://HOST/'],
    ['a line break that the URL parser would drop', 'http://HOST/a\nb'],
    ['a backslash that the URL parser would turn', 'http://HOST\\a'],
  ])('a URL with %s', async (_, text) => {
    const answer = await invoke(server.ask, id, { url: text.replace('HOST', peer.host) });
    expect([...new Set(refusals(answer).map(String))]).toEqual(['INVALID_URL,url']);
  });

  test.each([
    ['a line break in a value', named('X-A', 'a\r\nX-B: b'), 'INVALID_CHARACTERS', 'value'],
    ['a line feed in a value', named('X-A', 'a\nb'), 'INVALID_CHARACTERS', 'value'],
    ['a carriage return in a value', named('X-A', 'a\rb'), 'INVALID_CHARACTERS', 'value'],
    ['a NUL in a value', named('X-A', 'a\0b'), 'INVALID_CHARACTERS', 'value'],
    ['a letter outside of ASCII in a value', named('X-A', 'é'), 'INVALID_CHARACTERS', 'value'],
    ['a space at the start of a value', named('X-A', ' a'), 'INVALID_CHARACTERS', 'value'],
    ['a space at the end of a value', named('X-A', 'a '), 'INVALID_CHARACTERS', 'value'],
    ['a line break in a name', named('X-A\r\nX-B'), 'INVALID_CHARACTERS', 'name'],
    ['a colon in a name', named('X-A:'), 'INVALID_CHARACTERS', 'name'],
    ['a space in a name', named('X A'), 'INVALID_CHARACTERS', 'name'],
    ['an empty name', named(''), 'INVALID_CHARACTERS', 'name'],
  ])('a header with %s', async (_, header, code, part) => {
    const answer = await invoke(server.ask, id, { url: peer.url, headers: [named('x-fine'), header] });
    expect(refusals(answer)).toEqual([[code, `headers.1.${part}`]]);
  });

  test.each([
    ['url', [{ url: 'http://h/\ud800' }, 'url']],
    [
      'a parameter',
      [{ parameters: [named('a', '\udc00'), named('\ud800x')] }, 'parameters.0.value', 'parameters.1.name'],
    ],
    ['a form', [{ body: { form: [named('a', 'x\ud800')] } }, 'body.form.0.value']],
    ['a text', [{ body: { text: { content: '\udc00\ud800' } } }, 'body.text.content']],
    [
      'a part',
      [
        { body: { multipart: [{ name: 'a', value: '\ud800', fileName: '\ud800' }] } },
        'body.multipart.0.value',
        'body.multipart.0.fileName',
      ],
    ],
  ])('half of a surrogate pair in %s, which UTF-8 cannot write', async (_, [input, ...paths]) => {
    const answer = await invoke(server.ask, id, { url: peer.url, method: 'POST', ...(input as object) });
    expect(refusals(answer)).toEqual(expect.arrayContaining(paths.map((path) => ['INVALID_CHARACTERS', path])));
    expect(refusals(answer)).toHaveLength(paths.length);
  });

  test('everything at once, each with its path', async () => {
    const answer = await invoke(server.ask, id, {
      url: 'http://user@127.0.0.1/#x',
      method: 'POST',
      headers: [named('Host', 'other.example'), named('a b', 'ü')],
      body: { text: { content: '', mediaType: 'text' } },
      timeoutMs: 0,
      maxResponseBytes: 0,
    });
    expect(refusals(answer)).toEqual([
      ['INVALID_URL', 'url'],
      ['INVALID_URL', 'url'],
      ['INVALID_FORMAT', 'body.text.mediaType'],
      ['RESERVED', 'headers.0.name'],
      ['INVALID_CHARACTERS', 'headers.1.name'],
      ['INVALID_CHARACTERS', 'headers.1.value'],
      ['OUT_OF_RANGE', 'timeoutMs'],
      ['OUT_OF_RANGE', 'maxResponseBytes'],
    ]);
  });
});

describe('limits', () => {
  const url = (length: number) => `http://127.0.0.1/${'a'.repeat(length - 'http://127.0.0.1/'.length)}`;
  const bytes = (length: number) => ({ binary: { contentBase64: Buffer.alloc(length).toString('base64') } });
  const MIB = 1024 * 1024;

  test.each([
    ['characters of the URL', 8192, 'TOO_LONG', 'url', (most: number) => ({ url: url(most) })],
    ['headers', 100, 'TOO_LONG', 'headers', (most: number) => ({ headers: many(most) })],
    [
      'characters of a header value',
      8192,
      'TOO_LONG',
      'headers.0.value',
      (most: number) => ({ headers: [named('x-a', 'v'.repeat(most))] }),
    ],
    ['parameters', 200, 'TOO_LONG', 'parameters', (most: number) => ({ parameters: many(most) })],
    ['bytes of the body', 10 * MIB, 'TOO_LONG', 'body', (most: number) => ({ method: 'POST', body: bytes(most) })],
    ['milliseconds', 120_000, 'OUT_OF_RANGE', 'timeoutMs', (most: number) => ({ timeoutMs: most })],
    [
      'bytes of the answer',
      25 * MIB,
      'OUT_OF_RANGE',
      'maxResponseBytes',
      (most: number) => ({ maxResponseBytes: most }),
    ],
  ])('%s: at most %d', async (_, most, code, path, input) => {
    const fits = await preview(server.ask, id, { url: 'http://127.0.0.1/', ...input(most) });
    expect([refusals(fits), fits.request === null]).toEqual([[], false]);
    const tooMuch = await preview(server.ask, id, { url: 'http://127.0.0.1/', ...input(most + 1) });
    expect([refusals(tooMuch), tooMuch.request]).toEqual([[[code, path]], null]);
    expect(tooMuch.userErrors[0]?.message).toContain(`${most}`);
  });

  test.each(['timeoutMs', 'maxResponseBytes'])('%s: at least 1', async (field) => {
    expect(refusals(await preview(server.ask, id, { url: peer.url, [field]: 1 }))).toEqual([]);
    expect(refusals(await preview(server.ask, id, { url: peer.url, [field]: 0 }))).toEqual([['OUT_OF_RANGE', field]]);
  });
});
