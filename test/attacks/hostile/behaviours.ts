/** What a hostile peer does to whoever asks it something: bytes by hand, so that nothing mends them on the way. */
import { createServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

export interface Behaviour {
  /** Begins when a request has begun to come in; every connection ends with the test at the latest. */
  readonly act: (socket: Socket) => void;
  /** What invokeUrl makes of it: the code of its error, or the status that is answered. */
  readonly invoke: string | number;
  /** Whether it only ends by a time limit. */
  readonly isSlow?: boolean;
}

const MIB = 2 ** 20;
const zeros = Buffer.alloc(16 * MIB);
const CRLF = '\r\n';

/** A whole answer with a body. */
function answer(body: string | Uint8Array, headers: readonly string[] = [], status = '200 OK'): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, `Content-Length: ${bytes.length}`, 'Connection: close', ...headers, '', ''];
  return Buffer.concat([Buffer.from(head.join(CRLF), 'latin1'), bytes]);
}

const says =
  (...parts: (string | Uint8Array)[]) =>
  (socket: Socket) => {
    for (const part of parts) socket.write(part);
    socket.end();
  };

/** Writes `first`, then `piece` again and again, as fast as it is taken, until the other side goes. */
const endless = (first: string, piece: string | Uint8Array, most = Number.POSITIVE_INFINITY) => {
  const bytes = Buffer.from(piece);
  return (socket: Socket) => {
    let written = 0;
    const more = () => {
      while (!socket.destroyed && written < most) {
        written += bytes.length;
        if (!socket.write(bytes)) return;
      }
      if (written >= most) socket.end();
    };
    socket.write(first);
    socket.on('drain', more);
    more();
  };
};

/** Writes `first`, then a byte now and then. */
const drip = (first: string, byte: string) => (socket: Socket) => {
  socket.write(first);
  const timer = setInterval(() => socket.write(byte), 20);
  socket.once('close', () => clearInterval(timer));
};

const hangsUp = (text: string) => (socket: Socket) => {
  socket.write(text, () => socket.resetAndDestroy());
};

const json = 'Content-Type: application/json';
const coded = (coding: string, bytes: Uint8Array) => says(answer(bytes, [json, `Content-Encoding: ${coding}`]));
const tokens = (body: string | Uint8Array, type = json) => ({ act: says(answer(body, [type])), invoke: 200 });
const token = (fields: object) =>
  tokens(JSON.stringify({ access_token: 'T0ken', token_type: 'Bearer', expires_in: 3600, ...fields }));

