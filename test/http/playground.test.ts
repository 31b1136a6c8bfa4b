/** The playground's files as they are served: headers, contents, forms and what is refused. Builds them first if need be. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type Playground, playground } from '../../src/http/playground';

const root = resolve(__dirname, '../..');

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** One request with the path as it stands: `fetch` would resolve its dots. */
function ask(server: Server, path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((done, failed) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    asked.on('error', failed).end();
  });
}

function listen(page: Playground): Promise<Server> {
  const server = createServer((incoming, response) => page.serve(incoming, response));
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

describe('the built playground', () => {
  let server: Server;
  let html: string;
  let script: string;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(root, 'scripts/build-playground.mjs')]);
    server = await listen(playground());
    html = (await ask(server, '/')).body.toString();
    script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? 'no script in the page';
  });

  afterAll(() => new Promise((done) => server.close(done)));

  test('takes the root and its own folder, nothing else', () => {
    const taken = ['/', '/playground/x.js', '/graphql', '/health/live', '/playground', '/playgrounds/x.js'];
    expect(taken.filter((path) => playground().handles(path))).toEqual(['/', '/playground/x.js']);
  });

  test('the page is HTML that is asked for again each time, under a policy without any unsafe source', async () => {
    const { status, headers } = await ask(server, '/?tab=1');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(String(headers['content-security-policy']).split('; ').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
    ]);
  });

  test('the page refers to nothing outside this server and has nothing inline', async () => {
    expect(html).not.toMatch(/https?:|wss?:|"\/\//);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    const references = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references).toHaveLength(3);
    for (const path of references) expect((await ask(server, path)).status).toBe(200);
  });

  test('the style sheet loads nothing', async () => {
    const path = /href="([^"]+\.css)"/.exec(html)?.[1] ?? 'no style sheet in the page';
    const { headers, body } = await ask(server, path);
    expect(headers['content-type']).toBe('text/css; charset=utf-8');
    expect(body.toString()).not.toMatch(/url\(|@import|@font-face/);
  });

  test('the script carries every step of the story and may be kept for ever', async () => {
    const { headers, body } = await ask(server, script);
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    for (let step = 1; step <= 8; step++) expect(body.toString()).toContain(`Step ${step} of 8:`);
  });

  test.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip, deflate', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
  ])('to "%s" the script comes as %s with the same contents', async (accepted, encoding, decode) => {
    const plain = await ask(server, script);
    const coded = await ask(server, script, 'GET', { 'accept-encoding': accepted });
    expect(coded.headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding' });
    expect(coded.body.length).toBeLessThan(plain.body.length / 2);
    expect(decode(coded.body).equals(plain.body)).toBe(true);
    expect(coded.headers.etag).not.toBe(plain.headers.etag);
  });

  test('whoever has a form already gets 304 and no body', async () => {
    const { headers } = await ask(server, '/');
    const again = await ask(server, '/', 'GET', { 'if-none-match': `"other", W/${headers.etag}` });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag]);
    expect((await ask(server, '/', 'GET', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('HEAD answers as GET does, without the body', async () => {
    const head = await ask(server, '/', 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(html)));
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
    const { status, headers } = await ask(server, '/', method);
    expect([status, headers.allow, headers['x-content-type-options']]).toEqual([405, 'GET, HEAD', 'nosniff']);
  });

  test.each([
    '/playground/../package.json',
    '/playground/../../package.json',
    '/playground/%2e%2e/%2e%2e/package.json',
    '/playground/..%2f..%2fpackage.json',
    '/playground/..\\..\\package.json',
    '/playground//etc/passwd',
    '/playground/.built-from',
    '/playground/icon.svg.br',
    '/playground/__proto__',
    '/playground/',
  ])('%s is not found', async (path) => {
    const { status, headers, body } = await ask(server, path);
    expect([status, headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8']);
    expect(body.toString()).toBe('The playground has no such file.\n');
  });

  test('the licences of what is bundled are served, too', async () => {
    const { body } = await ask(server, '/playground/licences.txt');
    for (const name of ['graphiql', 'react', 'codemirror', 'graphql-ws']) {
      const { version, license } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
      expect(body.toString()).toContain(`\n${name} ${version} (${license})\n`);
    }
  });
});

test('without the built files the page says how to make them', async () => {
  const server = await listen(playground(join(__dirname, 'there-is-no-such-folder')));
  try {
    const { status, headers, body } = await ask(server, '/');
    expect([status, headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
    expect(body.toString()).toContain('<code>npm run build</code>');
    expect((await ask(server, '/playground/icon.svg')).status).toBe(404);
  } finally {
    server.close();
  }
});
