// Content codings and the limit on decoded bytes, with hostile bodies.
import { pipeline } from 'node:stream';
import * as zlib from 'node:zlib';
import { closed, closeServers, failureOf, get, httpPeer, outbound, type Peer, rawPeer } from './servers';

const { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } = zlib;
// Node 22.15 and later; its types here do not know it.
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer };

afterEach(closeServers);

const text = Buffer.from('All the bytes, once. '.repeat(5_000));

async function coded(coding: string | string[], body: Buffer, status = 200): Promise<Peer> {
  return httpPeer((_, response) => {
    response
      .writeHead(status, { 'content-encoding': coding as string, 'content-length': body.length, 'x-kept': 'yes' })
      .end(body);
  });
}

const fetchFrom = (peer: Peer, maxBytes = 1_000_000) =>
  outbound().send(get(`http://127.0.0.1:${peer.port}/`, { maxBytes }));

it.each([
  ['gzip', gzipSync(text)],
  ['GZip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['gzip', Buffer.concat([gzipSync(text.subarray(0, 777)), gzipSync(text.subarray(777))])],
  ['deflate', deflateSync(text)],
  ['deflate', deflateSync(text, { level: 0 })],
  ['deflate', deflateRawSync(text)],
  ['deflate', deflateRawSync(text, { level: 0 })],
  ['br', brotliCompressSync(text)],
  ['identity', text],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['deflate, gzip', gzipSync(deflateRawSync(text))],
  ['gzip,identity, ,deflate', deflateSync(gzipSync(text))],
  [['br', 'gzip'], gzipSync(brotliCompressSync(text))],
] as const)('undoes %p', async (coding, body) => {
  const answer = await fetchFrom(await coded(coding as string | string[], body));
  expect(answer.body.equals(text)).toBe(true);
});

it('leaves out the headers that described the coded bytes, and only those', async () => {
  const answer = await fetchFrom(await coded('gzip', gzipSync('x')));
  const names = answer.headers.map(([name]) => name);
  expect(names).not.toContain('content-encoding');
  expect(names).not.toContain('content-length');
  expect(answer.headers).toContainEqual(['x-kept', 'yes']);
});

it.each(['compress', 'gzip, compress', 'constructor', '__proto__', 'gzip;q=1', 'gzip, gzip, gzip, gzip, gzip'])(
  'leaves the bytes and the header of %p as they are',
  async (coding) => {
    const answer = await fetchFrom(await coded(coding, gzipSync('x')));
    expect(answer.body.equals(gzipSync('x'))).toBe(true);
    expect(answer.headers).toContainEqual(['content-encoding', coding]);
    expect(answer.headers).toContainEqual(['content-length', String(gzipSync('x').length)]);
  },
);

it('leaves a part of a coded representation as it is', async () => {
  const part = gzipSync(text).subarray(0, 50);
  const answer = await fetchFrom(await coded('gzip', part, 206));
  expect(answer.body.equals(part)).toBe(true);
  expect(answer.headers).toContainEqual(['content-encoding', 'gzip']);
});

it.each(['gzip', 'deflate', 'br', 'gzip, br'])('takes an empty body as empty under %s', async (coding) => {
  expect((await fetchFrom(await coded(coding, Buffer.alloc(0)))).body).toHaveLength(0);
});

it('decodes zstd exactly when this Node can', async () => {
  if (zstdCompressSync) {
    expect((await fetchFrom(await coded('zstd', zstdCompressSync(text)))).body.equals(text)).toBe(true);
  } else {
    expect((await fetchFrom(await coded('zstd', text))).headers).toContainEqual(['content-encoding', 'zstd']);
  }
});

it.each([
  ['gzip', text],
  ['gzip', gzipSync(text).subarray(0, -1)],
  ['deflate', deflateSync(text).subarray(0, -5)],
  ['br', brotliCompressSync(text).subarray(0, -1)],
  ['br', text],
  ['gzip, br', brotliCompressSync(text)],
] as const)('gives no answer when the bytes are not what %p says', async (coding, body) => {
  const error = await failureOf(fetchFrom(await coded(coding, body)));
  expect(error.failure).toBe('NO_ANSWER');
});

describe('the limit', () => {
  it.each([
    ['identity', text],
    ['gzip', gzipSync(text)],
    ['gzip, deflate', deflateSync(gzipSync(text))],
  ])('lets through exactly as many decoded bytes as it says, under %s', async (coding, body) => {
    expect((await fetchFrom(await coded(coding, body), text.length)).body.equals(text)).toBe(true);
    const error = await failureOf(fetchFrom(await coded(coding, body), text.length - 1));
    expect(error.failure).toBe('TOO_LARGE');
    expect(error.message).toMatch(/^The answer of 127\.0\.0\.1:\d+ has more than 104999 bytes \(decoded\)\.$/);
  });

  it('counts decoded bytes where they are fewer than those on the wire', async () => {
    const incompressible = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * index * 7919) >> 3));
    const body = gzipSync(incompressible, { level: 0 });
    expect(body.length).toBeGreaterThan(5_000);
    expect((await fetchFrom(await coded('gzip', body), 5_000)).body.equals(incompressible)).toBe(true);
  });

  it('of 0 bytes lets an empty body through', async () => {
    expect((await fetchFrom(await coded('identity', Buffer.alloc(0)), 0)).body).toHaveLength(0);
    expect((await failureOf(fetchFrom(await coded('identity', Buffer.from('x')), 0))).failure).toBe('TOO_LARGE');
  });

  it('holds when every byte comes in a chunk of its own', async () => {
    const chunks = '1\r\nx\r\n'.repeat(20_000);
    const peer = await rawPeer((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`));
    });
    expect((await fetchFrom(peer, 20_000)).body.toString()).toBe('x'.repeat(20_000));
    expect((await failureOf(fetchFrom(peer, 19_999))).failure).toBe('TOO_LARGE');
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(20_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(20_000_000))],
    ['deflate', deflateRawSync(Buffer.alloc(20_000_000))],
    ['gzip, gzip', gzipSync(gzipSync(Buffer.alloc(20_000_000)))],
  ])('stops a bomb under %s', async (coding, bomb) => {
    expect(bomb.length).toBeLessThan(60_000);
    expect((await failureOf(fetchFrom(await coded(coding, bomb)))).failure).toBe('TOO_LARGE');
  });

  it('stops a bomb whose inner coding swells to many members that hold nothing', async () => {
    const nothing = gzipSync('');
    const members = Buffer.concat(new Array(200_000).fill(nothing));
    expect((await failureOf(fetchFrom(await coded('gzip, gzip', gzipSync(members)), 1_000))).failure).toBe('TOO_LARGE');
  });

  it('stops an endless coded body at once, by closing its connection', async () => {
    const peer = await httpPeer((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = createGzip();
      const zeros = Buffer.alloc(64 * 1024);
      const pour = (error?: Error | null) => {
        if (!error) gzip.write(zeros, pour);
      };
      pipeline(gzip, response, () => undefined);
      pour();
    });
    expect((await failureOf(fetchFrom(peer, 1_000_000))).failure).toBe('TOO_LARGE');
    await closed(peer.sockets[0]!);
    expect(peer.sockets[0]!.bytesWritten).toBeLessThan(1_000_000);
  });

  it.each([
    ['deflate', Buffer.from([0, 0, 0, 0xff, 0xff])],
    ['gzip', gzipSync('')],
    ['identity', Buffer.from('x')],
  ])('bounds the bytes on the wire when endless %s decodes to nothing', async (coding, piece) => {
    const block = Buffer.concat(new Array(2_000).fill(piece));
    const peer = await httpPeer((_, response) => {
      response.writeHead(200, { 'content-encoding': coding });
      const pour = (error?: Error | null) => {
        if (!error) response.write(block, pour);
      };
      pour();
    });
    expect((await failureOf(fetchFrom(peer, 1_000))).failure).toBe('TOO_LARGE');
    await closed(peer.sockets[0]!);
  });
});