const member = gzipSync(zeros, { level: 9 });
/** Ten mebibytes that are ten gigabytes. */
const gzipBomb = Buffer.concat(Array.from({ length: Math.floor((10 * MIB) / member.length) }, () => member));
const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 } };
const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join(CRLF)}${CRLF}${CRLF}`;

export const behaviours: Record<string, Behaviour> = {
  'a gzip bomb of ten gigabytes': { act: coded('gzip', gzipBomb), invoke: 'TOO_LARGE' },
  'a gzip bomb in gzip': { act: coded('gzip, gzip', gzipSync(gzipBomb)), invoke: 'TOO_LARGE' },
  'a brotli bomb': { act: coded('br', brotliCompressSync(Buffer.alloc(64 * MIB), quick)), invoke: 'TOO_LARGE' },
  'a deflate bomb': { act: coded('deflate', deflateSync(zeros)), invoke: 'TOO_LARGE' },
  'a bare deflate bomb': { act: coded('deflate', deflateRawSync(zeros)), invoke: 'TOO_LARGE' },
  'a bomb in four codings': {
    act: coded('br, gzip, deflate, gzip', gzipSync(deflateSync(gzipSync(brotliCompressSync(zeros, quick))))),
    invoke: 'TOO_LARGE',
  },
  'a hundred codings': { act: coded(Array.from({ length: 100 }, () => 'gzip').join(), member), invoke: 200 },
  'a coding that the body is not in': { act: coded('gzip', Buffer.from('{"access_token":"a"}')), invoke: 'NO_ANSWER' },
  'gzip that is cut off': { act: coded('gzip', gzipSync('{"access_token":"a"}').subarray(0, 12)), invoke: 'NO_ANSWER' },
  'an unknown coding': { act: coded('rot13', Buffer.from('{}')), invoke: 200 },
  'endless header lines': { act: endless(`HTTP/1.1 200 OK${CRLF}`, `X-A: b${CRLF}`.repeat(100)), invoke: 'TOO_LARGE' },
  'an endless header line': { act: endless(`HTTP/1.1 200 OK${CRLF}X-A: `, 'a'.repeat(1024)), invoke: 'TOO_LARGE' },
  'two thousand headers': {
    act: says(
      answer(
        '{}',
        Array.from({ length: 2000 }, (_, index) => `X-${index}: 1`),
      ),
    ),
    invoke: 200,
  },
  'an endless status line': {
    act: endless('HTTP/1.1 200 ', 'a'.repeat(1024)),
    invoke: 'TIMED_OUT',
    isSlow: true,
  },
  'a body of a gigabyte in chunks': {
    act: endless(head('Transfer-Encoding: chunked'), `10000${CRLF}${'a'.repeat(0x10000)}${CRLF}`, 1024 * MIB),
    invoke: 'TOO_LARGE',
  },
  'a body of a gigabyte in chunks of one byte': {
    act: endless(head('Transfer-Encoding: chunked'), `1${CRLF}a${CRLF}`.repeat(4096), 1024 * MIB),
    invoke: 'TOO_LARGE',
  },
  'a chunk of endless extensions': {
    act: endless(`${head('Transfer-Encoding: chunked')}1;`, 'a'.repeat(4096), 64 * MIB),
    invoke: 'NO_ANSWER',
  },
  'endless trailers': {
    act: endless(`${head('Transfer-Encoding: chunked')}0${CRLF}`, `X-A: b${CRLF}`.repeat(100), 64 * MIB),
    invoke: 'TOO_LARGE',
  },
  'a token of a hundred megabytes': {
    act: endless(`${head('Content-Length: 104857600', json)}{"access_token":"`, 'a'.repeat(64 * 1024), 100 * MIB),
    invoke: 'TOO_LARGE',
  },
  'headers drop by drop': { act: drip(`HTTP/1.1 200 OK${CRLF}X-A: `, 'a'), invoke: 'TIMED_OUT', isSlow: true },
  'a body drop by drop': { act: drip(head('Content-Length: 100000'), 'a'), invoke: 'TIMED_OUT', isSlow: true },
  silence: { act: () => undefined, invoke: 'TIMED_OUT', isSlow: true },
  'less than it promised, then silence': {
    act: (socket) => void socket.write(`${head('Content-Length: 10')}abc`),
    invoke: 'TIMED_OUT',
    isSlow: true,
  },
  'a flood of 103': {
    act: endless('', `HTTP/1.1 103 Early Hints${CRLF}Link: </a>${CRLF}${CRLF}`.repeat(50), 4 * MIB),
    invoke: 'NO_ANSWER',
  },
  'a 101 that nobody asked for': {
    act: says(`HTTP/1.1 101 Switching Protocols${CRLF}Upgrade: x${CRLF}${CRLF}`),
    invoke: 'NO_ANSWER',
  },
  'HTTP/0.9': { act: says('<html>{"access_token":"a"}</html>'), invoke: 'NO_ANSWER' },
  'HTTP/3.0': { act: says(`HTTP/3.0 200 OK${CRLF}${CRLF}`), invoke: 'NO_ANSWER' },
  'a status of four digits': { act: says(`HTTP/1.1 2000 OK${CRLF}${CRLF}`), invoke: 'NO_ANSWER' },
  'a status that is no number': { act: says(`HTTP/1.1 OK${CRLF}${CRLF}`), invoke: 'NO_ANSWER' },
  'another protocol': { act: says('SSH-2.0-OpenSSH_9.6\r\n'), invoke: 'NO_ANSWER' },
  'two lengths': { act: says(`${head('Content-Length: 2', 'Content-Length: 3')}{}`), invoke: 'NO_ANSWER' },
  'a length and chunks': {
    act: says(`${head('Content-Length: 2', 'Transfer-Encoding: chunked')}2${CRLF}{}${CRLF}0${CRLF}${CRLF}`),
    invoke: 'NO_ANSWER',
  },
  'a negative length': { act: says(`${head('Content-Length: -2')}{}`), invoke: 'NO_ANSWER' },
  'a length that no number holds': {
    act: says(`${head('Content-Length: 99999999999999999999999')}{}`),
    invoke: 'NO_ANSWER',
  },
  'a chunk size that is none': { act: says(`${head('Transfer-Encoding: chunked')}zz${CRLF}`), invoke: 'NO_ANSWER' },
  'a NUL in a header': { act: says(`${head('X-A: a\0b', 'Content-Length: 2')}{}`), invoke: 'NO_ANSWER' },
  'a second answer behind the first': { act: says(answer('{}'), answer('{"access_token":"other"}')), invoke: 200 },
  'nothing at all': { act: (socket) => socket.end(), invoke: 'NO_ANSWER' },
  'an end in the status line': { act: hangsUp('HTTP/1.1 20'), invoke: 'NO_ANSWER' },
  'an end in the headers': { act: hangsUp(`HTTP/1.1 200 OK${CRLF}X-A`), invoke: 'NO_ANSWER' },
  'an end in the body': { act: hangsUp(`${head('Content-Length: 100')}{"a`), invoke: 'NO_ANSWER' },
  'a redirect to itself': { act: says(answer('', ['Location: /'], '307 Temporary Redirect')), invoke: 307 },
  'a redirect into the machine': { act: says(answer('', ['Location: file:///etc/passwd'], '302 Found')), invoke: 302 },
  'an empty body': tokens(''),
  'JSON in UTF-16': tokens(Buffer.from('\ufeff{"access_token":"a"}', 'utf16le')),
  'JSON that is not UTF-8': tokens(
    Buffer.concat([Buffer.from('{"access_token":"'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"}')]),
  ),
  'a list': tokens('[{"access_token":"a"}]'),
  'a token that is an object': token({ access_token: { __proto__: null, toString: 'x' } }),
  'a token with a line break': token({ access_token: 'a\r\nX-Injected: 1' }),
  'a token with a NUL': token({ access_token: 'a\0b' }),
  'names of JavaScript': tokens(
    '{"__proto__":{"access_token":"a","polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  ),
  'a life of 1e308 seconds': token({ expires_in: 1e308 }),
  'a life below zero': token({ expires_in: -1e308 }),
  'a life in a list, scopes in an object': token({ expires_in: [[3600]], scope: { read: true }, refresh_token: 7 }),
  'scopes with NULs': token({ scope: 'read\0 \u0007write' }),
  'a description of a megabyte': tokens(JSON.stringify({ error: 'no', error_description: '<b>\u0000'.repeat(60_000) })),
  'nesting without end': tokens(`{"access_token":${'['.repeat(200_000)}`),
  'a page': tokens('<!doctype html><title>Log in</title>', 'Content-Type: text/html'),
  'a picture': tokens(Buffer.from('89504e470d0a1a0a00', 'hex'), 'Content-Type: image/png'),
};

export interface HostilePeer {
  readonly host: string;
  /** How every connection is treated from now on. */
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

export async function startHostilePeer(): Promise<HostilePeer> {
  let act: Behaviour['act'] = says(answer('{}'));
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', () => act(socket)).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return {
    host: `127.0.0.1:${address.port}`,
    behave: (behaviour) => {
      act = behaviour.act;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
