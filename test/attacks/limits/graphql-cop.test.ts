/** The checks of graphql-cop, each sent as it sends it, with a key: what we answer, and why that is right. */
import { createKey } from '../../support/keys';
import { startTestServer, type TestServer } from '../../support/server';
import { expectNone } from '../../support/trust';
import { CHAPTER } from './ways';

let server: TestServer;
/** Where the schema is kept back. */
let silent: TestServer;
let key: string;
let silentKey: string;
const found: string[] = [];
const checked: string[] = [];

beforeAll(async () => {
  [server, silent] = [await startTestServer(), await startTestServer({ env: { INTROSPECTION: 'false' } })];
  key = (await createKey(server.ask, 'ADMIN')).secret;
  silentKey = (await createKey(silent.ask, 'ADMIN')).secret;
});
afterAll(async () => {
  await Promise.all([server.remove(), silent.remove()]);
});

interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
  readonly json: any;
}

async function send(path: string, init: RequestInit = {}, { url } = server, secret = key): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${secret}`, ...init.headers },
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined };
}

const post = (body: unknown, to = server, secret = key) =>
  send(
    '/graphql',
    { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } },
    to,
    secret,
  );
const get = (query: string) => send(`/graphql?query=${encodeURIComponent(query)}`);

/** Notes the check, and whether graphql-cop would report it. */
function check(name: string, isFound: boolean): void {
  checked.push(name);
  if (isFound) found.push(name);
}

describe('denial of service', () => {
  test('Alias Overloading: 101 aliases are refused', async () => {
    const aliases = Array.from({ length: 101 }, (_, index) => `alias${index}:__typename \n`).join('');
    const { json } = await post({ query: `query { ${aliases} }` });
    check('Alias Overloading', Boolean(json.data?.alias100));
    expect(json.errors[0].message).toBe('An operation may have at most 50 fields at its root.');
  });

  test('Array-based Query Batching: a list of operations is refused', async () => {
    const answer = await post(Array(10).fill({ query: 'query { __typename }' }));
    check('Array-based Query Batching', Array.isArray(answer.json));
    expect(answer).toMatchObject({
      status: 400,
      json: { errors: [{ message: 'A request holds one operation: the body must be a JSON object, not a list.' }] },
    });
  });

  test('Directive Overloading: no location takes a directive twice, and one that is unknown is refused', async () => {
    const { json } = await post({ query: 'query { __typename @aa@aa@aa@aa@aa@aa@aa@aa@aa@aa }' });
    // graphql-cop counts ten errors; what there is to fear is work without end, which the limits of errors and tokens end.
    check('Directive Overloading', json.data !== undefined);
    expect(new Set(json.errors.map(({ message }: { message: string }) => message))).toEqual(
      new Set(['Unknown directive "@aa".', 'The directive "@aa" can only be used once at this location.'].slice(0, 1)),
    );
    const many = await post({ query: `query { __typename ${'@aa'.repeat(5_000)} }` });
    expect(many.json.errors.length).toBeLessThanOrEqual(101);
    const known = await post({ query: `query { __typename ${'@skip(if: false)'.repeat(10)} }` });
    expect(known.json.errors[0].message).toBe('The directive "@skip" can only be used once at this location.');
  });

  test('Field Duplication: 500 times a field is refused', async () => {
    const { json } = await post({ query: `query { ${'__typename \n'.repeat(500)} }` });
    check('Field Duplication', Boolean(json.data?.__typename));
    expect(json.errors[0].message).toBe('An operation may have at most 50 fields at its root.');
  });

  test('Introspection-based Circular Query: lists of the schema inside each other are refused', async () => {
    const { json } = await post({
      query:
        'query { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }',
    });
    check('Introspection-based Circular Query', Boolean(json.data));
    expect(json.errors[0].message).toBe('Maximum introspection depth exceeded');
  });

  test('Circular Fragment: fragments in a circle are refused', async () => {
    const { json } = await post({
      query: 'query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }',
    });
    check('Circular Fragment', json.errors === undefined);
    expect(json.errors[0].message).toBe('Cannot spread fragment "A" within itself via "B".');
  });
});

describe('cross-site request forgery', () => {
  test('Mutation is allowed over GET: it is answered 405', async () => {
    const { status, json } = await get('mutation {__typename}');
    check('Mutation is allowed over GET', Boolean(json.data?.__typename));
    expect(status).toBe(405);
    expect(json.errors[0].message).toBe('A mutation must be sent by POST: GET changes nothing.');
  });

  test('POST based url-encoded query: a body that is no JSON is answered 415', async () => {
    const inUrl = await send(`/graphql?query=${encodeURIComponent('query {__typename}')}`, { method: 'POST' });
    const form = await send('/graphql', { method: 'POST', body: new URLSearchParams({ query: 'query {__typename}' }) });
    check(
      'POST based url-encoded query',
      [inUrl, form].some(({ json }) => json.data?.__typename),
    );
    expect([inUrl.status, form.status]).toEqual([415, 415]);
  });

  test('GET Method Query Support: queries are answered, for no browser adds our Authorization header by itself', async () => {
    const query = 'query {__typename}';
    expect(await get(query)).toMatchObject({ status: 200, json: { data: { __typename: 'Query' } } });
    const forged = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { cookie: `key=${key}`, origin: 'https://evil.example' },
    });
    check('GET Method Query Support', forged.status !== 401);
    expect(forged.status).toBe(401);
    expect(forged.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('information', () => {
  test('Introspection: without a key it is not answered; the schema itself is published, and may be kept back', async () => {
    const query = '{ __schema { types { name fields { name } } } }';
    expect((await post({ query })).json.data.__schema.types.length).toBeGreaterThan(50);
    const [stranger, kept] = [
      await post({ query }, server, 'no-key-of-ours-0123456789abcdefgh'),
      await post({ query }, silent, silentKey),
    ];
    check('Introspection', Boolean(stranger.json.data ?? kept.json.data));
    expect(stranger.status).toBe(401);
    expect(kept.json.errors[0].message).toMatch(/^GraphQL introspection has been disabled/);
  });

  test('Field Suggestions: they help, and end with introspection', async () => {
    const query = 'query { __schema { directive } }';
    expect((await post({ query })).json.errors[0].message).toMatch(/Did you mean "directives"/);
    const { text } = await post({ query }, silent, silentKey);
    check('Field Suggestions', text.includes('Did you mean'));
    expect(text).not.toContain('Did you mean');
  });

  test('GraphQL IDE: the playground is at / and has nothing to tell without a key', async () => {
    const heuristics = ['graphiql.min.css', 'GraphQL Playground', 'GraphiQL', 'graphql-playground'];
    const answers = await Promise.all(['/graphiql', '/playground', '/console', '/graphql'].map((path) => send(path)));
    check(
      'GraphQL IDE',
      answers.some(({ text }) => heuristics.some((word) => text.includes(word))),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 400]);
  });

  test('Trace Mode: answers carry no extensions and no stack', async () => {
    const answers = [await post({ query: 'query { __typename }' }), await post({ query: 'query { nothing }' })];
    check(
      'Trace Mode',
      answers.some(({ text }) => /tracing|stacktrace|exception/i.test(text)),
    );
    expect(answers[0]?.json).toEqual({ data: { __typename: 'Query' } });
    expect(answers[1]?.json.errors).toEqual([
      { message: expect.any(String), locations: [{ line: 1, column: 9 }], extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  test('Unhandled Errors Detection: what cannot be parsed is told as a syntax error', async () => {
    const { json, text } = await post({ query: 'qwerty cop { abc }' });
    check('Unhandled Errors Detection', text.includes('exception'));
    expect(json.errors).toEqual([
      {
        message: 'Syntax Error: Unexpected Name "qwerty".',
        locations: [{ line: 1, column: 1 }],
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
  });
});

test('graphql-cop would find nothing', () => {
  expectNone(CHAPTER, 'checks of graphql-cop that find something', found, checked.length, 14);
});
