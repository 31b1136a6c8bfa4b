/** What browsers are sent to (callback, start page, logos, playground, health), asked in every malformed way: never an error of ours, no foreign markup. */
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { callbackPath, logoPath, startPath } from '../../../src/links';
import { Person } from '../../peers/person';
import { type Sloppy, startSloppy } from '../../peers/sloppy';
import { begin, flowOf, linkIn, newConnection, type OAuthConnector, oauthConnector } from '../../support/oauth';
import { startTestServer, type TestServer } from '../../support/server';
import { fuzz, HANG_MS, nasty } from './fuzzing';

let server: TestServer;
let provider: Sloppy;
let connector: OAuthConnector;

beforeAll(async () => {
  [server, provider] = await Promise.all([startTestServer({ env: { LOG_LEVEL: 'error' } }), startSloppy()]);
  const endpoints = { authorizationUrl: `${provider.url}/authorize`, tokenUrl: `${provider.url}/token` };
  const oauth2 = { grantType: 'AUTHORIZATION_CODE', clientId: 'acme', clientSecret: 'secret', ...endpoints };
  connector = await oauthConnector(server.ask, { name: 'Provider' }, { oauth2 });
});
afterAll(() => Promise.all([server.remove(), provider.close()]));
afterEach(async () => {
  expect(server.logLines).toEqual([]);
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
});

/** Sends bytes, and gives all that is answered until the connection is closed. */
async function answerTo(request: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const said: Buffer[] = [];
  socket.on('data', (chunk) => said.push(chunk));
  socket.on('error', () => undefined);
  const hanging = AbortSignal.timeout(HANG_MS);
  hanging.addEventListener('abort', () => socket.destroy());
  const closed = once(socket, 'close');
  // No more will come, so that half a request ends, too.
  socket.end(request);
  await closed;
  if (hanging.aborted) throw new Error('There was no answer in time.');
  return Buffer.concat(said).toString('latin1');
}

/** Throws unless each answer in `said` has a status below 500, save what the playground says until it is built. */
function checkStatuses(said: string): void {
  if (said.startsWith('HTTP/1.1 503 ') && said.includes("script-src 'self'")) return;
  const statuses = [...said.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  if (statuses.length === 0 || statuses.some((status) => status >= 500))
    throw new Error(`Answered: ${said.slice(0, 400)}`);
}

/** What no page may hold as it was given. */
const marks = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'onmouseover='alert(1)",
  '</title><svg onload=alert(1)>',
  '</script><b>',
];

function checkMarkup(said: string): void {
  for (const mark of marks) if (said.includes(mark)) throw new Error(`The page repeats ${mark}: ${said.slice(0, 400)}`);
  const body = said.slice(said.indexOf('\r\n\r\n'));
  if (/<(?:img|svg|iframe|object|b)\b|<[^>]*\son\w+=/i.test(body))
    throw new Error(`The page has foreign markup: ${body}`);
}

/** Text as it may stand in a request line, wrongly encoded or not at all. */
const inTarget = (text: string, isEncoded: boolean) =>
  isEncoded
    ? encodeURIComponent(Buffer.from(text).toString())
    : Buffer.from(text)
        .toString('latin1')
        .replace(/[\s\p{Cc}]/gu, '%');
const piece = fc
  .tuple(
    fc.oneof(
      nasty,
      fc.constantFrom(...marks),
      fc.constantFrom('%c0%af', '%ff', '%u0041', '%2e%2e%2f', '%00', ';', '&&', '=', '[]=1'),
    ),
    fc.boolean(),
  )
  .map(([text, isEncoded]) => inTarget(text, isEncoded));
const place = fc.constantFrom(
  ...[
    callbackPath,
    startPath,
    logoPath,
    '/playground/',
    '/',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/graphql',
    '//',
    '/.',
  ],
  ...[
    `${callbackPath}cnr_0123456789abcdef0123456789abcdef`,
    `${startPath}gs_0/continue`,
    '/playground/../../../etc/passwd',
    '*',
    'http://other/',
  ],
);
const name = fc.oneof(
  fc.constantFrom('state', 'code', 'error', 'error_description', 'iss', 'check', 'oauth_token', 'denied', '__proto__'),
  piece,
);
const query = fc
  .array(fc.tuple(name, piece), { maxLength: 6 })
  .map((pairs) => pairs.map((pair) => pair.join('=')).join('&'));
