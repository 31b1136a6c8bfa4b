/** GraphQL over WebSocket on real sockets: who may open one, what comes over it, and how it ends. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { ExecutionResult } from 'graphql';
import { WebSocket } from 'ws';
import { topLevelError } from '../../src/errors';
import type { GraphqlWsOptions } from '../../src/http/graphql-ws';
import { maxRequestBytes } from '../../src/http/transport';
import { ask, type ServedWs, serveWs } from './serve';
import { deferred, GOOD, SECRET, Toy } from './toy';

let toy: Toy;
let served: ServedWs;
const open: WebSocket[] = [];

beforeEach(async () => {
  toy = new Toy();
  served = await serveWs(toy);
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  await served.close();
});

async function serveWith(options: Partial<GraphqlWsOptions>): Promise<void> {
  await served.close();
  served = await serveWs(toy, options);
}

const protocol = 'graphql-transport-ws';

/** A bare socket, with the messages that came and the code and reason it was closed with. */
function openSocket({ headers = {}, protocols = [protocol] as string[], path = '/graphql', autoPong = true } = {}) {
  const socket = new WebSocket(new URL(path, served.wsUrl), protocols, { headers, autoPong });
  open.push(socket);
  const messages: { type: string; id?: string; payload?: unknown }[] = [];
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    socket.emit('told');
  });
  const closed = deferred<[number, string]>();
  socket.on('close', (code, reason) => closed.resolve([code, String(reason)]));
  const status = deferred<number | undefined>();
  socket.on('unexpected-response', (_request, response) => status.resolve(response.statusCode));
  socket.on('open', () => status.resolve(101));
  socket.on('error', () => undefined);
  return {
    socket,
    messages,
    closed: closed.promise,
    status: status.promise,
    send: (message: object) => socket.send(JSON.stringify(message)),
    /** Settled when `count` messages have come. */
    told: async (count: number) => {
      while (messages.length < count) await once(socket, 'told');
    },
  };
}

async function acknowledged(authorization: unknown = GOOD) {
  const opened = openSocket();
  await opened.status;
  opened.send({ type: 'connection_init', payload: { authorization } });
  await opened.told(1);
  return opened;
}

const operation = (id: string, query: string) => ({ type: 'subscribe', id, payload: { query } });

