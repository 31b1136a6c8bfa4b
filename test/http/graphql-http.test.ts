/** GraphQL over HTTP on real sockets: who is answered what, and that nobody can break it. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { topLevelError } from '../../src/errors';
import { documentsOf } from '../../src/http/documents';
import { createGraphqlHttp } from '../../src/http/graphql-http';
import { maxRequestBytes } from '../../src/http/transport';
import { type ServedHttp, serveHttp } from './serve';
import { deferred, GOOD, SECRET, Toy } from './toy';

let toy: Toy;
let served: ServedHttp;
beforeEach(async () => {
  toy = new Toy();
  served = await serveHttp(toy);
});
afterEach(() => served.close());

const modern = { accept: 'application/graphql-response+json' };
const refusal = (message: string) => ({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] });

async function bodyOf(message: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of message.setEncoding('utf8')) body += chunk;
  return body;
}

describe('an operation', () => {
  test('by POST, with variables and a name', async () => {
    const response = await served.post({
      query: 'query A { hello } query B($t: String!) { echo(text: $t) key }',
      operationName: 'B',
      variables: { t: 'naïve 🏃' },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { echo: 'naïve 🏃', key: GOOD } });
  });

  test('by GET, with variables and a name', async () => {
    const search = new URLSearchParams({
      query: 'query A { hello } query B($t: String!) { echo(text: $t) }',
      operationName: 'B',
      variables: '{"t":"a+b c"}',
    });
    const response = await fetch(`${served.url}?${search}`, { headers: { authorization: GOOD } });
    expect(await response.json()).toEqual({ data: { echo: 'a+b c' } });
  });

  test('carries the request id and forbids caches and sniffing', async () => {
    const { headers } = await served.post({ query: '{ hello }' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-request-id': 'request-1',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String('{"data":{"hello":"world"}}'.length),
    });
    expect(headers.has('access-control-allow-origin')).toBe(false);
    expect(headers.has('vary')).toBe(false);
  });

  test('a mutation by POST runs, by GET it does not', async () => {
    const byGet = await fetch(`${served.url}?query=mutation{increment}`, { headers: { authorization: GOOD } });
    expect([byGet.status, byGet.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await byGet.json()).toEqual(refusal('A mutation must be sent by POST: GET changes nothing.'));
    expect(toy.increments).toBe(0);
    expect(await (await served.post({ query: 'mutation { increment }' })).json()).toEqual({ data: { increment: 1 } });
  });

  test('a subscription is told where it is answered', async () => {
    const response = await served.post({ query: 'subscription { countTo(last: 2) }' }, modern);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual(
      refusal('A subscription needs a stream: open a WebSocket, or accept text/event-stream, at this path.'),
    );
  });

  test('of a batch none is run', async () => {
    const response = await served.post([{ query: 'mutation { increment }' }, { query: 'mutation { increment }' }]);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual(
      refusal('A request holds one operation: the body must be a JSON object, not a list.'),
    );
    expect(toy.increments).toBe(0);
  });

  test('errors of resolvers beside data leave the status at 200, in either media type', async () => {
    for (const headers of [modern, { accept: 'application/json' }]) {
      const response = await served.post({ query: '{ hello forbidden }' }, headers);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        errors: [
          {
            message: 'Viewers may not do this.',
            locations: [{ line: 1, column: 9 }],
            path: ['forbidden'],
            extensions: { code: 'FORBIDDEN' },
          },
        ],
        data: { hello: 'world', forbidden: null },
      });
    }
  });

  test('a null that swallows all data is still an answer, with status 200', async () => {
    const response = await served.post({ query: '{ hello needed }' }, modern);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ data: null, errors: [{ extensions: { code: 'INTERNAL' } }] });
  });
});

describe('the caller', () => {
  test.each([undefined, 'Bearer other', 'Basic Z29vZA=='])(
    'with authorization %s is asked for a key',
    async (given) => {
      const response = await fetch(served.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(given && { authorization: given }) },
        body: JSON.stringify({ query: 'mutation { increment }' }),
      });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await response.json()).toEqual({
        errors: [
          {
            message: 'Send your key as `Authorization: Bearer <key>`.',
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      });
      expect(toy.increments).toBe(0);
    },
  );

  test('is made known by header, request id and address', async () => {
    await served.post({ query: '{ hello }' });
    expect(toy.presented).toEqual([{ authorization: GOOD, requestId: 'request-1', remote: '127.0.0.1' }]);
  });

  test('without a key is refused before the body is there', async () => {
    const request = httpRequest(served.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': maxRequestBytes },
    });
    request.on('error', () => undefined);
    request.write('{');
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(401);
    request.destroy();
  });

  test.each([
    ['FORBIDDEN', 403],
    ['RATE_LIMITED', 429],
  ] as const)('who is %s as a whole gets %i', async (code, status) => {
    toy.trouble = topLevelError(code, 'Not now.');
    const response = await served.post({ query: '{ hello }' });
    expect(response.status).toBe(status);
    expect(response.headers.has('www-authenticate')).toBe(false);
    expect(await response.json()).toEqual({ errors: [{ message: 'Not now.', extensions: { code } }] });
  });

  test('learns nothing when the key could not be checked', async () => {
    toy.trouble = new Error(`the database wants ${SECRET}`);
    const response = await served.post({ query: '{ hello }' });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      errors: [
        {
          message: 'Something went wrong on our side. Quote the request id request-1 when you report it.',
          extensions: { code: 'INTERNAL' },
        },
      ],
    });
    expect(toy.entries.map((entry) => entry.fields)).toEqual([
      { err: toy.trouble, requestId: 'request-1', path: undefined },
    ]);
  });
});

describe('a request that is not well-formed is refused', () => {
  const tooLarge = refusal(`The request body may have at most ${16 * 1024 * 1024} bytes.`);
  const wrongType = refusal('The request body must be of content-type application/json, in UTF-8.');

  test.each<[string, unknown, Record<string, string>, number, object]>([
    ['text', '{ hello }', { 'content-type': 'text/plain' }, 415, wrongType],
    ['a form', 'query={hello}', { 'content-type': 'application/x-www-form-urlencoded' }, 415, wrongType],
    ['Latin-1', '{"query":"{hello}"}', { 'content-type': 'application/json; charset=iso-8859-1' }, 415, wrongType],
    [
      'compressed',
      '{"query":"{hello}"}',
      { 'content-encoding': 'gzip' },
      415,
      refusal('The request body must not be compressed: leave content-encoding out.'),
    ],
    [
      'an Accept that we cannot serve',
      { query: '{ hello }' },
      { accept: 'text/html, application/json;q=0' },
      406,
      refusal('Answers are application/json or application/graphql-response+json: accept one of them.'),
    ],
    ['no JSON', `{"query": ${SECRET}`, {}, 400, refusal('The request body is not valid JSON.')],
    ['no UTF-8', Buffer.from('{"query":"\xff"}', 'latin1'), {}, 400, refusal('The request body is not valid UTF-8.')],
    ['no object', 'null', {}, 400, refusal('The request body must be a JSON object.')],
    ['no query', { query: '' }, {}, 400, refusal('The parameter `query` must be a string with a GraphQL document.')],
    [
      'variables as text',
      { query: '{ hello }', variables: '{}' },
      {},
      400,
      refusal('The parameter `variables` must be a JSON object, or be left out.'),
    ],
    [
      'an operation name that is a number',
      { query: '{ hello }', operationName: 1 },
      {},
      400,
      refusal('The parameter `operationName` must be a string, or be left out.'),
    ],
    ['one byte too much', Buffer.alloc(maxRequestBytes + 1, ' '), {}, 413, tooLarge],
  ])('%s', async (_what, body, headers, status, answer) => {
    const response = await served.post(body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual(answer);
  });

  test('too much in pieces of unknown length', async () => {
    const request = httpRequest(served.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: GOOD },
    });
    request.on('error', () => undefined);
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    for (let sent = 0; sent <= maxRequestBytes; sent += 2 ** 20) request.write(Buffer.alloc(2 ** 20, ' '));
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    expect(JSON.parse(await bodyOf(response))).toEqual(tooLarge);
    request.destroy();
  });

  test('as much as allowed is read', async () => {
    const body = JSON.stringify({ query: '{ hello }' });
    const response = await served.post(body + ' '.repeat(maxRequestBytes - body.length));
    expect(await response.json()).toEqual({ data: { hello: 'world' } });
  });

  test.each(['PUT', 'DELETE', 'PATCH'])('the method %s', async (method) => {
    const response = await fetch(served.url, { method, headers: { authorization: GOOD } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS']);
    expect(await response.json()).toEqual(refusal('GraphQL is asked by POST, or by GET for queries.'));
  });

  test.each([
    ['query={hello}&query={key}', 'The parameter `query` may be given only once.'],
    ['query={hello}&variables={', 'The parameter `variables` is not valid JSON.'],
    ['query={hello}&variables=[1]', 'The parameter `variables` must be a JSON object, or be left out.'],
    ['', 'The parameter `query` must be a string with a GraphQL document.'],
  ])('the URL ?%s', async (search, message) => {
    const response = await fetch(`${served.url}?${search}`, { headers: { authorization: GOOD } });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual(refusal(message));
  });
});

describe('connections', () => {
  test('a body that comes in pieces is waited for', async () => {
    const request = httpRequest(served.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: GOOD },
    });
    for (const piece of ['{"que', 'ry":"{ hel', 'lo }"}']) {
      await new Promise((written) => request.write(piece, written));
    }
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(JSON.parse(await bodyOf(response))).toEqual({ data: { hello: 'world' } });
  });

  /** Sends `text`, and breaks the connection once `when` is settled. */
  async function sendAndBreak(text: string, when: Promise<unknown>): Promise<void> {
    const arrived = once(served.server, 'request');
    const socket = connect(served.port, '127.0.0.1').on('error', () => undefined);
    socket.write(text);
    await arrived;
    await when;
    socket.resetAndDestroy();
    await once(socket, 'close');
    await Promise.all(served.handled);
  }

  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: ${GOOD}\r\n`;
  const slow = JSON.stringify({ query: '{ slow }' });

  test('one that breaks within the body harms nobody', async () => {
    await sendAndBreak(`${head}Content-Length: 1000\r\n\r\n{"query"`, Promise.resolve());
    expect(await (await served.post({ query: '{ hello }' })).json()).toEqual({ data: { hello: 'world' } });
    expect(toy.entries).toEqual([]);
  });

  test('one that breaks while the key is checked harms nobody', async () => {
    const checking = deferred<void>();
    const broken = deferred<void>();
    await served.close();
    served = await serveHttp(toy, {
      contextOf: async (credentials) => {
        checking.resolve();
        await broken.promise;
        return toy.contextOf(credentials);
      },
    });
    served.server.on('connection', (socket) => socket.on('close', () => broken.resolve()));
    await sendAndBreak(`${head}Content-Length: 1000\r\n\r\n{"query"`, checking.promise);
    expect(toy.presented).toHaveLength(1);
    expect(toy.entries).toEqual([]);
  });

  test('one that breaks while a resolver works harms nobody', async () => {
    served.server.on('connection', (socket) => socket.on('close', () => toy.gate.resolve()));
    await sendAndBreak(`${head}Content-Length: ${slow.length}\r\n\r\n${slow}`, toy.entered.promise);
    expect(await (await served.post({ query: '{ hello }' })).json()).toEqual({ data: { hello: 'world' } });
    expect(toy.entries).toEqual([]);
  });

  test('several requests on one connection are answered in turn, a refused one among them', async () => {
    const socket = connect(served.port, '127.0.0.1');
    const body = '{"query":"{hello}"}';
    const good = `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    socket.write(
      `${good}DELETE /graphql HTTP/1.1\r\nHost: x\r\n\r\n${good.replace('HTTP/1.1\r\n', 'HTTP/1.1\r\nConnection: close\r\n')}`,
    );
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += chunk;
    expect(text.match(/HTTP\/1\.1 \d+|x-request-id: \S+/g)).toEqual([
      'HTTP/1.1 200',
      'x-request-id: request-1',
      'HTTP/1.1 405',
      'x-request-id: request-2',
      'HTTP/1.1 200',
      'x-request-id: request-3',
    ]);
  });
});

