/** Requests that come slowly, or with endless heads: their connections are closed, and others are answered meanwhile. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createHttpServer, maxHeaderBytes, type Patience } from '../../../src/http/http-server';
import { type Listening, listen } from '../../http/serve';
import { startTestServer, type TestServer } from '../../support/server';
import { expectNone } from '../../support/trust';
import { CHAPTER } from './ways';

const short: Patience = {
  headersTimeout: 100,
  requestTimeout: 200,
  keepAliveTimeout: 100,
  connectionsCheckingInterval: 20,
};

let served: Listening;
const faults: string[] = [];
let tried = 0;

beforeAll(async () => {
  served = await listen(
    createHttpServer((request, response) => {
      request.resume().on('end', () => response.end('whole'));
    }, short),
  );
});
afterAll(async () => {
  await served.close();
});

/** What came on a connection until the server closed it. */
async function untilClosed(socket: Socket): Promise<string> {
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  const answer = Buffer.concat(parts).toString();
  tried += 1;
  if (/^HTTP\/1\.1 5/.test(answer)) faults.push(answer);
  return answer;
}

test.each([
  ['a head that never ends', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ['a request line that never ends', 'GET /'],
  ['a body that never ends', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf'],
  ['chunks that never end', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
])('%s is answered 408 and closed', async (_what, begun) => {
  const socket = connect(served.port, '127.0.0.1');
  socket.write(begun);
  expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
});

test('a byte now and then buys no more time', async () => {
  const socket = connect(served.port, '127.0.0.1');
  const ended = untilClosed(socket);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 10);
  const answer = await ended;
  clearInterval(drip);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

test('a hundred of them keep nobody else from being answered', async () => {
  const slow = Array.from({ length: 100 }, () => {
    const socket = connect(served.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    return untilClosed(socket);
  });
  expect(await (await fetch(served.url)).text()).toBe('whole');
  expect((await Promise.all(slow)).filter((answer) => !answer.startsWith('HTTP/1.1 408 '))).toEqual([]);
  expect(await (await fetch(served.url)).text()).toBe('whole');
});

describe('the head of a request', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => {
    await server.remove();
  });

  test('may have 16 KiB; more is answered 431', async () => {
    const ask = (bytes: number) => fetch(`${server.url}/health/live`, { headers: { 'x-much': 'x'.repeat(bytes) } });
    const [fits, tooLarge] = [await ask(maxHeaderBytes - 1024), await ask(maxHeaderBytes)];
    tried += 1;
    if (tooLarge.status !== 431) faults.push(`${tooLarge.status}`);
    expect([fits.status, tooLarge.status]).toEqual([200, 431]);
  });

  test('that is no HTTP is answered 400', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write('\x16\x03\x01 hello\r\n\r\n');
    expect(await untilClosed(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });
});

test('none of that is answered as a fault of ours', () => {
  expectNone(CHAPTER, 'slow or endless requests answered 5xx', faults, tried, 100);
});