describe('an operation', () => {
  test('may be a query, a mutation or a subscription', async () => {
    const client = served.client();
    const echo = 'query ($t: String!) { echo(text: $t) key }';
    expect(await ask(client, echo, { t: 'naïve 🏃' })).toEqual({
      results: [{ data: { echo: 'naïve 🏃', key: GOOD } }],
    });
    expect(await ask(client, 'mutation { increment }')).toEqual({ results: [{ data: { increment: 1 } }] });
    expect(await ask(client, 'subscription { countTo(last: 3) }')).toEqual({
      results: [{ data: { countTo: 1 } }, { data: { countTo: 2 } }, { data: { countTo: 3 } }],
    });
    await client.dispose();
  });

  test('is checked anew each time, under a request id of its own', async () => {
    const { send, told } = await acknowledged();
    send(operation('1', '{ key }'));
    await told(3);
    send(operation('2', '{ key }'));
    await told(5);
    expect(toy.presented.map(({ authorization, remote }) => [authorization, remote])).toEqual([
      [GOOD, '127.0.0.1'],
      [GOOD, '127.0.0.1'],
      [GOOD, '127.0.0.1'],
    ]);
    expect(new Set(toy.presented.map(({ requestId }) => requestId)).size).toBe(3);
  });

  test('by a key revoked since is refused, and the socket with all that runs on it ends', async () => {
    const { send, told, messages, closed } = await acknowledged();
    send(operation('watch', 'subscription { held }'));
    await told(2);
    toy.keys.delete(GOOD);
    send(operation('late', 'mutation { increment }'));
    expect(await closed).toEqual([4403, 'Forbidden']);
    await toy.heldEnded.promise;
    expect(toy.increments).toBe(0);
    expect(messages.slice(1)).toEqual([
      { type: 'next', id: 'watch', payload: { data: { held: 'open' } } },
      {
        type: 'error',
        id: 'late',
        payload: [
          {
            message: 'Send your key as `Authorization: Bearer <key>`.',
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      },
    ]);
  });

  test('that is refused for another reason leaves the socket open', async () => {
    const { send, told, messages } = await acknowledged();
    toy.trouble = topLevelError('RATE_LIMITED', 'Wait a second.');
    send(operation('1', '{ hello }'));
    await told(2);
    toy.trouble = undefined;
    send(operation('2', '{ hello }'));
    await told(4);
    expect(messages.slice(1)).toEqual([
      { type: 'error', id: '1', payload: [{ message: 'Wait a second.', extensions: { code: 'RATE_LIMITED' } }] },
      { type: 'next', id: '2', payload: { data: { hello: 'world' } } },
      { type: 'complete', id: '2' },
    ]);
  });
});

describe('a subscription', () => {
  test('ends its source when the client completes it', async () => {
    const { send, told } = await acknowledged();
    send(operation('1', 'subscription { held }'));
    await told(2);
    send({ type: 'complete', id: '1' });
    await toy.heldEnded.promise;
  });

  test('ends its source when the client goes away', async () => {
    const { socket, send, told } = await acknowledged();
    send(operation('1', 'subscription { held }'));
    await told(2);
    socket.terminate();
    await toy.heldEnded.promise;
  });

  const masked = {
    message: expect.stringMatching(
      /^Something went wrong on our side\. Quote the request id [0-9a-f-]{36} when you report it\.$/,
    ),
    extensions: { code: 'INTERNAL' },
  };
  const located = (path: string) => ({ ...masked, locations: [{ line: 1, column: 16 }], path: [path] });

  test.each<[string, ExecutionResult[], unknown]>([
    ['failingStream', [{ data: { failingStream: 1 } }], [masked]],
    ['failingStart', [{ errors: [located('failingStart')] } as unknown as ExecutionResult], undefined],
    [
      'failingEvent',
      [{ data: { failingEvent: null }, errors: [located('failingEvent')] } as unknown as ExecutionResult],
      undefined,
    ],
    ['noStream', [{ errors: [masked] } as unknown as ExecutionResult], undefined],
  ])('that fails (%s) tells no secret', async (field, results, end) => {
    const client = served.client();
    const told = await ask(client, `subscription { ${field} }`);
    expect(told).toEqual(end ? { results, end } : { results });
    expect(JSON.stringify(told)).not.toContain(SECRET);
    const requestId = toy.presented.at(-1)?.requestId;
    expect(JSON.stringify(told)).toContain(requestId);
    expect(toy.entries.map(({ fields }) => fields.requestId)).toEqual([requestId]);
    await client.dispose();
  });
});

describe('the key', () => {
  test.each([undefined, null, 'Bearer other', { authorization: GOOD }, 7])('%j closes the socket', async (given) => {
    const { send, status, closed, messages } = openSocket();
    await status;
    send({ type: 'connection_init', payload: given === undefined ? undefined : { authorization: given } });
    expect(await closed).toEqual([4403, 'Forbidden']);
    expect(messages).toEqual([]);
  });

  test('is not taken from the headers', async () => {
    const { send, status, closed } = openSocket({ headers: { authorization: GOOD } });
    await status;
    send({ type: 'connection_init' });
    expect(await closed).toEqual([4403, 'Forbidden']);
  });

  test.each<[Error, [number, string]]>([
    [new Error(`the database wants ${SECRET}`), [4500, 'Internal server error']],
    [topLevelError('RATE_LIMITED', 'Wait.'), [1013, 'Try again later']],
    [topLevelError('FORBIDDEN', 'No.'), [4403, 'Forbidden']],
  ])('that cannot be checked (%s) closes the socket as well', async (trouble, closing) => {
    toy.trouble = trouble;
    const { send, status, closed } = openSocket();
    await status;
    send({ type: 'connection_init', payload: { authorization: GOOD } });
    expect(await closed).toEqual(closing);
  });

  test('that is awaited in vain closes the socket', async () => {
    await serveWith({ initTimeoutMs: 1 });
    expect(await openSocket().closed).toEqual([4408, 'Connection initialisation timeout']);
  });

  test('must come before any operation', async () => {
    const { send, status, closed } = openSocket();
    await status;
    send(operation('1', '{ hello }'));
    expect(await closed).toEqual([4401, 'Unauthorized']);
    expect(toy.presented).toEqual([]);
  });
});

describe('whoever opens a socket', () => {
  const asked = { origins: ['https://app.example.com'], publicOrigin: 'https://grapnel.example.com' };

  test.each<[string, Record<string, string>, number]>([
    ['is no browser', {}, 101],
    ['is of an allowed origin', { origin: 'https://app.example.com' }, 101],
    ['is of our public origin', { origin: 'https://grapnel.example.com' }, 101],
    ['is of our host', { origin: 'https://grapnel.local', host: 'grapnel.local' }, 101],
    ['is of our host, by its default port', { origin: 'https://grapnel.local', host: 'Grapnel.local:443' }, 101],
    ['is of another port of our host', { origin: 'http://127.0.0.1:1' }, 403],
    ['is of a stranger', { origin: 'https://evil.test' }, 403],
    ['is of a stranger that begins like ours', { origin: 'https://app.example.com.evil.test' }, 403],
    ['is of an allowed host by http', { origin: 'http://app.example.com' }, 403],
    ['is of a file or a sandbox', { origin: 'null' }, 403],
  ])('%s', async (_who, headers, status) => {
    await serveWith(asked);
    expect(await openSocket({ headers }).status).toBe(status);
  });

  test('from the address we listen on is of our host', async () => {
    expect(await openSocket({ headers: { origin: new URL(served.url).origin } }).status).toBe(101);
  });

  test.each([
    ['/graphql?from=here', 101],
    ['/graphql/', 404],
    ['/', 404],
    ['/other', 404],
  ])('at %s gets %i', async (path, status) => {
    expect(await openSocket({ path }).status).toBe(status);
  });

  test.each([[[]], [['graphql-ws']], [['soap', 'mqtt']]])('must speak the protocol: %j', async (protocols) => {
    // A server that chooses none of several protocols ends the handshake for most clients; a bare one sees the reason.
    const key = Buffer.from('0123456789abcdef').toString('base64');
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      ...(protocols.length > 0 && { 'sec-websocket-protocol': protocols.join(', ') }),
    };
    const request = httpRequest(served.url, { headers }).end();
    const [, socket, head] = (await once(request, 'upgrade')) as [IncomingMessage, ReturnType<typeof connect>, Buffer];
    let frame = head;
    while (frame.length < 4) frame = Buffer.concat([frame, ...((await once(socket, 'data')) as [Buffer])]);
    socket.destroy();
    // A close frame (opcode 8): two bytes of header, then the code.
    expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, 4406]);
  });

  test('wants another protocol than WebSocket is refused', async () => {
    const request = httpRequest(served.url, { headers: { connection: 'Upgrade', upgrade: 'h2c' } }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(400);
    response.resume();
  });

  test('and is gone before the refusal harms nobody', async () => {
    const arrived = once(served.server, 'upgrade');
    const socket = connect(served.port, '127.0.0.1');
    socket.write('GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.resetAndDestroy();
    await Promise.race([arrived, once(socket, 'close')]);
    expect(await openSocket().status).toBe(101);
  });
});

describe('a socket', () => {
  test.each<[string, string | Buffer, number]>([
    ['a message that is no JSON', '{', 4400],
    ['a message that is none of the protocol', '{"type":"start"}', 4400],
    ['a second greeting', '{"type":"connection_init"}', 4429],
    ['one byte more than allowed', Buffer.alloc(maxRequestBytes + 1, ' '), 1009],
  ])('is closed after %s, without a word on the console', async (_what, message, code) => {
    const print = jest.spyOn(console, 'error').mockImplementation();
    const { socket, closed } = await acknowledged();
    socket.send(message, { binary: false });
    expect((await closed)[0]).toBe(code);
    expect(await openSocket().status).toBe(101);
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });

  test('takes a message as large as allowed', async () => {
    const { socket, told, messages } = await acknowledged();
    const text = JSON.stringify(operation('1', '{ hello }'));
    socket.send(text + ' '.repeat(maxRequestBytes - text.length));
    await told(3);
    expect(messages[1]).toEqual({ type: 'next', id: '1', payload: { data: { hello: 'world' } } });
  });

  test('that does not answer a ping is dropped; one that does is kept', async () => {
    await serveWith({ keepAliveMs: 150 });
    const alive = openSocket();
    const dead = openSocket({ autoPong: false });
    expect(await dead.closed).toEqual([1006, '']);
    await once(alive.socket, 'ping');
    await once(alive.socket, 'ping');
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });
});

test('the sockets of a key end when it is revoked, those of others stay', async () => {
  toy.keys.add('Bearer other');
  const revoked = await acknowledged();
  const other = await acknowledged('Bearer other');
  const greetless = openSocket();
  await greetless.status;
  revoked.send(operation('1', 'subscription { held }'));
  await revoked.told(2);
  served.sockets.endWhere((context) => context.key === GOOD);
  expect(await revoked.closed).toEqual([4403, 'Forbidden']);
  await toy.heldEnded.promise;
  other.send(operation('1', '{ key }'));
  await other.told(2);
  expect(other.messages[1]).toEqual({ type: 'next', id: '1', payload: { data: { key: 'Bearer other' } } });
  expect(greetless.socket.readyState).toBe(WebSocket.OPEN);
});

test('at the end clients are sent away, and those that do not go are cut off', async () => {
  const polite = await acknowledged();
  polite.send(operation('1', 'subscription { held }'));
  await polite.told(2);
  const deaf = await acknowledged();
  deaf.socket.pause();
  const ended = served.sockets.close(50);
  expect(await polite.closed).toEqual([1001, 'Going away']);
  await toy.heldEnded.promise;
  expect(await openSocket().status).toBe(503);
  await ended;
  deaf.socket.resume();
  expect([1001, 1006]).toContain((await deaf.closed)[0]);
});