describe('browser origins', () => {
  const ours = 'https://app.example.com';
  const preflight = (origin: string) =>
    fetch(served.url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
  const cors = ({ headers }: Response) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'));

  beforeEach(async () => {
    await served.close();
    served = await serveHttp(toy, { origins: ['https://other.example.com', ours] });
  });

  test('one that is allowed may ask, without a key, what it may send', async () => {
    const response = await preflight(ours);
    expect(response.status).toBe(204);
    expect(cors(response)).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': ours,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, x-request-id',
      'access-control-max-age': '7200',
      'access-control-expose-headers': 'x-request-id, retry-after',
    });
    expect(toy.presented).toEqual([]);
  });

  test('one that is allowed may read answers, refusals among them', async () => {
    const expected = {
      vary: 'Origin',
      'access-control-allow-origin': ours,
      'access-control-expose-headers': 'x-request-id, retry-after',
    };
    expect(cors(await served.post({ query: '{ hello }' }, { origin: ours }))).toEqual(expected);
    expect(cors(await served.post({}, { origin: ours, authorization: '' }))).toEqual(expected);
  });

  test.each(['https://app.example.com.evil.test', 'http://app.example.com', 'https://APP.example.com', 'null'])(
    'the origin %s is not allowed',
    async (origin) => {
      expect(cors(await preflight(origin))).toEqual({ vary: 'Origin' });
      expect(cors(await served.post({ query: '{ hello }' }, { origin }))).toEqual({ vary: 'Origin' });
    },
  );
});

