/** WebSockets and event streams given what no client sends: each is closed with a code or answered, and the server goes on. */
import { randomBytes } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { OWNER_KEY, startTestServer, type TestServer } from '../../support/server';
import { anyJson, fuzz, growthOf, HANG_MS, nasty } from './fuzzing';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ env: { LOG_LEVEL: 'error' } });
});
afterAll(() => server.remove());
afterEach(async () => {
  expect(server.logLines).toEqual([]);
  const { status, data } = await server.ask('{ viewer { role } }');
  expect([status, data]).toEqual([200, { viewer: { role: 'OWNER' } }]);
});

const inTime = { signal: AbortSignal.timeout(900_000) };
setMaxListeners(0, inTime.signal);
const authorization = `Bearer ${OWNER_KEY}`;

/** The codes that a server may close a socket with for what its client did: RFC 6455 section 7.4.1, and the protocol's own. */
const isFault = (code: number) => (code >= 1000 && code <= 1009 && code !== 1004) || (code >= 4400 && code < 4500);

/** Sends these to a new socket, acknowledged or not; resolves when the server closed it, or answered a ping that came after them. */
async function converse(messages: readonly (string | Uint8Array)[], isAcknowledged: boolean): Promise<void> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const closed = once(socket, 'close', inTime).then(([code]) => code as number);
  try {
    await once(socket, 'open', inTime);
    const answers: string[] = [];
    socket.on('message', (data) => answers.push(String(data)));
    if (isAcknowledged) {
      const acknowledged = once(socket, 'message', inTime);
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
      await acknowledged;
    }
    for (const message of messages) socket.send(message);
    socket.ping();
    const end = await Promise.race([closed, once(socket, 'pong', inTime).then(() => 'alive' as const)]);
    // Whatever the messages led to is said before our closing is answered.
    if (end === 'alive') socket.close(1000);
    const code = await closed;
    if (!isFault(code)) throw new Error(`It was closed with ${code}.`);
    for (const answer of answers) {
      expect(() => JSON.parse(answer)).not.toThrow();
      expect(answer).not.toMatch(/"INTERNAL"|Something went wrong on our side/);
    }
  } finally {
    socket.terminate();
    await closed;
  }
}

const types = fc.oneof(
  fc.constantFrom(
    'connection_init',
    'connection_ack',
    'ping',
    'pong',
    'subscribe',
    'next',
    'error',
    'complete',
    'start',
  ),
  nasty,
);
const id = fc.oneof(fc.constantFrom('1', '2', '__proto__', 'constructor', 'toString'), nasty, anyJson);
const query = fc.constantFrom(
  ...[
    '{ viewer { role } }',
    'subscription { connectionEvents { kind } }',
    'subscription { authorizationFlow(id: "a\\u0000") { id } }',
  ],
  ...['mutation { apiKeyRevoke(id: "x") { userErrors { code } } }', '{', '', 'query ($a: Int!) { viewer { role } }'],
);
const payload = fc.oneof(
  anyJson,
  fc.record(
    { query: fc.oneof(query, anyJson), variables: anyJson, operationName: anyJson },
    { requiredKeys: ['query'] },
  ),
  query.map((text) => ({ query: text })),
);
const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ id, type: types, payload }, { requiredKeys: ['type'] }).map((one) => JSON.stringify(one)),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('1', '2'), payload)
      .map(([one, given]) => JSON.stringify({ id: one, type: 'subscribe', payload: given })),
  },
  { weight: 1, arbitrary: anyJson.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: nasty },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
);

test('messages that the protocol does not have, in orders it does not allow', () => {
  const given = fc.tuple(fc.array(message, { minLength: 1, maxLength: 8 }), fc.boolean());
  return fuzz(
    'sockets that were closed by an error of ours, or not answered',
    [250, 6_000],
    given,
    ([messages, isAcknowledged]) => converse(messages, isAcknowledged),
  );
}, 900_000);

test('ids without measure, a thousand operations, an operation twice', async () => {
  const subscribe = (given: unknown) =>
    JSON.stringify({ id: given, type: 'subscribe', payload: { query: 'subscription { connectionEvents { kind } }' } });
  await converse([subscribe('i'.repeat(1_000_000))], true);
  await converse([subscribe('1'), subscribe('1')], true);
  await converse(
    Array.from({ length: 1_000 }, (_, index) => subscribe(`${index}`)),
    true,
  );
  await converse([subscribe('__proto__'), subscribe('__proto__')], true);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}, 60_000);

/** Opens a bare connection that has been upgraded. */
async function upgraded(): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const lines = [
    ...['GET /graphql HTTP/1.1', `Host: ${hostname}:${port}`, 'Upgrade: websocket', 'Connection: Upgrade'],
    ...['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`],
    ...['Sec-WebSocket-Protocol: graphql-transport-ws', '', ''],
  ];
  socket.write(lines.join('\r\n'));
  const [head] = await once(socket, 'data', inTime);
  expect(String(head)).toMatch(/^HTTP\/1\.1 101 /);
  return socket;
}

/** RFC 6455 section 5.2: a frame, whether it may be or not. */
interface Frame {
  readonly first: number;
  readonly isMasked: boolean;
  /** What the frame says its length is; left out: what it is. */
  readonly claimed?: bigint;
  readonly data: Uint8Array;
}

