/** The API of the demo: on a free port of this machine, it checks what each step sends and answers with what it saw. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Step } from './step';

export interface Api {
  readonly url: string;
  /** Host and port, as `allowedHosts` wants them. */
  readonly host: string;
  close(): Promise<void>;
}

/** Answers 200 with `{ hello, saw }`, or 401 with `{ error, saw }`; 404 where no step has that path. */
export async function startApi(steps: readonly Step[]): Promise<Api> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
      const step = steps.find(({ path }) => path.split('?', 1)[0] === url.pathname);
      const checked = step?.check({ method: request.method ?? '', url, headers: request.headers, body });
      const answer = checked?.who
        ? { hello: checked.who, saw: checked.seen }
        : { error: checked ? 'wrong credentials' : 'nothing here', saw: checked?.seen ?? [] };
      response.writeHead(checked?.who ? 200 : checked ? 401 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
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
