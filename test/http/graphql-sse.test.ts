/** GraphQL over server-sent events on real sockets: what is streamed to whom, and that every stream has an end. */
import { connect } from 'node:net';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-sse';
import { topLevelError } from '../../src/errors';
import { maxRequestBytes } from '../../src/http/transport';
import { type ServedSse, serveSse } from './serve';
import { deferred, GOOD, SECRET, Toy } from './toy';

let toy: Toy;
let served: ServedSse;
beforeEach(async () => {
  toy = new Toy();
  served = await serveSse(toy);
});
afterEach(() => {
  jest.useRealTimers();
  return served.close();
});

const held = { query: 'subscription { held }' };
const refusal = (message: string) => ({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] });
const masked = (requestId: string) => ({
  message: `Something went wrong on our side. Quote the request id ${requestId} when you report it.`,
  extensions: { code: 'INTERNAL' },
});

/** The text of a stream of these results. */
const streamOf = (...results: unknown[]) =>
  `:\n\n${results.map((result) => `event: next\ndata: ${JSON.stringify(result)}\n\n`).join('')}event: complete\ndata:\n\n`;

/** The results in the text of a stream. */
const resultsOf = (text: string) =>
  [...text.matchAll(/^event: next\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ''));

const get = (search: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${served.url}?${new URLSearchParams(search)}`, {
    headers: { accept: 'text/event-stream', authorization: GOOD, ...headers },
  });

/** Subscribes to what has one event and no end; resolves when that event came. */
async function watchHeld() {
  const leaving = new AbortController();
  const response = await served.post(held, {}, leaving.signal);
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('open')) text += (await reader.read()).value;
  return { leave: () => leaving.abort(), rest: reader };
}

/** Settled when so many subscriptions are under way. */
async function underWay(count: number): Promise<void> {
  while ([...served.streams.callers()].length !== count) await new Promise(setImmediate);
}

describe('an operation', () => {
  test.each<[string, object, unknown[]]>([
    [
      'a query',
      { query: 'query ($t: String!) { echo(text: $t) key }', variables: { t: 'naïve 🏃\n\ndata: x' } },
      [{ data: { echo: 'naïve 🏃\n\ndata: x', key: GOOD } }],
    ],
    ['a query by name', { query: 'query A { hello } query B { key }', operationName: 'B' }, [{ data: { key: GOOD } }]],
    ['a mutation', { query: 'mutation { increment }' }, [{ data: { increment: 1 } }]],
    [
      'a subscription',
      { query: 'subscription { countTo(last: 3) }' },
      [{ data: { countTo: 1 } }, { data: { countTo: 2 } }, { data: { countTo: 3 } }],
    ],
    ['a subscription without events', { query: 'subscription { countTo(last: 0) }' }, []],
  ])('may be %s', async (_kind, body, results) => {
    const response = await served.post(body);
    expect(response.status).toBe(200);
    // The comment at the start makes browsers see that the stream is open.
    expect(await response.text()).toBe(streamOf(...results));
  });

  test('is not kept, changed or held back by anything on the way', async () => {
    const { headers } = await served.post({ query: '{ hello }' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    expect(headers.has('content-encoding')).toBe(false);
  });

  test.each(['{ hello }', 'subscription { countTo(last: 1) }'])('%s may be asked by GET', async (query) => {
    const [result] = resultsOf(await (await get({ query })).text());
    expect(result).toEqual(query.startsWith('{') ? { data: { hello: 'world' } } : { data: { countTo: 1 } });
  });

  test('by GET takes variables and a name', async () => {
    const search = {
      query: 'query A { hello } query B($t: String!) { echo(text: $t) }',
      operationName: 'B',
      variables: '{"t":"a+b c"}',
    };
    expect(resultsOf(await (await get(search)).text())).toEqual([{ data: { echo: 'a+b c' } }]);
  });

  test('that changes something is not run by GET', async () => {
    const response = await get({ query: 'mutation { increment }' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await response.json()).toEqual(refusal('A mutation must be sent by POST: GET changes nothing.'));
    expect(toy.increments).toBe(0);
  });

  test('is run by the client of graphql-sse', async () => {
    const client = createClient({ url: served.url, headers: { authorization: GOOD }, retryAttempts: 0 });
    const results: unknown[] = [];
    for await (const result of client.iterate({ query: 'subscription { countTo(last: 2) }' })) results.push(result);
    expect(results).toEqual([{ data: { countTo: 1 } }, { data: { countTo: 2 } }]);
    client.dispose();
  });
});

describe('errors', () => {
  const located = (path: string) => ({
    ...masked('request-1'),
    locations: [{ line: 1, column: 16 }],
    path: [path],
  });

  test.each<[string, unknown[]]>([
    ['failingStream', [{ data: { failingStream: 1 } }, { errors: [masked('request-1')] }]],
    ['failingStart', [{ errors: [located('failingStart')] }]],
    ['failingEvent', [{ data: { failingEvent: null }, errors: [located('failingEvent')] }]],
    ['noStream', [{ errors: [masked('request-1')] }]],
  ])('of a subscription (%s) tell no secret and are logged once', async (field, results) => {
    const text = await (await served.post({ query: `subscription { ${field} }` })).text();
    expect(resultsOf(text)).toEqual(results);
    expect(text).toMatch(/event: complete\ndata:\n\n$/);
    expect(text).not.toContain(SECRET);
    expect(toy.entries.map(({ fields }) => fields.requestId)).toEqual(['request-1']);
  });

  test('of a resolver stand beside the data', async () => {
    const text = await (await served.post({ query: '{ hello failing forbidden }' })).text();
    expect(resultsOf(text)).toEqual([
      {
        data: { hello: 'world', failing: null, forbidden: null },
        errors: [
          { ...masked('request-1'), locations: [{ line: 1, column: 9 }], path: ['failing'] },
          {
            message: 'Viewers may not do this.',
            locations: [{ line: 1, column: 17 }],
            path: ['forbidden'],
            extensions: { code: 'FORBIDDEN' },
          },
        ],
      },
    ]);
  });

  test.each([
    ['of syntax', { query: '{ hello' }],
    ['of validation', { query: '{ nothing }' }],
    ['of a name that no operation has', { query: 'query A { hello }', operationName: 'B' }],
    ['of variables', { query: 'query ($t: String!) { echo(text: $t) }', variables: { t: 7 } }],
    ['of variables of a subscription', { query: 'subscription ($n: Int!) { countTo(last: $n) }' }],
  ])('%s come in the stream, where the client looks for them', async (_what, body) => {
    const response = await served.post(body);
    expect(response.status).toBe(200);
    const results = resultsOf(await response.text());
    expect(results).toEqual([{ errors: [{ ...results[0].errors[0], extensions: { code: 'BAD_USER_INPUT' } }] }]);
    expect(toy.entries).toEqual([]);
  });

  test('the schema can be kept back', async () => {
    await served.close();
    served = await serveSse(toy, { introspection: false });
    const [result] = resultsOf(await (await served.post({ query: '{ __schema { types { name } } }' })).text());
    expect(result).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }, {}] });
    expect(result.data).toBeUndefined();
  });
});

describe('the caller', () => {
  test.each(['', 'Bearer other', 'Basic Z29vZA=='])('with authorization "%s" is asked for a key', async (given) => {
    const response = await served.post({ query: 'mutation { increment }' }, { authorization: given });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await response.json()).toEqual({
      errors: [{ message: 'Send your key as `Authorization: Bearer <key>`.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(toy.increments).toBe(0);
  });

  const notNow = (code: 'FORBIDDEN' | 'RATE_LIMITED') => ({ message: 'Not now.', extensions: { code } });

  test.each<[string, Error, number, object]>([
    ['FORBIDDEN', topLevelError('FORBIDDEN', 'Not now.'), 403, notNow('FORBIDDEN')],
    ['RATE_LIMITED', topLevelError('RATE_LIMITED', 'Not now.'), 429, notNow('RATE_LIMITED')],
    ['INTERNAL', new Error(`the database wants ${SECRET}`), 500, masked('request-1')],
  ])('who cannot be let in (%s) is told so', async (_code, trouble, status, error) => {
    toy.trouble = trouble;
    const response = await served.post({ query: '{ hello }' });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/json; charset=utf-8',
    ]);
    expect(await response.json()).toEqual({ errors: [error] });
  });

  test('is made known by header, request id and address', async () => {
    await (await served.post({ query: '{ hello }' })).text();
    expect(toy.presented).toEqual([{ authorization: GOOD, requestId: 'request-1', remote: '127.0.0.1' }]);
  });
});

test.each<[string, unknown, Record<string, string>, number]>([
  ['text', '{ hello }', { 'content-type': 'text/plain' }, 415],
  ['a form', 'query={hello}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['a compressed body', '{"query":"{hello}"}', { 'content-encoding': 'gzip' }, 415],
  ['no JSON', `{"query": ${SECRET}`, {}, 400],
  ['a batch', [{ query: 'mutation { increment }' }], {}, 400],
  ['no query', {}, {}, 400],
  ['variables as text', { query: '{ hello }', variables: '{}' }, {}, 400],
  ['one byte too much', Buffer.alloc(maxRequestBytes + 1, ' '), {}, 413],
])('%s is refused as over plain HTTP', async (_what, body, headers, status) => {
  const response = await served.post(body, headers);
  expect(response.status).toBe(status);
  const text = await response.text();
  expect(JSON.parse(text)).toEqual(refusal(JSON.parse(text).errors[0].message));
  expect(text).not.toContain(SECRET);
  expect([toy.increments, toy.entries]).toEqual([0, []]);
});

test.each(['PUT', 'DELETE', 'PATCH'])('the method %s is refused', async (method) => {
  const response = await fetch(served.url, { method, headers: { accept: 'text/event-stream', authorization: GOOD } });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS']);
});

test('as much as allowed is read', async () => {
  const body = JSON.stringify({ query: '{ hello }' });
  const response = await served.post(body + ' '.repeat(maxRequestBytes - body.length));
  expect(await response.text()).toBe(streamOf({ data: { hello: 'world' } }));
});

test('browsers may read streams and refusals where their origin is allowed, and nowhere else', async () => {
  await served.close();
  const ours = 'https://app.example.com';
  served = await serveSse(toy, { origins: [ours] });
  const origins: (string | null)[] = [];
  for (const origin of [ours, 'https://app.example.com.evil.test'])
    for (const authorization of [GOOD, 'Bearer other']) {
      const { headers, body } = await served.post({ query: '{ hello }' }, { origin, authorization });
      origins.push(headers.get('access-control-allow-origin'));
      expect(headers.get('vary')).toBe('Origin');
      await body?.cancel();
    }
  expect(origins).toEqual([ours, ours, null, null]);
});

test.each<[string | undefined, boolean]>([
  ['text/event-stream', true],
  ['Text/Event-Stream; charset=utf-8', true],
  ['text/event-stream, multipart/mixed', true],
  ['application/graphql-response+json, application/json, text/event-stream, multipart/mixed', false],
  ['text/event-stream, */*', false],
  ['application/json', false],
  ['*/*', false],
  [undefined, false],
])('a client that accepts %s gets a stream: %j', (accept, expected) => {
  expect(served.streams.wants({ headers: { accept } } as never)).toBe(expected);
});

describe('a stream', () => {
  test('that has nothing to tell shows every twelve seconds that it is alive, as long as somebody listens', async () => {
    // Only intervals are faked.
    const timers = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setTimeout'];
    jest.useFakeTimers({ doNotFake: [...timers, 'clearImmediate', 'clearTimeout'] as never });
    const { leave, rest } = await watchHeld();
    for (let beat = 1; beat <= 2; beat += 1) {
      jest.advanceTimersByTime(12_000);
      expect((await rest.read()).value).toBe(':\n\n');
    }
    leave();
    await Promise.all(served.handled);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('ends its source when the client goes away', async () => {
    const { leave } = await watchHeld();
    leave();
    await toy.heldEnded.promise;
    await Promise.all(served.handled);
    expect([...served.streams.callers()]).toEqual([]);
    expect(toy.entries).toEqual([]);
  });

  test('ends its source when the client goes away while an answer asked for before is not complete', async () => {
    const socket = connect(served.port, '127.0.0.1');
    const search = new URLSearchParams(held);
    const request = `GET /graphql?${search} HTTP/1.1\r\nHost: x\r\nAuthorization: ${GOOD}\r\n\r\n`;
    socket.write(request + request);
    await underWay(2);
    socket.destroy();
    await Promise.all(served.handled);
    expect([...served.streams.callers()]).toEqual([]);
  });

  test('that is not begun when the client goes away is never begun', async () => {
    const checking = deferred<void>();
    const gone = deferred<void>();
    await served.close();
    served = await serveSse(toy, {
      contextOf: async (credentials) => {
        checking.resolve();
        await gone.promise;
        return toy.contextOf(credentials);
      },
    });
    served.server.on('connection', (socket) => socket.on('close', () => gone.resolve()));
    const leaving = new AbortController();
    const refused = fetch(`${served.url}?${new URLSearchParams(held)}`, {
      headers: { accept: 'text/event-stream', authorization: GOOD },
      signal: leaving.signal,
    }).catch(({ name }) => name);
    await checking.promise;
    leaving.abort();
    expect(await refused).toBe('AbortError');
    await Promise.all(served.handled);
    await toy.heldEnded.promise;
    expect(toy.entries).toEqual([]);
  });

  test('asks its source for no more than the client takes, so that little is kept', async () => {
    const events = 1000;
    const asked = { events: 0 };
    const ended = deferred<void>();
    const schema = buildSchema('type Query { a: Int } type Subscription { flood: String }');
    Object.assign(schema.getSubscriptionType()?.getFields().flood ?? {}, {
      async *subscribe() {
        try {
          for (; asked.events < events; asked.events += 1) yield { flood: 'x'.repeat(64 * 1024) };
        } finally {
          ended.resolve();
        }
      },
    });
    await served.close();
    served = await serveSse(toy, { schema });
    const socket = connect(served.port, '127.0.0.1').pause();
    const search = new URLSearchParams({ query: 'subscription { flood }' });
    socket.write(`GET /graphql?${search} HTTP/1.1\r\nHost: x\r\nAuthorization: ${GOOD}\r\n\r\n`);
    await underWay(1);
    for (let before = -1, turns = 0; turns < 100; turns = asked.events === before ? turns + 1 : 0) {
      before = asked.events;
      await new Promise(setImmediate);
    }
    expect(asked.events).toBeLessThan(events / 2);
    socket.destroy();
    await ended.promise;
    await Promise.all(served.handled);
  });

  test('of a caller whose key is revoked ends, those of others go on', async () => {
    toy.keys.add('Bearer other');
    const { rest } = await watchHeld();
    const other = await served.post(held, { authorization: 'Bearer other' });
    await underWay(2);
    served.streams.endWhere(({ key }) => key === GOOD);
    expect((await rest.read()).done).toBe(true);
    await served.handled[0];
    expect([...served.streams.callers()].map(({ key }) => key)).toEqual(['Bearer other']);
    await other.body?.cancel();
  });

  test('ends when the server stops; what is asked by query is still answered', async () => {
    const { rest } = await watchHeld();
    const slow = served.post({ query: '{ slow }' });
    await toy.entered.promise;
    served.streams.close();
    expect((await rest.read()).done).toBe(true);
    await toy.heldEnded.promise;
    toy.gate.resolve();
    expect(resultsOf(await (await slow).text())).toEqual([{ data: { slow: 'at last' } }]);
    await expect(served.post(held)).rejects.toThrow();
    await Promise.all(served.handled);
    expect(toy.entries).toEqual([]);
  });
});
