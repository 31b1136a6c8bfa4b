/**
 * Two faces of this machine on one port: at 127.0.0.2 the honest one, at every other address the canary. All connections of the
 * process are watched: what would leave the machine is noted and led to the canary instead.
 */
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, isIP, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

export const HONEST = '127.0.0.2';

/** The addresses of this machine's network interfaces besides loopback, without zones. */
export const ownAddresses: readonly string[] = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal }) => !internal)
  .map(({ address }) => address.replace(/%.*/, ''));

export interface TwoFaced {
  readonly port: number;
  /** The honest face: `http://127.0.0.2:port`. */
  readonly origin: string;
  /** Every connection that was opened to anything but the honest face and what is known: `address:port`. */
  readonly dials: string[];
  /** How many connections the canary took. */
  readonly connections: () => number;
  /** What the canary was sent, a buffer a connection. */
  readonly heard: () => Buffer[];
  /** A server of the test itself, which may be called. */
  know(url: string): void;
  close(): Promise<void>;
}

interface Target {
  host?: string;
  port?: number | string;
}

/** `honest` answers at the honest face; `onCanary` is given each connection to the canary, which else is closed at once. */
export async function startTwoFaced(honest: HttpServer, onCanary?: (socket: Socket) => void): Promise<TwoFaced> {
  const sockets = new Set<Socket>();
  const chunks: Buffer[][] = [];
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    if (socket.localAddress?.endsWith(HONEST)) return void honest.emit('connection', socket);
    const said: Buffer[] = [];
    chunks.push(said);
    socket.on('data', (data: Buffer) => said.push(data));
    if (onCanary) onCanary(socket);
    else socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.once('error', () => server.listen(0, '0.0.0.0', resolve)); // a machine without IPv6
    server.listen(0, '::', resolve);
  });
  const { port } = server.address() as AddressInfo;

  const dials: string[] = [];
  const known = new Set([`${HONEST}:${port}`]);
  const original = Socket.prototype.connect as (...given: unknown[]) => Socket;
  const spy = jest.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...given: unknown[]) {
    const target = (Array.isArray(given[0]) ? given[0][0] : given[0]) as Target;
    const host = target.host ?? 'localhost';
    if (!known.has(`${host}:${target.port}`)) {
      dials.push(`${host}:${target.port}`);
      const isHere = /^127\.|^::1$/.test(host) || (isIP(host) !== 0 && ownAddresses.includes(host));
      if (!isHere || `${target.port}` !== `${port}`) Object.assign(target, { host: '127.0.0.1', port });
    }
    return original.apply(this, given);
  } as never);

  return {
    port,
    origin: `http://${HONEST}:${port}`,
    dials,
    connections: () => chunks.length,
    heard: () => chunks.map((said) => Buffer.concat(said)),
    know: (url) => void known.add(new URL(url).host),
    close() {
      spy.mockRestore();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