const targets = fc
  .tuple(place, fc.array(piece, { maxLength: 2 }), query)
  .map(([path, more, given]) => `${path}${more.join('/')}?${given}`.slice(0, 12_000));
const method = fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'TRACE', 'PROPFIND');
const header = fc.tuple(
  fc.constantFrom(
    'Cookie',
    'If-None-Match',
    'Accept',
    'Accept-Encoding',
    'X-Request-Id',
    'Range',
    'Origin',
    'Authorization',
    'X-Forwarded-For',
    'Content-Type',
  ),
  nasty.map((text) =>
    Buffer.from(text)
      .toString('latin1')
      .replace(/[\r\n\0]/g, ' ')
      .slice(0, 2_000),
  ),
);

test('paths, queries, cookies and other headers', () => {
  const requests = fc.tuple(method, targets, fc.array(header, { maxLength: 4 }));
  return fuzz(
    'requests of browsers that were answered by an error of ours, or with foreign markup',
    [500, 12_000],
    requests,
    async ([verb, target, headers]) => {
      const lines = [
        `${verb} ${target} HTTP/1.1`,
        'Host: ours',
        'Connection: close',
        ...headers.map((pair) => pair.join(': ')),
        '',
        '',
      ];
      const said = await answerTo(Buffer.from(lines.join('\r\n'), 'latin1'));
      checkStatuses(said);
      checkMarkup(said);
      if (/root:.*:0:0:/.test(said)) throw new Error('A file of the machine was served.');
    },
  );
}, 900_000);

test('bytes that are no HTTP', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((given) => Buffer.concat([given, Buffer.from('\r\n\r\n')])),
    fc
      .tuple(nasty, nasty)
      .map(([one, other]) => Buffer.from(`GET ${one} HTTP/1.1\r\n${other}\r\nConnection: close\r\n\r\n`)),
    fc
      .constantFrom(
        ...[
          'GET / HTTP/9.9\r\n\r\n',
          'GET /\r\n\r\n',
          'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
        ],
        ...[
          'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\naa',
          'GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n',
        ],
        ...[
          'POST /graphql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
          `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
        ],
        ...[
          `GET / HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(3_000)}\r\n`,
          `GET / HTTP/1.1\r\nHost: a\r\nCookie: ${'a=b;'.repeat(10_000)}\r\n\r\n`,
        ],
      )
      .map((text) => Buffer.from(text)),
  );
  return fuzz(
    'bytes that are no HTTP, answered by an error of ours or not dropped',
    [200, 4_000],
    bytes,
    async (given) => {
      const said = await answerTo(given);
      if (said !== '') checkStatuses(said);
    },
  );
}, 900_000);

test('a provider that sends people back with markup, megabytes and the same thing twice', () => {
  const word = fc.oneof(fc.constantFrom(...marks), nasty);
  const parameter = fc.constantFrom(
    'error',
    'error_description',
    'error_uri',
    'iss',
    'code',
    'scope',
    'state',
    'response',
  );
  const returns = fc.array(fc.tuple(parameter, word), { minLength: 1, maxLength: 5 });
  return fuzz(
    'returns of people that were answered by an error of ours, or with foreign markup',
    [25, 500],
    returns,
    async (given) => {
      provider.sendBack((parameters) => {
        parameters.delete('code');
        for (const [key, value] of given) parameters.append(key, value.slice(0, 3_000));
      });
      const id = await newConnection(server.ask, connector);
      const flow = await begin(server.ask, id);
      const person = new Person();
      const page = await person.press(await person.visit(linkIn(flow)));
      expect([200, 400]).toContain(page.status);
      checkMarkup(`\r\n\r\n${page.body.replace(/<script nonce="[^"]+">if \(window\.opener\)[^<]*<\/script>/, '')}`);
      const { status, error } = await flowOf(server.ask, flow.id);
      expect(['AUTHORIZED', 'DENIED', 'FAILED', 'PENDING']).toContain(status);
      if (error) expect([...(error.providerErrorDescription ?? '')].length).toBeLessThanOrEqual(300);
    },
  );
}, 900_000);
