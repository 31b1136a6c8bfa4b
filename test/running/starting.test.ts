/** Starting and stopping inside of one process: what was opened is closed again, and calls under way are finished. */
import { once } from 'node:events';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { listen } from '../../src/http/listen';
import { Opened } from '../../src/server/opened';
import { healthOf, INVOKE } from '../support/invoke';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { connected } from '../support/story';

/** The files below `folder` that this process holds open. */
const openFiles = (folder: string) =>
  readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${descriptor}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return []; // closed meanwhile, as that of the listing itself
    }
  });

describe('a start that fails', () => {
  test('because of its port closes what it opened, and loses no key', async () => {
    const first = await startTestServer({ env: { BOOTSTRAP_API_KEY: '' } });
    const { dataDir } = first;
    expect(openFiles(dataDir).length).toBeGreaterThan(0);
    await first.close();
    expect(openFiles(dataDir)).toEqual([]);

    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const env = { PORT: `${(taken.address() as AddressInfo).port}`, BOOTSTRAP_API_KEY: '' };
    await expect(startTestServer({ dataDir, env })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(openFiles(dataDir)).toEqual([]);
    await new Promise((resolve) => taken.close(resolve));
    await first.remove();
  });

  test('because of its database closes that', async () => {
    const { dataDir, remove, close } = await startTestServer();
    await close();
    writeFileSync(join(dataDir, 'grapnel.sqlite'), 'no database, but as long as the header of one'.repeat(9));
    await expect(startTestServer({ dataDir })).rejects.toMatchObject({ code: 'SQLITE_NOTADB' });
    expect(openFiles(dataDir)).toEqual([]);
    await remove();
  });
});

describe('listening', () => {
  const server = createServer((_, response) => response.end('still here'));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('goes on when a connection cannot be taken', async () => {
    const troubles: Error[] = [];
    const { origin } = await listen(server, { host: '127.0.0.1', port: 0 }, (error) => void troubles.push(error));
    const trouble = new Error('accept EMFILE');
    server.emit('error', trouble);
    server.emit('error', trouble);
    expect(troubles).toEqual([trouble, trouble]);
    expect(await (await fetch(origin)).text()).toBe('still here');
  });

  test.each([
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['0.0.0.0', /^http:\/\/localhost:\d+$/],
    ['::1', /^http:\/\/\[::1\]:\d+$/],
  ])('on %s, the origin is one to be opened', async (host, origin) => {
    const other = createServer();
    const listening = await listen(other, { host, port: 0 }, () => undefined);
    expect(listening.origin).toMatch(origin);
    await listening.stop();
  });
});

describe('what was opened', () => {
  test('is closed in the opposite order, once, each after the other', async () => {
    const closed: string[] = [];
    const opened = new Opened();
    for (const name of ['a', 'b', 'c'])
      opened.add(async () => {
        closed.push(`begins ${name}`);
        await new Promise(setImmediate);
        closed.push(`ends ${name}`);
      });
    await Promise.all([opened.close(), opened.close()]);
    expect(closed).toEqual(['c', 'b', 'a'].flatMap((name) => [`begins ${name}`, `ends ${name}`]));
  });

  test('is all closed, even when something cannot be', async () => {
    const closed: string[] = [];
    const opened = new Opened();
    opened.add(() => closed.push('a'));
    opened.add(() => Promise.reject(new Error('b')));
    opened.add(() => {
      throw new Error('c');
    });
    await expect(opened.close()).rejects.toThrow('c');
    expect(closed).toEqual(['a']);
  });
});

describe('stopping', () => {
  let server: TestServer;
  let peer: PeerApi;
  let socket: Socket | undefined;
  beforeEach(async () => {
    [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
  });
  afterEach(async () => {
    socket?.destroy();
    await Promise.all([server.remove(), peer.close()]);
  });

  /** A request as it is written to a connection, which stays open for the next one. */
  const written = (method: string, path: string, body = '') =>
    `${method} ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OWNER_KEY}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  test('a connection that is busy is answered, is told that the server is not ready, and is closed', async () => {
    const id = await connected(server.ask, 'basic', peer.host);
    const held = new Promise<() => void>((hold) => {
      peer.answer((_, response) => hold(() => void response.end('done')));
    });
    const { hostname, port } = new URL(server.url);
    socket = connect(Number(port), hostname);
    let heard = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    const gone = new Promise((resolve) => socket?.on('close', resolve));
    const variables = { input: { connection: { id }, url: peer.url, method: 'GET' } };
    socket.write(written('POST', '/graphql', JSON.stringify({ query: INVOKE, variables })));
    const release = await held;
    const closing = server.close();
    socket.write(written('GET', '/health/ready') + written('GET', '/health/live'));
    release();
    await Promise.all([gone, closing]);

    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503', 'HTTP/1.1 200']);
    expect(heard).toContain('"body":"done"');
    expect(heard).toContain('{"status":"stopping"}');
  });

  test.each([
    ['nothing was asked', ''],
    ['a request has only begun', 'POST /graphql HTTP/1.1\r\nHost: x\r\n'],
  ])('a connection on which %s is closed', async (_, begun) => {
    const { hostname, port } = new URL(server.url);
    socket = connect(Number(port), hostname);
    const gone = once(socket, 'close');
    await once(socket, 'connect');
    socket.write(begun);
    // It is taken before what is asked after it.
    await fetch(`${server.url}/health/live`);
    await server.close();
    expect(await gone).toEqual([false]);
  });

  test('what calls told of a connection is written before the database closes', async () => {
    const id = await connected(server.ask, 'basic', peer.host);
    await server.ask(INVOKE, { input: { connection: { id }, url: peer.url, method: 'GET' } });
    const { lastSuccessAt } = await healthOf(server.ask, id);
    expect(lastSuccessAt).not.toBeNull();
    await server.close();
    server = await startTestServer({ dataDir: server.dataDir });
    expect((await healthOf(server.ask, id)).lastSuccessAt).toBe(lastSuccessAt);
  });
});