test('the schema can be kept back', async () => {
  await served.close();
  served = await serveHttp(toy, { introspection: false });
  const response = await served.post({ query: '{ __schema { types { name } } }' }, modern);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }, {}] });
  expect(await (await served.post({ query: '{ __typename }' })).json()).toEqual({ data: { __typename: 'Query' } });
});

test('a document that is too long to be kept is answered too', async () => {
  const text = 'x'.repeat(300_000);
  const response = await served.post({ query: `{ echo(text: "${text}") }` });
  expect(await response.json()).toEqual({ data: { echo: text } });
});

test('signals stay the business of the process', async () => {
  const before = process.listenerCount('SIGTERM');
  const graphql = createGraphqlHttp(toy.options());
  await graphql.start();
  expect(process.listenerCount('SIGTERM')).toBe(before);
  await graphql.stop();
});

test('after the end, requests are answered as failed', async () => {
  const graphql = createGraphqlHttp(toy.options());
  await graphql.start();
  await graphql.stop();
  const late = await serveHttp(toy);
  late.server.removeAllListeners('request');
  late.server.on('request', (request, response) => void graphql.handle(request, response, 'late'));
  const response = await late.post({ query: '{ hello }' });
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL' } }] });
  await late.close();
});

test('a document that others push out of the cache in between is executed all the same', async () => {
  const toy = new Toy();
  const served = await serveHttp(toy);
  const documents = documentsOf(toy.options().schema);
  const { kept } = documents;
  // There when it is looked for first, and gone for Apollo.
  const looked = jest.spyOn(documents, 'kept').mockImplementationOnce(kept).mockReturnValueOnce(undefined);
  try {
    const response = await served.post({ query: '{ hello }' });
    expect([response.status, await response.json()]).toEqual([200, { data: { hello: 'world' } }]);
    expect(looked.mock.calls.length).toBeGreaterThan(1);
  } finally {
    looked.mockRestore();
    await served.close();
  }
});
