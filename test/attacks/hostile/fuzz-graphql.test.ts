/** GraphQL requests of every malformed kind, made from the schema: always JSON, never an error of ours, and the server goes on. */
import fc from 'fast-check';
import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';
import { anyJson, fuzz, nasty } from './fuzzing';
import { ids, operationOf, post, roots, send } from './graphql';

/** Values that have the shape of a type, more or less, with hostile leaves. */
function shaped(type: GraphQLInputType, level = 0): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return shaped(type.ofType, level);
  if (isListType(type)) return fc.array(shaped(type.ofType, level), { maxLength: 3 });
  if (isEnumType(type)) return fc.oneof(fc.constantFrom(...type.getValues().map(({ name }) => name)), nasty);
  if (!isInputObjectType(type)) {
    if (type.name === 'Boolean') return fc.oneof(fc.boolean(), anyJson);
    if (type.name === 'Int') return fc.oneof(fc.integer(), fc.integer({ min: 0, max: 200 }), anyJson);
    const real = fc
      .constantFrom('connector', 'connection', 'real')
      .map((kind) => ids[kind as keyof typeof ids] ?? kind);
    return fc.oneof({ weight: 6, arbitrary: nasty }, { weight: 2, arbitrary: real }, { weight: 1, arbitrary: anyJson });
  }
  if (level > 5) return fc.constant({});
  const fields = Object.values(type.getFields());
  const values = Object.fromEntries(fields.map((field) => [field.name, shaped(field.type, level + 1)]));
  const required = fields.filter((field) => isNonNullType(field.type)).map(({ name }) => name);
  const record = fc.record(values, { requiredKeys: required });
  if (!type.isOneOf) return fc.oneof({ weight: 9, arbitrary: record }, { weight: 1, arbitrary: anyJson });
  const one = fields.map((field) => values[field.name]!.map((value) => ({ [field.name]: value })));
  return fc.oneof({ weight: 9, arbitrary: fc.oneof(...one) }, { weight: 1, arbitrary: record });
}

const calls = fc.oneof(
  ...roots.map((root) =>
    fc.record(Object.fromEntries(root[1].args.map((arg) => [arg.name, shaped(arg.type)]))).map((variables) => ({
      query: operationOf(root),
      variables,
    })),
  ),
);

test(
  'arguments of every root field, in the shape of their types or not',
  () =>
    fuzz('arguments that were answered by an error of ours', [400, 15_000], calls, (call) =>
      post(JSON.stringify(call)),
    ),
  900_000,
);

test('bodies that are no request', () => {
  const literal = fc.constantFrom(
    '{"query":"{ viewer { role } }"}',
    '{"query":"{ __typename }","variables":{"a":[1,{}]}}',
  );
  const bodies = fc.oneof(
    anyJson.map((value) => JSON.stringify(value)),
    fc
      .record({
        query: fc.oneof(anyJson, fc.constant('{ __typename }')),
        variables: anyJson,
        operationName: anyJson,
        extensions: anyJson,
      })
      .map((body) => JSON.stringify(body)),
    fc.tuple(literal, fc.nat({ max: 50 }), nasty).map(([text, at, put]) => text.slice(0, at) + put + text.slice(at)),
    fc.uint8Array({ maxLength: 200 }),
    nasty,
  );
  const types = fc.constantFrom(
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'application/json; charset=utf-16',
    'multipart/form-data',
    ';;;=',
    'application/json;charset="',
  );
  return fuzz('bodies that were answered by an error of ours', [400, 8_000], fc.tuple(bodies, types), ([body, type]) =>
    post(body, { 'content-type': type }),
  );
}, 900_000);

test('documents that are none', () => {
  const words = fc.constantFrom(
    ...[
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ':',
      '$',
      '!',
      '@',
      '...',
      '|',
      '&',
      '=',
      '"',
      '"""',
      '#',
      '\\u{110000}',
      '\\ud800',
    ],
    ...[
      'query',
      'mutation',
      'subscription',
      'fragment',
      'on',
      'A',
      '...A',
      '__typename',
      '__schema',
      'viewer',
      'role',
      'node(id: "cnr_1")',
      '@include(if: $a)',
      '@skip(if: 1)',
      '@defer',
      '@stream',
      '@oneOf',
      '-1e99999',
      '0x1',
      'connectors(first: 1)',
      'id',
      'null',
      'true',
      'input: {',
      '__proto__',
      'constructor',
    ],
  );
  const documents = fc.oneof(
    fc
      .array(fc.oneof({ weight: 6, arbitrary: words }, { weight: 1, arbitrary: nasty }), { maxLength: 30 })
      .map((parts) => parts.join(' ')),
    fc.array(words, { maxLength: 10 }).map((parts) => `{ viewer { role } ${parts.join(' ')} }`),
  );
  return fuzz('documents that were answered by an error of ours', [400, 10_000], documents, (query) =>
    post(JSON.stringify({ query })),
  );
}, 900_000);

test('queries in the URL', () => {
  const name = fc.oneof(fc.constantFrom('query', 'variables', 'operationName', 'extensions', '__proto__'), nasty);
  const value = fc.oneof(
    nasty,
    anyJson.map((json) => JSON.stringify(json)),
    fc.constant('{ viewer { role } }'),
  );
  const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString());
  const pairs = fc
    .array(fc.tuple(name, value, fc.boolean()), { maxLength: 6 })
    .map((given) =>
      given
        .map(([key, text, isRaw]) => `${encoded(key)}=${isRaw ? text.replace(/[^!-~]|[#\\]/g, '%') : encoded(text)}`)
        .join('&'),
    );
  return fuzz('queries in the URL that were answered by an error of ours', [300, 5_000], pairs, (query) =>
    send(`/graphql?${query.slice(0, 10_000)}`, { method: 'GET' }),
  );
}, 900_000);
