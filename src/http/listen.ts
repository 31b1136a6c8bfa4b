/** Takes connections, and stops taking them without cutting off what is under way. */
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Listening {
  /** The origin listened on. */
  readonly origin: string;
  /** Takes no new connections; resolves when all requests under way are answered. */
  stop(): Promise<void>;
}

/**
 * Listens. Rejects when the address cannot be had. `onTrouble` is told of what goes wrong later, such as a connection that cannot
 * be taken for want of file descriptors.
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  onTrouble: (error: Error) => void,
): Promise<Listening> {
  const closeUnused = unusedConnections(server);
  await new Promise<void>((resolve, reject) => {
    // Without a listener an error would end the process.
    server.on('error', (error) => (server.listening ? onTrouble(error) : reject(error)));
    server.listen(port, host, resolve);
  });
  return {
    origin: originOf(server.address() as AddressInfo),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        closeUnused();
      }),
  };
}

/**
 * Gives what closes the connections without a request under way. `closeIdleConnections` of node:http closes those only that have
 * had one: a browser opens some in advance, and a connection that nobody uses would keep the server from stopping.
 */
function unusedConnections(server: Server): () => void {
  const requests = new Map<Socket, number>();
  const closeIfUnused = (socket: Socket) => {
    if (requests.get(socket) === 0) socket.destroySoon();
  };
  server.on('connection', (socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  // From now on it is a socket of whoever answers upgrades (`graphql-ws.ts` answers all of them), and closed with those.
  server.on('upgrade', ({ socket }) => requests.delete(socket));
  server.on('request', ({ socket }, response) => {
    const count = (change: number) => requests.set(socket, (requests.get(socket) ?? 0) + change);
    count(1);
    response.once('close', () => {
      if (!requests.has(socket)) return;
      count(-1);
      // The next request may have come with this one, and be read only now.
      if (!server.listening) setImmediate(() => closeIfUnused(socket));
    });
  });
  return () => {
    for (const socket of requests.keys()) closeIfUnused(socket);
  };
}

function originOf({ address, family, port }: AddressInfo): string {
  const anywhere = address === '0.0.0.0' || address === '::';
  const host = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
