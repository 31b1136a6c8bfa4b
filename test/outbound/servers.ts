/** Real servers on loopback for the tests of the one door out; `closeServers` ends all that a test began. */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  createOutbound,
  type Outbound,
  OutboundError,
  type OutboundOptions,
  type OutboundRequest,
} from '../../src/outbound';

export interface Peer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly sockets: Socket[];
  /** The first of them. */
  readonly connected: Promise<Socket>;
}

const servers: { server: Server; sockets: Socket[] }[] = [];
const outbounds: Outbound[] = [];

export async function httpPeer(listener: RequestListener, at: { host?: string; port?: number } = {}): Promise<Peer> {
  return listen(createHttpServer(listener), at);
}

export async function httpsPeer(options: ServerOptions, listener: RequestListener): Promise<Peer> {
  return listen(createHttpsServer(options, listener), {});
}

/** A peer that speaks bytes: `onConnection` writes what it likes. */
export async function rawPeer(onConnection: (socket: Socket) => void): Promise<Peer> {
  return listen(createServer(onConnection), {});
}

/** A peer that gives `answer` (one whole HTTP message or less) to the first bytes of each connection, then closes. */
export function saying(...answer: (string | Buffer)[]): Promise<Peer> {
  return rawPeer((socket) => {
    socket.once('data', () => {
      for (const part of answer) socket.write(part);
      socket.end();
    });
  });
}

async function listen(server: Server, { host = '127.0.0.1', port = 0 }): Promise<Peer> {
  const sockets: Socket[] = [];
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  server.on('connection', (socket: Socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  servers.push({ server, sockets });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, sockets, connected };
}

/** The door under test; loopback may be called unless `allow` says otherwise. */
export function outbound(options: Partial<OutboundOptions> = {}): Outbound {
  const made = createOutbound({ allow: ['127.0.0.0/8', '::1'], requireHttps: false, ...options });
  outbounds.push(made);
  return made;
}

/** A GET with room and time enough for every test that is not about limits. */
export function get(url: string | URL, more: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', url, headers: [], timeoutMs: 10_000, maxBytes: 1_000_000, ...more };
}

/** The error that `send` rejects with; fails the test when it resolves or rejects with anything else. */
export async function failureOf(sent: Promise<unknown>): Promise<OutboundError> {
  const outcome = await sent.then(
    () => 'an answer',
    (error: unknown) => error,
  );
  if (outcome instanceof OutboundError) return outcome;
  throw new Error(`Expected an OutboundError, got ${String(outcome)}`);
}

export async function closeServers(): Promise<void> {
  await Promise.all(outbounds.splice(0).map((made) => made.close()));
  await Promise.all(
    servers.splice(0).map(({ server, sockets }) => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
}

/** Resolves when the connection is gone; at once when it already is. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}
