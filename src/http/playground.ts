/** Serves the playground, GraphiQL with a worked story, at `/` from the files that `scripts/build-playground.mjs` made. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, join, resolve } from 'node:path';
import { readStaticFiles, sendStaticFile } from './static-files';

export interface Playground {
  /** Whether a path (without query) is the playground's to answer: `/` and everything under `/playground/`. */
  handles(path: string): boolean;
  /** Answers a request whose path `handles` took: 200, 304, 404, 405, or 503 when the playground was never built. */
  serve(request: IncomingMessage, response: ServerResponse): void;
}

/** Nothing but our own files, no inline script or style, no frame around the page, and requests to this server alone. */
const securityHeaders = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    // `/graphql`, over HTTP and (CSP Level 3) over the WebSocket of the same host.
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

const FILES = '/playground/';

const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Grapnel playground</title></head>
  <body>
    <h1>The playground is not built yet</h1>
    <p>Run <code>npm run build</code>, which makes it, and start the server again. The API itself is there: POST /graphql.</p>
  </body>
</html>
`;

/** Reads all files once, so that no request ever names a file on the disk. `folder`: what the build made. */
export function playground(folder: string = builtFolder()): Playground {
  const files = readStaticFiles(folder);

  function serve(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const path = request.url?.split('?', 1)[0] ?? '';
    const file = files.get(path === '/' ? 'page.html' : path.slice(FILES.length));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      sayInstead(response, 405, 'text/plain', 'The playground answers GET and HEAD only.\n');
    } else if (file) {
      sendStaticFile(request, response, file);
    } else if (path === '/') {
      sayInstead(response, 503, 'text/html', NOT_BUILT);
    } else {
      sayInstead(response, 404, 'text/plain', 'The playground has no such file.\n');
    }
  }

  return { handles: (path) => path === '/' || path.startsWith(FILES), serve };
}

/** `dist/playground`, seen from `src/http` (tests) as well as from `dist/src/http`. */
function builtFolder(): string {
  const root = resolve(__dirname, '../..');
  return basename(root) === 'dist' ? join(root, 'playground') : join(root, 'dist', 'playground');
}

/** To HEAD, node leaves the body out by itself. */
function sayInstead(response: ServerResponse, status: number, mediaType: string, text: string): void {
  response.writeHead(status, {
    'Content-Type': `${mediaType}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
