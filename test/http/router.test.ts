/** The routes: which part answers which path, how strangers are turned away, request ids, health, and the log of it all. */
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRouter } from '../../src/http/router';
import { createLog } from '../../src/log';
import { Telemetry } from '../../src/telemetry';

type Parts = Parameters<typeof createRouter>[0];

let server: Server;
let port: number;
let lines: string[];
let stopping: boolean;
let databaseAnswers: boolean;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Parts that say who they are. */
const parts = {
  graphql: {
    handle: async (_request: unknown, response: ServerResponse, requestId: string) => {
      response.end(`graphql ${requestId}`);
    },
  },
  events: { wants: () => false },
  metrics: async (_authorization: unknown, response: ServerResponse) => void response.end('metrics'),
  telemetry: new Telemetry(),
  playground: {
    handles: (path: string) => path === '/' || path.startsWith('/playground/'),
    serve: (_request: unknown, response: ServerResponse) => void response.end('playground'),
  },
  logos: {
    image: async (id: string) => {
      if (id === 'broken') throw new Error('The database is gone.');
      return id === 'there' ? { version: 'v1', mediaType: 'image/png', bytes: Buffer.from('png') } : null;
    },
  },
  store: {
    ping: async () => {
      if (!databaseAnswers) throw new Error('The database is closed.');
    },
  },
} as unknown as Omit<Parts, 'log' | 'isStopping'>;

beforeAll(async () => {
  const log = createLog('trace', { write: (line) => void lines.push(line) });
  server = createServer(createRouter({ ...parts, log, isStopping: () => stopping }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
beforeEach(() => {
  [lines, stopping, databaseAnswers] = [[], false, true];
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request with its path as it stands, and the line that was logged of it. */
async function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer & { logged: object }> {
  const logged = new Promise<void>((resolve) => {
    server.once('request', (_, response) => response.once('close', () => setImmediate(resolve)));
  });
  const answer = await new Promise<Answer>((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on('error', reject).end();
  });
  await logged;
  return { ...answer, logged: JSON.parse(lines.at(-1) ?? '{}') };
}

test.each([
  ['GET', '/graphql'],
  ['POST', '/graphql?query=x'],
  ['OPTIONS', '/graphql'],
])('%s %s is for GraphQL, with the request id', async (method, path) => {
  const { status, headers, body } = await ask(method, path);
  expect([status, body]).toEqual([200, `graphql ${headers['x-request-id']}`]);
});

test.each([
  ['GET', '/'],
  ['GET', '/?tab=1'],
  ['POST', '/'],
  ['GET', '/playground/page.js'],
])('%s %s is for the playground', async (method, path) => {
  expect((await ask(method, path)).body).toBe('playground');
});

test.each([
  ['GET', '/logos/there', 200, 'png'],
  ['GET', '/logos/there?v=1', 200, 'png'],
  ['HEAD', '/logos/there', 200, ''],
  ['GET', '/logos/gone', 404, 'There is no such logo.\n'],
  ['GET', '/logos/', 404, 'There is no such logo.\n'],
])('%s %s is for the logos: %d', async (method, path, status, body) => {
  const answer = await ask(method, path);
  expect([answer.status, answer.body]).toEqual([status, body]);
});

describe('health', () => {
  test.each([
    ['/health/live', false, true, 200, 'ok'],
    ['/health/ready', false, true, 200, 'ok'],
    ['/health/ready?probe=1', false, true, 200, 'ok'],
    ['/health/live', true, false, 200, 'ok'],
    ['/health/ready', true, true, 503, 'stopping'],
    ['/health/ready', false, false, 503, 'database unavailable'],
  ])('%s, stopping: %s, database: %s → %d %s', async (path, isStopping, answers, status, said) => {
    [stopping, databaseAnswers] = [isStopping, answers];
    const answer = await ask('GET', path);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, { status: said }]);
    expect([answer.headers['content-type'], answer.headers['cache-control']]).toEqual(['application/json', 'no-store']);
    const { status: ofHead, body } = await ask('HEAD', path);
    expect([ofHead, body]).toEqual([status, '']);
  });
});

describe('elsewhere', () => {
  test.each([
    ['GET', '/nowhere'],
    ['POST', '/nowhere'],
    ['POST', '/graphql/'],
    ['GET', '/GraphQL'],
    ['GET', '/health'],
    ['GET', '/health/live/'],
    ['GET', '/logos'],
    ['GET', '//graphql'],
    ['DELETE', '/playground'],
  ])('%s %s is nothing: 404, with where to go', async (method, path) => {
    const { status, headers, body } = await ask(method, path);
    expect([status, headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8']);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(body).toContain('/graphql');
  });

  test.each([
    ['POST', '/health/live'],
    ['DELETE', '/health/ready'],
    ['PUT', '/logos/there'],
    ['OPTIONS', '/logos/there'],
  ])('%s %s is the wrong method: 405, with the right ones', async (method, path) => {
    const { status, headers, body } = await ask(method, path);
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect(body).toContain('GET and HEAD');
  });

  test('what goes wrong inside is told without details: 500, with the request id, which the log has too', async () => {
    const { status, headers, body } = await ask('GET', '/logos/broken');
    expect(status).toBe(500);
    expect(body).toContain(headers['x-request-id']);
    expect(body).not.toContain('database');
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
    expect(errors).toEqual([
      expect.objectContaining({
        requestId: headers['x-request-id'],
        err: expect.objectContaining({ message: 'The database is gone.' }),
      }),
    ]);
  });
});

describe('the request id', () => {
  test.each(['12345678', 'abc_DEF-123456789', 'x'.repeat(64)])(
    '%s is kept, in the answer and in the log',
    async (id) => {
      const { headers, logged } = await ask('GET', '/health/live', { 'x-request-id': id });
      expect(headers['x-request-id']).toBe(id);
      expect(logged).toMatchObject({ requestId: id });
    },
  );

  test.each(['1234567', 'x'.repeat(65), 'with space', 'semi;colon', '{"a":"12345"}', '../../../etc', 'ümlaut-12345'])(
    '%s is not one: there is a new one',
    async (id) => {
      const { headers, logged } = await ask('GET', '/health/live', {
        'x-request-id': Buffer.from(id).toString('latin1'),
      });
      expect(headers['x-request-id']).toMatch(uuid);
      expect(logged).toMatchObject({ requestId: headers['x-request-id'] });
    },
  );

  test('is a new one each time where none is given', async () => {
    const ids = [await ask('GET', '/'), await ask('GET', '/')].map(({ headers }) => headers['x-request-id']);
    for (const id of ids) expect(id).toMatch(uuid);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

test('each request is logged when it ends: method, path without query, status and duration', async () => {
  const { logged, headers } = await ask('POST', '/nowhere?secret=1');
  expect(logged).toEqual({
    level: 'info',
    time: expect.any(String),
    requestId: headers['x-request-id'],
    method: 'POST',
    path: '/nowhere',
    status: 404,
    durationMs: expect.any(Number),
    msg: 'request',
  });
  expect(lines).toHaveLength(1);
});
