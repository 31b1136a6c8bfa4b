// What goes out and what comes back, byte for byte, against real servers.
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { closed, closeServers, failureOf, get, httpPeer, outbound, type Peer, rawPeer, saying } from './servers';

afterEach(closeServers);

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A peer that keeps the head of the request as it came over the wire. */
async function headReader(): Promise<{ peer: Peer; head: () => string[] }> {
  let text = '';
  const peer = await rawPeer((socket) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n')) socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
    });
  });
  return { peer, head: () => text.split('\r\n\r\n')[0]!.split('\r\n') };
}

describe('a request', () => {
  it('has exactly the headers given, in their order, and asks for the codings that are understood', async () => {
    const { peer, head } = await headReader();
    await outbound().send(
      get(`http://127.0.0.1:${peer.port}/a%2Fb/?q=1&q=%20#fragment`, {
        headers: [
          ['X-Api-Key', 'käse'],
          ['x-two', '1'],
          ['x-two', '2'],
          ['X-Empty', ''],
        ],
      }),
    );
    expect(head()).toEqual([
      'GET /a%2Fb/?q=1&q=%20 HTTP/1.1',
      `host: 127.0.0.1:${peer.port}`,
      'connection: keep-alive',
      'X-Api-Key: käse',
      'x-two: 1',
      'x-two: 2',
      'X-Empty: ',
      'accept-encoding: gzip, deflate, br',
      'user-agent: Grapnel',
    ]);
  });

  it('keeps the accept-encoding and the user-agent of the caller, and leaves out Host and Content-Length that say the same', async () => {
    const { peer, head } = await headReader();
    await outbound().send(
      get(`http://127.0.0.1:${peer.port}/`, {
        method: 'POST',
        headers: [
          ['Host', `127.0.0.1:${peer.port}`],
          ['Content-Length', '3'],
          ['Accept-Encoding', 'identity'],
          ['User-Agent', 'mine'],
        ],
        body: Buffer.from('abc'),
      }),
    );
    expect(head()).toEqual([
      'POST / HTTP/1.1',
      `host: 127.0.0.1:${peer.port}`,
      'connection: keep-alive',
      'Accept-Encoding: identity',
      'User-Agent: mine',
      'content-length: 3',
    ]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])('%s carries a body of 600,000 bytes unchanged', async (method) => {
    const backing = Buffer.alloc(700_000, 'grapnel ');
    const body = new Uint8Array(backing.buffer, backing.byteOffset + 5, 600_000);
    const received: [string | undefined, string | undefined, Buffer][] = [];
    const peer = await httpPeer(async (request, response) => {
      received.push([request.method, request.headers['content-length'], await bytesOf(request)]);
      response.end('ok');
    });
    const answer = await outbound().send(get(`http://127.0.0.1:${peer.port}/`, { method, body }));
    expect(answer.body.toString()).toBe('ok');
    expect(received.map(([sentMethod, length]) => [sentMethod, length])).toEqual([[method, '600000']]);
    expect(received[0]![2].equals(body)).toBe(true);
  });

  it.each([
    ['INVALID_CHARACTERS', 'GET', ['x-key', 'secret\r\nx-injected: 1']],
    ['INVALID_CHARACTERS', 'GET', ['x-key', 'secret\n']],
    ['INVALID_CHARACTERS', 'GET', ['x-key', 'secret\0']],
    ['INVALID_CHARACTERS', 'GET', ['x-key', 'secret \u{1f511}']],
    ['INVALID_CHARACTERS', 'GET', ['secret key', 'value']],
    ['INVALID_CHARACTERS', 'GET', ['', 'secret']],
    ['INVALID_CHARACTERS', 'GET /secret', ['x-key', 'value']],
    ['INVALID_CHARACTERS', '', ['x-key', 'value']],
    ['RESERVED', 'CONNECT', ['x-key', 'secret']],
    ['RESERVED', 'TRACE', ['x-key', 'secret']],
    ['RESERVED', 'GET', ['Host', 'secret.example']],
    ['RESERVED', 'GET', ['Content-Length', '9']],
    ['RESERVED', 'GET', ['Transfer-Encoding', 'chunked']],
    ['RESERVED', 'GET', ['Connection', 'secret']],
    ['RESERVED', 'GET', ['Upgrade', 'websocket']],
    ['RESERVED', 'GET', ['Expect', '100-continue']],
  ] as const)('is refused with %s before anything is sent: %p %p', async (failure, method, header) => {
    const peer = await httpPeer((_, response) => response.end());
    const error = await failureOf(
      outbound().send(get(`http://127.0.0.1:${peer.port}/`, { method, headers: [[header[0], header[1]]] })),
    );
    expect(error.failure).toBe(failure);
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('secret');
    expect(peer.sockets.length).toBe(0);
  });
});

describe('an answer', () => {
  it('has its headers in order, repeated ones kept, names in lower case, bytes as ISO 8859-1', async () => {
    const peer = await saying(
      'HTTP/1.1 200 Fine\r\nX-B: 1\r\nSet-Cookie: a=1\r\nX-A: \xe4\r\nSET-COOKIE: b=2\r\n__proto__: x\r\nContent-Length: 2\r\n\r\n\xff\x00',
    );
    const answer = await outbound().send(get(`http://127.0.0.1:${peer.port}/`));
    expect(answer.status).toBe(200);
    expect(answer.headers).toEqual([
      ['x-b', '1'],
      ['set-cookie', 'a=1'],
      ['x-a', 'Ã¤'],
      ['set-cookie', 'b=2'],
      ['__proto__', 'x'],
      ['content-length', '2'],
    ]);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\ncontent-encoding: gzip\r\n\r\n', 200],
    ['GET', 'HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n', 204],
    ['GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 500\r\ncontent-encoding: gzip\r\n\r\n', 304],
  ])('to %s with no body by definition keeps its headers: %p', async (method, message, status) => {
    const peer = await saying(message);
    const answer = await outbound().send(get(`http://127.0.0.1:${peer.port}/`, { method }));
    expect([answer.status, answer.body.length]).toEqual([status, 0]);
    expect(answer.headers).toContainEqual(['content-encoding', 'gzip']);
  });

  it('is the final one after interim ones', async () => {
    const peer = await saying(
      'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    );
    const answer = await outbound().send(get(`http://127.0.0.1:${peer.port}/`));
    expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
  });

  it('without a length ends with the connection', async () => {
    const peer = await saying('HTTP/1.1 200 OK\r\n\r\n', 'all of it');
    expect((await outbound().send(get(`http://127.0.0.1:${peer.port}/`))).body.toString()).toBe('all of it');
  });

  it.each([400, 401, 404, 429, 500, 503])('with status %d is an answer, not a failure', async (status) => {
    const peer = await httpPeer((_, response) => response.writeHead(status).end('why'));
    const answer = await outbound().send(get(`http://127.0.0.1:${peer.port}/`));
    expect([answer.status, answer.body.toString()]).toEqual([status, 'why']);
  });
});

describe('a connection', () => {
  it('is used again for the same origin', async () => {
    const peer = await httpPeer((request, response) => response.end(request.url));
    const door = outbound();
    const bodies: string[] = [];
    for (const path of ['/1', '/2', '/3']) {
      bodies.push((await door.send(get(`http://127.0.0.1:${peer.port}${path}`))).body.toString());
      await new Promise(setImmediate); // undici frees a connection one turn of the event loop after the answer
    }
    expect(bodies).toEqual(['/1', '/2', '/3']);
    expect(peer.sockets.length).toBe(1);
  });

  it('that the peer closed is not used again', async () => {
    const peer = await httpPeer((_, response) => response.end('ok'));
    const door = outbound();
    await door.send(get(`http://127.0.0.1:${peer.port}/`));
    const gone = closed(peer.sockets[0]!);
    peer.sockets[0]!.destroy();
    await gone;
    expect((await door.send(get(`http://127.0.0.1:${peer.port}/`))).body.toString()).toBe('ok');
    expect(peer.sockets.length).toBe(2);
  });

  it('that holds an answer nobody asked for is not used again', async () => {
    const say = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
    const asked: number[] = []; // how many requests each connection got
    const peer = await rawPeer((socket) => {
      const at = asked.push(0) - 1;
      socket.on('data', () => {
        asked[at]!++;
        socket.write(at === 0 ? say('mine') + say('forged') : say('mine'));
      });
    });
    const door = outbound();
    for (let turn = 0; turn < 3; turn++) {
      expect((await door.send(get(`http://127.0.0.1:${peer.port}/`))).body.toString()).toBe('mine');
      await new Promise(setImmediate);
    }
    expect(asked[0]).toBe(1);
  });

  it('is closed after thirty idle seconds, however long the peer would keep it', async () => {
    const peer = await httpPeer((_, response) => response.setHeader('keep-alive', 'timeout=86400').end('ok'));
    const door = outbound();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate', 'performance'] });
    try {
      await door.send(get(`http://127.0.0.1:${peer.port}/`));
      await new Promise(setImmediate); // undici frees the connection now
      jest.advanceTimersByTime(30_000);
    } finally {
      jest.useRealTimers();
    }
    await closed(await peer.connected);
    expect(peer.sockets.length).toBe(1);
  });
});

describe('closing', () => {
  it('waits for the requests under way, then gives no answer to new ones', async () => {
    const asked = new EventEmitter();
    const peer = await httpPeer((_, response) => asked.emit('request', response));
    const door = outbound();
    const response = once(asked, 'request') as Promise<[ServerResponse]>;
    const sent = door.send(get(`http://127.0.0.1:${peer.port}/`));
    const [held] = await response;
    const closing = door.close();
    held.end('late');
    expect((await sent).body.toString()).toBe('late');
    await closing;
    await closed(peer.sockets[0]!);
    expect((await failureOf(door.send(get(`http://127.0.0.1:${peer.port}/`)))).failure).toBe('NO_ANSWER');
  });

  it('ends an attempt to connect that nobody waits for any more', async () => {
    const silent = await rawPeer((socket) => socket.resume());
    const door = outbound();
    const error = await failureOf(door.send(get(`https://127.0.0.1:${silent.port}/`, { timeoutMs: 60 })));
    expect(error.failure).toBe('TIMED_OUT');
    const socket = await silent.connected;
    await door.close();
    await closed(socket);
    expect(silent.sockets.length).toBe(1);
  });
});

it('answers header values without the white space around them (RFC 9112 section 5.1), and with all inside', async () => {
  const peer = await saying(
    'HTTP/1.1 200 OK\r\nX-A: \t b \t c \t \r\nX-B: \xa0\r\nX-C:   \r\nContent-Length: 0\r\n\r\n',
  );
  const { headers } = await outbound().send(get(`http://127.0.0.1:${peer.port}/`));
  expect(headers.slice(0, 3)).toEqual([
    ['x-a', 'b \t c'],
    ['x-b', '\u00c2\u00a0'],
    ['x-c', ''],
  ]);
});
