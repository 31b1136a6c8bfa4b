/**
 * The backend of the example, as small as one can be: it keeps the API key to itself and gives the page a session token that is good
 * for one connection. Usage: GRAPNEL_API_KEY=… node examples/custom-ui/backend.mjs <link name of a connection> [user id]
 * GRAPNEL_URL says where Grapnel is (http://127.0.0.1:4000), PORT where to listen (5173; 0 for any free port).
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { GRAPNEL_URL = 'http://127.0.0.1:4000', GRAPNEL_API_KEY, PORT = '5173' } = process.env;
const [linkName, userId = null] = process.argv.slice(2);
if (!GRAPNEL_API_KEY || !linkName) {
  console.error('Usage: GRAPNEL_API_KEY=… node examples/custom-ui/backend.mjs <link name of a connection> [user id]');
  console.error(`Start Grapnel with ALLOWED_ORIGINS=http://127.0.0.1:${PORT}, so that the page may call it.`);
  process.exit(1);
}

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { outputFiles } = await build({
  entryPoints: [here('main.tsx')],
  bundle: true,
  write: false,
  outdir: '/',
  format: 'esm',
  jsx: 'automatic',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"', 'globalThis.__DEV__': 'false' },
});
const files = new Map(outputFiles.map(({ path, contents }) => [path.replace(/^.*[\\/]/, '/'), contents]));
files.set('/', readFileSync(here('index.html')));
const types = { js: 'text/javascript', css: 'text/css' };

async function ask(query, variables) {
  const response = await fetch(`${GRAPNEL_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${GRAPNEL_API_KEY}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors.map(({ message }) => message).join(' '));
  return data;
}

/** A real backend knows its user by a login of its own; here it is the one of the command line. */
async function newSession() {
  const byLinkName = 'query ($linkName: String!) { connection(by: { linkName: $linkName }) { id } }';
  const { connection } = await ask(byLinkName, { linkName });
  if (!connection) throw new Error(`There is no connection with the link name ${linkName}.`);
  const create =
    'mutation ($input: SessionTokenCreateInput!) { sessionTokenCreate(input: $input) { token userErrors { message } } }';
  const { sessionTokenCreate } = await ask(create, { input: { connection: { linkName }, userId } });
  const { token, userErrors } = sessionTokenCreate;
  if (!token) throw new Error(userErrors.map(({ message }) => message).join(' '));
  return { grapnelUrl: GRAPNEL_URL, token, connectionId: connection.id, userId };
}

const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/session') {
    try {
      const session = JSON.stringify(await newSession());
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(session);
    } catch (error) {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
    }
    return;
  }
  const path = request.url.split('?', 1)[0];
  const file = files.get(path);
  if (!file) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[path.split('.')[1]] ?? 'text/html; charset=utf-8' }).end(file);
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`Open http://127.0.0.1:${server.address().port}/`));
