/** What a caller sees of an error, over HTTP and over a socket alike. */
import type { GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import { maskError } from '../../src/http/masking';
import { ask, type ServedHttp, type ServedWs, serveHttp, serveWs } from './serve';
import { SECRET, Toy } from './toy';

let toy: Toy;
let http: ServedHttp;
let ws: ServedWs;
let client: Client;

beforeAll(async () => {
  toy = new Toy();
  http = await serveHttp(toy);
  ws = await serveWs(toy);
  client = ws.client({ lazy: false });
});
beforeEach(() => {
  toy.entries.length = 0;
});
afterAll(async () => {
  await client.dispose();
  await ws.close();
  await http.close();
});

async function overHttp(query: string, variables?: object): Promise<{ text: string; errors: GraphQLFormattedError[] }> {
  const response = await http.post({ query, variables }, { accept: 'application/graphql-response+json' });
  const text = await response.text();
  return { text, errors: (JSON.parse(text) as { errors: GraphQLFormattedError[] }).errors };
}

async function overWs(query: string, variables?: Record<string, unknown>) {
  const { results, end } = await ask(client, query, variables);
  const errors = (end ?? results[0]?.errors) as GraphQLFormattedError[];
  return { text: JSON.stringify({ results, end }), errors };
}

const find = 'query ($filter: Filter) { find(filter: $filter) }';
const withFilter = (field: string, value: unknown) => ({ filter: { name: 'n', [field]: value } });

/** What is asked, with which variables, and the only message about it. */
const requests: [string, string, Record<string, unknown> | undefined, string][] = [
  [
    'an Int',
    find,
    withFilter('stars', SECRET),
    'Variable "$filter" got an invalid value at "filter.stars"; Int cannot represent non-integer value.',
  ],
  [
    'an Int out of range',
    'query ($n: Int!) { find(filter: { name: "n", stars: $n }) }',
    { n: 4815162342 },
    'Variable "$n" got an invalid value at "n"; Int cannot represent non 32-bit signed integer value.',
  ],
  [
    'a Boolean',
    find,
    withFilter('ratio', { key: SECRET }),
    'Variable "$filter" got an invalid value at "filter.ratio"; Boolean cannot represent a non boolean value.',
  ],
  [
    'a String that looks like a path',
    'query ($t: Int!) { find(filter: { name: "n", stars: $t }) }',
    { t: `${SECRET} at "t.${SECRET}` },
    'Variable "$t" got an invalid value at "t"; Int cannot represent non-integer value.',
  ],
  [
    'an enum value that does not exist',
    find,
    withFilter('color', SECRET),
    'Variable "$filter" got an invalid value at "filter.color"; Value does not exist in "Color" enum.',
  ],
  [
    'an enum value misspelled',
    find,
    withFilter('color', 'GRN'),
    'Variable "$filter" got an invalid value at "filter.color"; Value does not exist in "Color" enum. Did you mean the enum value "GREEN"?',
  ],
  [
    'an enum that is a number',
    find,
    withFilter('color', 4815162342),
    'Variable "$filter" got an invalid value at "filter.color"; Enum "Color" cannot represent non-string value.',
  ],
  [
    'a missing field',
    find,
    { filter: { stars: 4815 } },
    'Variable "$filter" got an invalid value at "filter"; Field "name" of required type "String!" was not provided.',
  ],
  [
    'an unknown field',
    find,
    { filter: { name: SECRET, star: 1 } },
    'Variable "$filter" got an invalid value at "filter"; Field "star" is not defined by type "Filter". Did you mean "stars"?',
  ],
  [
    'a value where a field should be',
    find,
    { filter: { name: 'n', [`${SECRET}!`]: 1 } },
    'Variable "$filter" got an invalid value at "filter"; The value is not of the type asked for.',
  ],
  [
    'something else than an object',
    find,
    { filter: SECRET },
    'Variable "$filter" got an invalid value at "filter"; Expected type "Filter" to be an object.',
  ],
  [
    'two keys of a oneOf',
    find,
    withFilter('choice', { id: SECRET, linkName: SECRET }),
    'Variable "$filter" got an invalid value at "filter.choice"; Exactly one key must be specified for OneOf type "Choice".',
  ],
  [
    'a scalar of a library',
    find,
    withFilter('since', SECRET),
    'Variable "$filter" got an invalid value at "filter.since"; The value is not of the type asked for.',
  ],
  [
    'a scalar of ours',
    find,
    withFilter('size', SECRET),
    'Variable "$filter" got an invalid value at "filter.size"; A size is at most 9.',
  ],
  [
    'null for what must not be null',
    'query ($text: String!) { echo(text: $text) }',
    { text: null },
    'Variable "$text" of non-null type "String!" must not be null.',
  ],
  [
    'a variable left out',
    'query ($text: String!) { echo(text: $text) }',
    {},
    'Variable "$text" of required type "String!" was not provided.',
  ],
  [
    'a literal Int',
    `{ find(filter: { name: "n", stars: "${SECRET}" }) }`,
    undefined,
    'Int cannot represent non-integer value.',
  ],
  ['a literal String', '{ echo(text: 4815162342) }', undefined, 'String cannot represent a non string value.'],
  [
    'a literal enum',
    `{ find(filter: { name: "n", color: "${SECRET}" }) }`,
    undefined,
    'Enum "Color" cannot represent non-enum value.',
  ],
  [
    'a literal enum value that does not exist',
    '{ find(filter: { name: "n", color: hunter2 }) }',
    undefined,
    'Value does not exist in "Color" enum.',
  ],
  ['a literal object', `{ find(filter: "${SECRET}") }`, undefined, 'Expected value of type "Filter".'],
  ['a literal null', '{ echo(text: null) }', undefined, 'Expected value of type "String!".'],
  [
    'a literal of a library',
    `{ find(filter: { name: "n", since: "${SECRET}" }) }`,
    undefined,
    'The value is not of the type asked for.',
  ],
  ['a literal of ours', `{ find(filter: { name: "n", size: "${SECRET}" }) }`, undefined, 'A size is at most 9.'],
  [
    'a field that does not exist',
    '{ helo }',
    undefined,
    'Cannot query field "helo" on type "Query". Did you mean "hello"?',
  ],
  ['a string in the wrong place', `{ echo("${SECRET}") }`, undefined, 'Syntax Error: Expected Name, found String.'],
  [
    'a block string in the wrong place',
    `{ echo(text """${SECRET}""") }`,
    undefined,
    'Syntax Error: Expected ":", found BlockString.',
  ],
  ['a number in the wrong place', '{ 4815162342 }', undefined, 'Syntax Error: Expected Name, found Int.'],
  [
    'a broken escape',
    String.raw`{ echo(text: "\uhunt") }`,
    undefined,
    'Syntax Error: Invalid Unicode escape sequence.',
  ],
  [
    'null by a variable for an argument with a default',
    'query ($text: String) { echo(text: $text) }',
    { text: null },
    'Argument "text" of non-null type "String!" must not be null.',
  ],
  [
    'no operation of the name',
    'query A { hello } query B { hello }',
    undefined,
    'The document must have exactly one operation, or `operationName` must name the one to run.',
  ],
];

describe.each([
  ['HTTP', overHttp],
  ['WebSocket', overWs],
])('over %s', (_transport, send) => {
  test.each(requests)('%s: the rule is told, the value is not', async (_what, query, variables, message) => {
    const { errors, text } = await send(query, variables);
    expect(errors.map((error) => [error.message, error.extensions])).toEqual([[message, { code: 'BAD_USER_INPUT' }]]);
    expect(text).not.toMatch(/hunter2|s3cr3t|4815|hunt/);
    expect(toy.entries).toEqual([]);
  });

  test('an unexpected error is logged and quoted by its request id only', async () => {
    const { errors, text } = await send('{ hello failing }');
    const [{ fields }] = toy.entries as [(typeof toy.entries)[0]];
    expect(errors).toEqual([
      {
        message: `Something went wrong on our side. Quote the request id ${fields.requestId} when you report it.`,
        locations: [{ line: 1, column: 9 }],
        path: ['failing'],
        extensions: { code: 'INTERNAL' },
      },
    ]);
    expect(text).not.toContain(SECRET);
    expect(fields).toEqual({
      err: expect.objectContaining({ message: `connection refused for password=${SECRET}` }),
      requestId: toy.presented.at(-1)?.requestId,
      path: 'failing',
    });
    expect(toy.entries).toHaveLength(1);
  });

  test("an error of ours comes as it is; one of others' with our code does not", async () => {
    const { errors, text } = await send('{ forbidden forged }');
    expect(errors.map(({ message, path, extensions }) => ({ message, path, extensions }))).toEqual([
      { message: 'Viewers may not do this.', path: ['forbidden'], extensions: { code: 'FORBIDDEN' } },
      {
        message: `Something went wrong on our side. Quote the request id ${toy.presented.at(-1)?.requestId} when you report it.`,
        path: ['forged'],
        extensions: { code: 'INTERNAL' },
      },
    ]);
    expect(text).not.toContain(SECRET);
  });

  test('null where the schema promises a value is our fault', async () => {
    const { errors } = await send('{ needed }');
    expect(errors.map((error) => error.extensions)).toEqual([{ code: 'INTERNAL' }]);
  });

  test('only the first fifty errors of variables are told', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => [`unknown${index}`, SECRET]);
    const { errors, text } = await send(find, { filter: { name: 'n', ...Object.fromEntries(keys) } });
    expect(errors).toHaveLength(51);
    expect(errors.at(-1)).toEqual({
      message: 'Too many errors processing variables, error limit reached. Execution aborted.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(text).not.toContain(SECRET);
  });

  test('a document with more tokens than allowed is refused', async () => {
    const { errors } = await send(`{ ${'hello '.repeat(15_000)} }`);
    expect(errors.map((error) => error.message)).toEqual([
      'Syntax Error: Document contains more that 15000 tokens. Parsing aborted.',
    ]);
  });

  test('a document nested deeper than any parser can follow is refused', async () => {
    const { errors } = await send(`{ thing ${'{ self '.repeat(4_500)} { name } ${'}'.repeat(4_500)} }`);
    expect(errors).toEqual([{ message: 'The document is nested too deep.', extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

test('what is thrown need not be an error', () => {
  const masked = maskError(SECRET, 'id-1', toy.log);
  expect(masked).toEqual({
    message: 'Something went wrong on our side. Quote the request id id-1 when you report it.',
    extensions: { code: 'INTERNAL' },
  });
});
