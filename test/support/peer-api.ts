/** A small real HTTP API on loopback: it keeps what it was sent, and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as it came in. */
export interface Received {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values by turns, byte for byte. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export type Answerer = (received: Received, response: ServerResponse) => void;

export interface PeerApi {
  readonly url: string;
  readonly host: string;
  readonly received: Received[];
  /** How requests are answered from now on; without `answerer` with 200 and `{"ok":true}`, as at first. */
  answer(answerer?: Answerer): void;
  /** The next request that comes in, whether it is answered or not. */
  arrival(): Promise<Received>;
  close(): Promise<void>;
}

const usual: Answerer = (_received, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
};

/** With `tls` (key and certificate) it speaks https. */
export async function startPeerApi({ tls }: { tls?: ServerOptions } = {}): Promise<PeerApi> {
  const received: Received[] = [];
  let answerer = usual;
  const waiting: ((received: Received) => void)[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void bodyOf(request).then((body) => {
      const { method = '', url: target = '', headers, rawHeaders } = request;
      const one = { method, target, headers, rawHeaders, body };
      received.push(one);
      for (const tell of waiting.splice(0)) tell(one);
      answerer(one, response);
    });
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${tls ? 'https' : 'http'}://${host}`,
    host,
    received,
    answer: (next = usual) => {
      answerer = next;
    },
    arrival: () => new Promise((resolve) => waiting.push(resolve)),
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
