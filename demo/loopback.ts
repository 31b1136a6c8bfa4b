/** A server of the demo: on a free port of this machine, it hands whole requests to a function and sends back what that answers. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Received, Reply } from './step';

export interface Loopback {
  readonly url: string;
  /** Host and port, as `allowedHosts` wants them. */
  readonly host: string;
  close(): Promise<void>;
}

export async function listen(reply: (received: Received) => Reply): Promise<Loopback> {
  const server = createServer((request, response) => {
    void bodyOf(request)
      .then((body) => {
        const { method = '', headers } = request;
        const url = new URL(`http://${headers.host}${request.url}`);
        const { status, headers: answered, text = '' } = reply({ method, url, headers, body });
        response.writeHead(status, answered).end(text);
      })
      .catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
