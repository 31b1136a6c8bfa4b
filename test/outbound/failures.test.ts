// Deadlines, hostile answers and broken connections: which failure each one is, and that no error tells a secret.
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { createOutbound, type OutboundFailure } from '../../src/outbound';
import { closed, closeServers, failureOf, get, httpPeer, outbound, type Peer, rawPeer, saying } from './servers';

afterEach(closeServers);

describe('the deadline', () => {
  const within = (peer: Peer, timeoutMs = 60) => outbound().send(get(`http://127.0.0.1:${peer.port}/`, { timeoutMs }));

  const drip = (head: string, drop: string | Buffer) =>
    rawPeer((socket) => {
      socket.write(head);
      const timer = setInterval(() => socket.write(drop), 10);
      socket.on('close', () => clearInterval(timer));
    });

  it.each([
    ['no answer at all', () => rawPeer((socket) => socket.resume())],
    ['a status line that never ends', () => drip('HTTP/1.1 200 ', 'O')],
    ['headers that drip', () => drip('HTTP/1.1 200 OK\r\n', 'x: y\r\n')],
    ['interim answers without end', () => drip('', 'HTTP/1.1 102 Processing\r\n\r\n')],
    ['a body that drips', () => drip('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n', 'x')],
    ['chunks that drip', () => drip('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n')],
    ['a chunk extension that never ends', () => drip('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'x')],
    ['trailers that drip', () => drip('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'x: y\r\n')],
    [
      'a coded body that drips',
      () => drip('HTTP/1.1 200 OK\r\ncontent-encoding: deflate\r\n\r\n', Buffer.from([0, 0, 0, 0xff, 0xff])),
    ],
  ])('ends %s and closes the connection', async (_, begin) => {
    const peer = await begin();
    const error = await failureOf(within(peer));
    expect(error.failure).toBe('TIMED_OUT');
    expect(error.message).toBe(`127.0.0.1:${peer.port} did not finish its answer within 60 ms.`);
    await closed(await peer.connected);
  });

  it('covers the resolution of the name', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    const error = await failureOf(outbound({ resolve }).send(get('http://api.example.com/', { timeoutMs: 30 })));
    expect(error.failure).toBe('TIMED_OUT');
  });

  it('sends nothing when the connection comes too late', async () => {
    let answerName: (addresses: { address: string; family: 4 }[]) => void = () => undefined;
    const resolve = () =>
      new Promise<{ address: string; family: 4 }[]>((resolved) => {
        answerName = resolved;
      });
    const requests: string[] = [];
    const peer = await httpPeer((request, response) => {
      requests.push(request.url!);
      response.end();
    });
    const door = outbound({ resolve });
    const late = failureOf(door.send(get(`http://api.example.com:${peer.port}/late`, { timeoutMs: 30 })));
    expect((await late).failure).toBe('TIMED_OUT');
    answerName([{ address: '127.0.0.1', family: 4 }]);
    const next = door.send(get(`http://127.0.0.1:${peer.port}/next`));
    expect((await next).status).toBe(200);
    expect(requests).toEqual(['/next']);
  });

  it('of one request leaves others alone', async () => {
    const peer = await httpPeer((request, response) => {
      if (request.url === '/answers') response.end('ok');
    });
    const door = outbound();
    const stuck = failureOf(door.send(get(`http://127.0.0.1:${peer.port}/stuck`, { timeoutMs: 60 })));
    const answer = await door.send(get(`http://127.0.0.1:${peer.port}/answers`));
    expect(answer.body.toString()).toBe('ok');
    expect((await stuck).failure).toBe('TIMED_OUT');
    expect((await door.send(get(`http://127.0.0.1:${peer.port}/answers`))).body.toString()).toBe('ok');
  });
});

describe('headers without end', () => {
  const pouring = (head: string, piece: string) =>
    rawPeer((socket) => {
      socket.write(head);
      const pour = (error?: Error | null) => {
        if (!error) socket.write(piece.repeat(500), pour);
      };
      pour();
    });

  it.each([
    ['many', 'HTTP/1.1 200 OK\r\n', 'x-name: value\r\n'],
    ['one', 'HTTP/1.1 200 OK\r\nx-name: ', 'value'],
    ['a name', 'HTTP/1.1 200 OK\r\n', 'name'],
    ['trailers', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'x-name: value\r\n'],
  ])('are too large: %s', async (_, head, piece) => {
    const peer = await pouring(head, piece);
    const error = await failureOf(outbound().send(get(`http://127.0.0.1:${peer.port}/`)));
    expect(error.failure).toBe('TOO_LARGE');
    expect(error.message).toBe(`The answer of 127.0.0.1:${peer.port} has more header bytes than allowed.`);
    await closed(await peer.connected);
  });

  it('are measured against 32 KiB of names and values', async () => {
    const sized = (bytes: number) => saying(`HTTP/1.1 204 No Content\r\nx: ${'y'.repeat(bytes - 1)}\r\n\r\n`);
    const send = async (bytes: number) => outbound().send(get(`http://127.0.0.1:${(await sized(bytes)).port}/`));
    expect((await send(32 * 1024 - 1)).headers[0]![1]).toHaveLength(32 * 1024 - 2);
    expect((await failureOf(send(32 * 1024))).failure).toBe('TOO_LARGE');
  });
});

const secret = 'c0ffee-5ecret';

/** Everything a request can carry a secret in. */
const laden = (url: string, expected: OutboundFailure) =>
  get(`${url}/${secret}?token=${secret}`, {
    method: 'POST',
    headers: [['authorization', `Bearer ${secret}`]],
    body: Buffer.from(secret),
    maxBytes: 1_000,
    timeoutMs: expected === 'TIMED_OUT' ? 60 : 10_000,
  });

const brokenAnswers: [why: string, failure: OutboundFailure, peer: () => Promise<Peer>][] = [
  ['a reset', 'NO_ANSWER', () => rawPeer((socket) => socket.once('data', () => socket.resetAndDestroy()))],
  ['a close without a word', 'NO_ANSWER', () => saying()],
  ['an answer cut in its headers', 'NO_ANSWER', () => saying(`HTTP/1.1 200 OK\r\nx: ${secret}`)],
  ['an answer cut in its body', 'NO_ANSWER', () => saying(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${secret}`)],
  ['a cut chunk', 'NO_ANSWER', () => saying(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n${secret}`)],
  ['bytes that are not HTTP', 'NO_ANSWER', () => saying(`${secret}\r\n\r\n`)],
  ['a bad chunk size', 'NO_ANSWER', () => saying(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${secret}\r\n`)],
  [
    'two lengths',
    'NO_ANSWER',
    () => saying(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n${secret}`),
  ],
  [
    'a length and chunks',
    'NO_ANSWER',
    () => saying('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
  ],
  [
    'an upgrade nobody asked for',
    'NO_ANSWER',
    () => saying(`HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n${secret}`),
  ],
  ['a continue nobody asked for', 'NO_ANSWER', () => saying('HTTP/1.1 100 Continue\r\n\r\n')],
  ['a bad coding', 'NO_ANSWER', () => saying(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n${secret}`)],
  ['a large body', 'TOO_LARGE', () => saying(`HTTP/1.1 200 OK\r\n\r\n${secret.repeat(100)}`)],
  ['large headers', 'TOO_LARGE', () => saying(`HTTP/1.1 200 OK\r\nx: ${secret.repeat(4_000)}\r\n\r\n`)],
  ['silence', 'TIMED_OUT', () => rawPeer((socket) => socket.resume())],
];

describe('an error', () => {
  it.each(brokenAnswers)('for %s is %s and tells no secret', async (_, failure, begin) => {
    const { port } = await begin();
    const error = await failureOf(outbound().send(laden(`http://127.0.0.1:${port}`, failure)));
    expect([error.failure, error.host, error.name]).toEqual([failure, `127.0.0.1:${port}`, 'OutboundError']);
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(inspect(error, { showHidden: true, depth: 20 })).not.toContain(secret);
    expect(error.cause).toBeUndefined();
  });

  it('for a port where nobody listens names the reason', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const error = await failureOf(outbound().send(laden(`http://127.0.0.1:${port}`, 'NO_ANSWER')));
    expect([error.failure, error.message]).toEqual([
      'NO_ANSWER',
      `127.0.0.1:${port} gave no usable answer (ECONNREFUSED).`,
    ]);
    expect(inspect(error, { showHidden: true, depth: 20 })).not.toContain(secret);
  });

  it('for bytes that are not HTTP says so', async () => {
    const { port } = await saying('SSH-2.0-OpenSSH_9.6\r\n');
    const error = await failureOf(outbound().send(get(`http://127.0.0.1:${port}/`)));
    expect(error.message).toBe(`127.0.0.1:${port} gave no usable answer (INVALID_HTTP).`);
  });

  it.each([
    ['http://10.0.0.7', '10.0.0.7'],
    [`http://user:${secret}@api.example.com`, ''],
    [`ftp://${secret}.example.com`, ''],
  ])('for a target that may not be called tells no secret: %s', async (url, host) => {
    const error = await failureOf(outbound().send(laden(url, 'TARGET_NOT_ALLOWED')));
    expect([error.failure, error.host]).toEqual(['TARGET_NOT_ALLOWED', host]);
    expect(inspect(error, { showHidden: true, depth: 20 })).not.toContain(secret);
  });
});

it('goes on after every kind of broken answer', async () => {
  const door = outbound();
  for (const [, failure, begin] of brokenAnswers) {
    await failureOf(door.send(laden(`http://127.0.0.1:${(await begin()).port}`, failure)));
  }
  const peer = await httpPeer((_, response) => response.end('still here'));
  expect((await door.send(get(`http://127.0.0.1:${peer.port}/`))).body.toString()).toBe('still here');
});

it('tells an entry of OUTBOUND_ALLOW that it cannot read', () => {
  expect(() => createOutbound({ allow: ['*.internal'], requireHttps: false })).toThrow(
    'OUTBOUND_ALLOW: "*.internal" is',
  );
});
