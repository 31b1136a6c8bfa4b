/** The documents that may be executed, and which of them are kept. */
import { createHash } from 'node:crypto';
import { buildSchema, getIntrospectionQuery } from 'graphql';
import { type Documents, documentsOf } from '../../src/http/documents';

const schema = buildSchema('type Query { a: Int child: Query }');
const hashOf = (source: string) => createHash('sha256').update(source).digest('hex');
const messagesOf = (documents: Documents, source: string, name?: string) =>
  documents.prepare(source, name).errors?.map((error) => error.message);
const nested = (depth: number) => `{ ${'child { '.repeat(depth - 1)} a ${'}'.repeat(depth - 1)} }`;

test('every transport of a schema gets the same ones', () => {
  expect(documentsOf(schema)).toBe(documentsOf(schema));
  expect(documentsOf(schema)).not.toBe(documentsOf(schema, false));
  expect(documentsOf(schema)).not.toBe(documentsOf(buildSchema('type Query { a: Int }')));
});

test('a document is parsed once', () => {
  const documents = documentsOf(buildSchema('type Query { a: Int }'));
  const first = documents.prepare('{ a }');
  const second = documents.prepare('{ a }');
  expect(first.errors).toBeUndefined();
  expect('document' in first && first.document).toBe('document' in second && second.document);
  expect(documents.kept(hashOf('{ a }'))?.document).toBe('document' in first && first.document);
});

test('what a document costs is known from the first time on, except where variables decide', () => {
  const pages = 'type Query { items(first: Int, last: Int): Items } type Items { nodes: [Item] } type Item { a: Int }';
  const documents = documentsOf(buildSchema(pages));
  const costsOf = (source: string) => [5, 90, undefined].map((n) => documents.prepare(source, null, { n }).cost);
  const selected = (size: string) => `{ items(${size}) { nodes { a } } }`;
  // The page, its list, and a field for each item.
  expect(costsOf(`query ($n: Int) ${selected('first: $n')}`)).toEqual([7, 92, 22]);
  expect(costsOf(`query ($n: Int) ${selected('last: $n')}`)).toEqual([7, 92, 22]);
  expect(costsOf(selected('first: 3'))).toEqual([5, 5, 5]);
});

test('the one unused longest gives way', () => {
  const documents = documentsOf(buildSchema('type Query { a: Int }'));
  // Four of these fill what is kept.
  const sources = ['v', 'w', 'x', 'y', 'z'].map((name) => `query ${name.repeat(60_000)} { a }`);
  for (const source of sources.slice(0, 4)) documents.prepare(source);
  documents.prepare(sources[0]!);
  documents.prepare(sources[4]!);
  expect(sources.map((source) => documents.kept(hashOf(source)) !== undefined)).toEqual([
    true,
    false,
    true,
    true,
    true,
  ]);
});

test('a document that is wrong or very long is not kept', () => {
  const documents = documentsOf(buildSchema('type Query { a: Int }'));
  const long = `query ${'x'.repeat(300_000)} { a }`;
  expect(messagesOf(documents, long)).toBeUndefined();
  expect(messagesOf(documents, '{ b }')).toEqual(['Cannot query field "b" on type "Query". Did you mean "a"?']);
  expect([long, '{ b }'].map((source) => documents.kept(hashOf(source)))).toEqual([undefined, undefined]);
});

test('the operation is the one named, or the only one', () => {
  const documents = documentsOf(schema);
  const operationOf = (source: string, name?: string | null) => {
    const prepared = documents.prepare(source, name);
    return prepared.errors ? prepared.errors[0]?.message : prepared.operation.name?.value;
  };
  expect(operationOf('query A { a } query B { a }', 'B')).toBe('B');
  expect(operationOf('query A { a }', null)).toBe('A');
  expect(operationOf('query A { a }', 'C')).toBe('The document has no operation of the name given in `operationName`.');
  expect(operationOf('query A { a } query B { a }')).toBe(
    'The document must have exactly one operation, or `operationName` must name the one to run.',
  );
});

test('fields nested 30 deep are fine, 31 are not', () => {
  expect(messagesOf(documentsOf(schema), nested(30))).toBeUndefined();
  expect(messagesOf(documentsOf(schema), nested(31))).toEqual(['Fields may be nested at most 30 deep.']);
  expect(messagesOf(documentsOf(schema), `{ ...F } fragment F on Query ${nested(31)}`)).toEqual([
    'Fields may be nested at most 30 deep.',
  ]);
});

test('5000 fields are fine, one more is not', () => {
  const source = (count: number) => `{ ${Array.from({ length: count }, (_, index) => `f${index}: a`).join(' ')} }`;
  // A field by an alias takes three tokens, so that only fragments lead beyond 5000 of them.
  const twice = (count: number, more: string) =>
    `{ x: child { ...F } y: child { ...F } ${more} } fragment F on Query ${source(count)}`;
  expect(messagesOf(documentsOf(schema), twice(2499, ''))).toBeUndefined();
  expect(messagesOf(documentsOf(schema), twice(2499, 'a'))).toEqual(['An operation may select at most 5000 fields.']);
});

test('fragments that double each other are counted, not followed', () => {
  const fragments = Array.from(
    { length: 25 },
    (_, index) => `fragment F${index} on Query { x: child { ...F${index + 1} } y: child { ...F${index + 1} } }`,
  );
  const source = `{ ...F0 } ${fragments.join(' ')} fragment F25 on Query { a }`;
  expect(messagesOf(documentsOf(schema), source)).toEqual(['An operation may select at most 5000 fields.']);
});

test('tools may ask for the schema in full, unless it is kept back', () => {
  const query = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });
  expect(messagesOf(documentsOf(schema), query)).toBeUndefined();
  expect(messagesOf(documentsOf(schema, false), query)?.[0]).toBe(
    'GraphQL introspection has been disabled, but the requested query contained the field "__schema".',
  );
});

test('a document that costs too much to check is refused', () => {
  expect(messagesOf(documentsOf(schema), `{ child { ${'a '.repeat(4_900)} } }`)).toEqual([
    'The document is too complex to be checked: use fewer fields and fragments.',
  ]);
});