function bytesOf({ first, isMasked, claimed, data }: Frame): Buffer {
  const length = claimed ?? BigInt(data.length);
  const mask = isMasked ? 0x80 : 0;
  const head =
    length < 126n
      ? Buffer.from([first, mask | Number(length)])
      : length < 65_536n
        ? Buffer.from([first, mask | 126, Number(length >> 8n), Number(length & 255n)])
        : Buffer.concat([Buffer.from([first, mask | 127]), bigEndian(length)]);
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0), data]);
}

function bigEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return bytes;
}

/** Sends bytes to a socket and says that no more will come; gives all that the server says until it closes. */
async function sendRaw(bytes: Uint8Array): Promise<Buffer> {
  const socket = await upgraded();
  const said: Buffer[] = [];
  socket.on('data', (chunk) => said.push(chunk));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const hanging = AbortSignal.timeout(HANG_MS);
  hanging.addEventListener('abort', () => socket.destroy(new Error('The server did not close the connection.')));
  socket.end(bytes);
  await closed;
  expect(hanging.aborted).toBe(false);
  return Buffer.concat(said);
}

/** The code in the closing frame that `said` ends with, if there is one. */
function closingCode(said: Buffer): number | undefined {
  for (let at = 0; at + 2 <= said.length; ) {
    const [first = 0, second = 0] = said.subarray(at);
    const extended = second === 127 ? 8 : second === 126 ? 2 : 0;
    const length =
      extended === 8 ? Number(said.readBigUInt64BE(at + 2)) : extended === 2 ? said.readUInt16BE(at + 2) : second;
    if ((first & 0x0f) === 8) return length >= 2 ? said.readUInt16BE(at + 2 + extended) : 1005;
    at += 2 + extended + length;
  }
  return undefined;
}

const data = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  message.map((one) => Buffer.from(one)),
  fc.constantFrom(
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0xc3, 0x28]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([3, 0xe7]),
  ),
);
const frame: fc.Arbitrary<Frame> = fc.record(
  {
    first: fc.oneof(
      fc.constantFrom(0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8a, 0xc1, 0xf1, 0x83, 0x09),
      fc.nat({ max: 255 }),
    ),
    isMasked: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    data,
    claimed: fc.constantFrom(0n, 125n, 65_535n, 2n ** 24n + 1n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  },
  { requiredKeys: ['first', 'isMasked', 'data'] },
);

test('frames that are none: bits, lengths, fragments, codings', () => {
  const frames = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.array(frame, { minLength: 1, maxLength: 5 }).map((all) => Buffer.concat(all.map(bytesOf))),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
  );
  return fuzz(
    'frames after which a socket was closed by an error of ours, or stayed',
    [250, 8_000],
    frames,
    async (bytes) => {
      const code = closingCode(await sendRaw(bytes));
      if (code === undefined || isFault(code)) return;
      // RFC 6455 section 5.5.1: a closing is answered with its own code, whatever that is.
      const isEchoed = bytes.includes(Buffer.from([code >> 8, code & 255]));
      if (!isEchoed) throw new Error(`It was closed with ${code}.`);
    },
  );
}, 900_000);

test.each<[string, Frame[], number]>([
  ['a text that is not UTF-8', [{ first: 0x81, isMasked: true, data: Buffer.from([0xff]) }], 1007],
  ['a frame without a mask', [{ first: 0x81, isMasked: false, data: Buffer.from('{}') }], 1002],
  [
    'a frame larger than a message may be',
    [{ first: 0x81, isMasked: true, claimed: 2n ** 24n + 1n, data: Buffer.alloc(1) }],
    1009,
  ],
  ['fragments that never began', [{ first: 0x80, isMasked: true, data: Buffer.alloc(1) }], 1002],
  ['a message of no JSON', [{ first: 0x81, isMasked: true, data: Buffer.from('no') }], 4400],
])('%s is answered with its code', async (_name, frames, code) => {
  expect(closingCode(await sendRaw(Buffer.concat(frames.map(bytesOf))))).toBe(code);
});

test('a message in endless fragments ends where a message may', async () => {
  const piece = bytesOf({ first: 0x00, isMasked: true, data: Buffer.alloc(64 * 1024, 0x20) });
  const growth = await growthOf('a message of 64 MiB in fragments', async () => {
    const begin = bytesOf({ first: 0x01, isMasked: true, data: Buffer.from('{') });
    const said = await sendRaw(Buffer.concat([begin, ...Array.from({ length: 1024 }, () => piece)]));
    expect([undefined, 1009]).toContain(closingCode(said));
  });
  expect(growth).toBeLessThan(400);
}, 60_000);

test('event streams that are asked for wrongly', () => {
  const body = fc.oneof(
    payload.map((value) => JSON.stringify(value)),
    fc.record({ query: fc.oneof(query, anyJson), variables: anyJson }).map((value) => JSON.stringify(value)),
    nasty,
  );
  return fuzz('event streams answered by an error of ours, or not', [150, 4_000], body, async (given) => {
    const leaving = new AbortController();
    const hanging = AbortSignal.timeout(HANG_MS);
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'content-type': 'application/json', authorization },
      body: given,
      signal: AbortSignal.any([leaving.signal, hanging]),
    });
    expect(response.status).toBeLessThan(500);
    // A subscription would go on for ever: that it began is enough.
    const isOpen = response.status === 200 && given.includes('connectionEvents');
    if (isOpen) leaving.abort();
    else expect(await response.text()).not.toMatch(/"INTERNAL"/);
  });
}, 900_000);
