/** An application in a browser: a page that asks for an authorization, opens it in a window of its own, and watches it over a socket. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

export interface Application {
  readonly origin: string;
  /** The address of the page, for a connection at the server `url`, with a session token. */
  page(of: { url: string; token: string; connection: string }): string;
  close(): Promise<void>;
}

const umd = readFileSync(join(dirname(require.resolve('graphql-ws/package.json')), 'umd/graphql-ws.min.js'));

/** What was told is kept in `window.told`: messages of windows, and states of the flow. */
const script = `
const { url, token, connection } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
window.told = { messages: [], states: [], completed: false };
addEventListener('message', ({ origin, data }) => told.messages.push({ origin, data }));
const client = graphqlWs.createClient({
  url: url.replace(/^http/, 'ws') + '/graphql',
  connectionParams: { authorization: 'Bearer ' + token },
});
const fields = 'id status authorizationUrl connection { id status }';
document.querySelector('button').onclick = async () => {
  // Before anything is waited for: browsers open windows for clicks only.
  const popup = open('about:blank', 'authorization', 'width=480,height=720');
  const query = 'mutation ($id: ID!) { connectionAuthorize(input: { connection: { id: $id } }) { flow { ' + fields + ' } } }';
  const asked = client.iterate({ query, variables: { id: connection } });
  const { flow } = (await asked.next()).value.data.connectionAuthorize;
  client.subscribe(
    { query: 'subscription ($id: ID!) { authorizationFlow(id: $id) { ' + fields + ' } }', variables: { id: flow.id } },
    {
      next: ({ data }) => told.states.push(data.authorizationFlow),
      error: (error) => told.states.push(error),
      complete: () => { told.completed = true; },
    },
  );
  popup.location = flow.authorizationUrl;
};
`;

export async function startApplication(): Promise<Application> {
  const server = createServer((request, response) => {
    if (request.url === '/graphql-ws.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(umd);
    else if (request.url === '/')
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(`<!doctype html><title>Application</title><link rel="icon" href="data:,"><button>Connect</button>
          <script src="/graphql-ws.js"></script><script>${script}</script>`);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    page: (of) => `${origin}/#${new URLSearchParams(of)}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
