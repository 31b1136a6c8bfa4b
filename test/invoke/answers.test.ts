/** What invokeUrl answers: whatever the API said, as data. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type InvokeAnswer, invoke } from '../support/invoke';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
import { connected } from '../support/story';

let server: TestServer;
let peer: PeerApi;
let id: string;

beforeAll(async () => {
  [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
  id = await connected(server.ask, 'bearerToken', peer.host);
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

type Response = NonNullable<InvokeAnswer['response']>;

async function answerTo(status: number, headers: Record<string, string | string[]>, body: string | Buffer = '') {
  peer.answer((_, response) => response.writeHead(status, headers).end(body));
  const { response, userErrors } = await invoke(server.ask, id, { url: peer.url });
  expect(userErrors).toEqual([]);
  return response as Response;
}

test.each([200, 201, 204, 206, 301, 304, 400, 401, 403, 404, 418, 429, 500, 503, 599])(
  'the status %d is data',
  async (status) => {
    expect((await answerTo(status, {})).status).toBe(status);
  },
);

test('headers come in the order received, repetitions kept, names in lower case', async () => {
  peer.answer((_, response) => {
    response.socket?.end(
      'HTTP/1.1 200 OK\r\nX-B: 2\r\nSet-Cookie: a=1\r\nX-A:  spaced\r\nSet-Cookie: b=2\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n',
    );
  });
  const { response } = await invoke(server.ask, id, { url: peer.url });
  expect(response?.headers.map(({ name, value }) => [name, value])).toEqual([
    ['x-b', '2'],
    ['set-cookie', 'a=1'],
    ['x-a', 'spaced'],
    ['set-cookie', 'b=2'],
    ['x-empty', ''],
    ['content-length', '0'],
  ]);
});

test('the duration is a whole number of milliseconds', async () => {
  const { durationMs } = await answerTo(200, {});
  expect(Number.isInteger(durationMs) && durationMs >= 0).toBe(true);
});

describe('the body', () => {
  const facts = ({ mediaType, body, bodyBase64, json, byteSize }: Response) => ({
    mediaType,
    body,
    bodyBase64,
    json,
    byteSize,
  });
  const latin1 = Buffer.from([0x63, 0x61, 0x66, 0xe9]);
  const utf16 = Buffer.from('é€', 'utf16le');
  const bytes = Buffer.from([0, 1, 254, 255]);

  test.each([
    ['text/plain', 'héllo', 'text/plain', 'héllo', 6],
    ['TEXT/Plain; charset=UTF-8', '€', 'text/plain', '€', 3],
    ['text/plain;charset="utf-8"', '€', 'text/plain', '€', 3],
    ['text/plain; charset=iso-8859-1', latin1, 'text/plain', 'café', 4],
    ['text/plain; charset=windows-1252', Buffer.from([0x80]), 'text/plain', '€', 1],
    ['text/plain; charset=utf-16le', utf16, 'text/plain', 'é€', 4],
    ['text/plain; charset=shift_jis', Buffer.from([0x93, 0xfa]), 'text/plain', '日', 2],
    ['text/html', '\ufeff<p>', 'text/html', '<p>', 6],
    ['application/octet-stream', 'text all the same', 'application/octet-stream', 'text all the same', 17],
    ['', 'no type', null, 'no type', 7],
    ['text/plain', '', 'text/plain', '', 0],
  ])('of %p is text', async (type, sent, mediaType, body, byteSize) => {
    const response = await answerTo(200, type ? { 'content-type': type } : {}, sent);
    expect(facts(response)).toEqual({ mediaType, body, bodyBase64: null, json: null, byteSize });
  });

  test.each([
    ['image/png', bytes],
    ['text/plain', latin1], // not UTF-8, and no charset named
    ['text/plain; charset=utf-8', latin1],
    ['text/plain; charset=no-such-charset', Buffer.from('x')],
    ['text/plain; charset=shift_jis', Buffer.from([0x93])], // half a character
    ['application/json', Buffer.from([0x22, 0xff, 0x22])],
    ['text/plain', Buffer.from('a\0b')],
  ])('of %p that is not text is base64: %p', async (type, sent) => {
    const response = await answerTo(200, { 'content-type': type }, sent);
    const mediaType = type.split(';')[0];
    expect(facts(response)).toEqual({
      mediaType,
      body: null,
      bodyBase64: sent.toString('base64'),
      json: null,
      byteSize: sent.length,
    });
  });

  test.each([
    ['application/json', '{"a":[1,null,"ü"]}', { a: [1, null, 'ü'] }],
    ['application/json; charset=utf-8', ' [] ', []],
    ['application/problem+json', '{"title":"no"}', { title: 'no' }],
    ['APPLICATION/VND.API+JSON', '0', 0],
    ['text/json', 'false', false],
    ['application/json', '"text"', 'text'],
    ['application/json', '\ufeff{}', {}],
    ['application/json', '{"__proto__":1}', JSON.parse('{"__proto__":1}')],
    ['application/json', 'null', null],
    ['application/json', '{"a":', null],
    ['application/json', '', null],
    ['application/jsonp', '{}', null],
    ['text/plain', '{}', null],
  ])('of %p, %p, is the JSON %j', async (type, sent, json) => {
    const response = await answerTo(200, { 'content-type': type }, sent);
    expect([response.json, response.body]).toEqual([json, sent.replace('\ufeff', '')]);
  });

  test.each([
    [500, true],
    [501, false],
    [100_000, false],
  ])('of JSON nested %d levels deep: as JSON → %s', async (levels, asJson) => {
    const sent = '['.repeat(levels) + ']'.repeat(levels);
    const { json, body } = await answerTo(200, { 'content-type': 'application/json' }, sent);
    expect(body).toBe(sent);
    expect(json).toEqual(asJson ? JSON.parse(sent) : null);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('in %s is decoded, and counted so', async (coding, encode) => {
    const text = '{"n":"'.padEnd(10_000, 'n').concat('"}');
    const response = await answerTo(
      200,
      { 'content-type': 'application/json', 'content-encoding': coding },
      encode(text),
    );
    expect([response.body, response.byteSize]).toEqual([text, 10_002]);
    expect(response.headers.map(({ name }) => name)).not.toContain('content-encoding');
  });

  test.each([204, 304])('of the status %d is none', async (status) => {
    const { body, bodyBase64, json, byteSize } = await answerTo(status, {});
    expect([body, bodyBase64, json, byteSize]).toEqual(['', null, null, 0]);
  });

  test('of HEAD is none, whatever its length is said to be', async () => {
    peer.answer((_, response) => response.writeHead(200, { 'content-length': '12', 'content-type': 'text/css' }).end());
    const { response } = await invoke(server.ask, id, { url: peer.url, method: 'HEAD' });
    expect([response?.status, response?.mediaType, response?.body, response?.byteSize]).toEqual([
      200,
      'text/css',
      '',
      0,
    ]);
    expect(response?.headers).toContainEqual({ name: 'content-length', value: '12' });
  });
});
