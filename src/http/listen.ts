/** Takes connections, and stops taking them without cutting off what is under way. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Listens; answers the origin listened on. Rejects when the address cannot be had. `onTrouble` is told of what goes wrong later,
 * such as a connection that cannot be taken for want of file descriptors.
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  onTrouble: (error: Error) => void,
): Promise<string> {
  // Once it stops, node:http closes the connections that are idle, but would keep those that become so for seconds.
  server.on('request', (_request, response) => {
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
  });
  await new Promise<void>((resolve, reject) => {
    // Without a listener an error would end the process.
    server.on('error', (error) => (server.listening ? onTrouble(error) : reject(error)));
    server.listen(port, host, resolve);
  });
  return originOf(server.address() as AddressInfo);
}

/** Takes no new connections; resolves when all requests under way are answered. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function originOf({ address, family, port }: AddressInfo): string {
  const anywhere = address === '0.0.0.0' || address === '::';
  const host = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
