/** The schema as clients see it: printed as committed, described throughout, of one shape, and strict about `@oneOf`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { graphqlSchema, printedSchema } from '../src/schema';
import { startTestServer, type TestServer } from './support/server';

const schema = graphqlSchema();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
);
const mutations = Object.values((schema.getMutationType() as GraphQLObjectType).getFields());
const resultOf = ({ type }: GraphQLField<unknown, unknown>) => getNamedType(type) as GraphQLObjectType;

test('schema.graphql is what the code builds; `npm run schema` writes it', () => {
  expect(readFileSync(join(__dirname, '../schema.graphql'), 'utf8')).toBe(printedSchema());
});

test('every type, field, argument, enum value and input field has a description that is a sentence', () => {
  const described = types.flatMap((type) => [
    [type.name, type.description],
    ...(isEnumType(type) ? type.getValues().map((value) => [`${type.name}.${value.name}`, value.description]) : []),
    ...(isInputObjectType(type) || isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).flatMap((field) => [
          [`${type.name}.${field.name}`, field.description],
          ...('args' in field ? field.args : []).map((argument: { name: string; description?: string | null }) => [
            `${type.name}.${field.name}(${argument.name})`,
            argument.description,
          ]),
        ])
      : []),
  ]);
  expect(described.length).toBeGreaterThan(500);
  expect(described.filter(([, description]) => !/^\S.*[.)]$/s.test(description ?? '')).map(([name]) => name)).toEqual(
    [],
  );
});

describe.each(mutations.map((mutation) => [mutation.name, mutation] as const))('the mutation %s', (_name, mutation) => {
  test('takes one `input`, or names what it changes and says the change beside it', () => {
    const named = mutation.args.filter(({ name }) => ['id', 'ids', 'connectorId', 'token'].includes(name));
    const names = mutation.args.map(({ name }) => name);
    if (named.length === 0) expect(names).toEqual(['input']);
    else expect(named.map(({ type }) => isNonNullType(type))).toEqual([true]);
  });

  test('answers with a payload that is always there: its errors always, its results only on success', () => {
    expect(isNonNullType(mutation.type)).toBe(true);
    const { userErrors, ...results } = resultOf(mutation).getFields();
    expect(resultOf(mutation).name).toMatch(/Payload$/);
    expect(`${userErrors?.type}`).toBe('[UserError!]!');
    expect(Object.values(results).filter(({ type }) => isNonNullType(type))).toEqual([]);
    expect(Object.keys(results)).not.toEqual([]);
  });
});

const pages = types.filter((type): type is GraphQLObjectType => isObjectType(type) && type.name.endsWith('Page'));

test.each(pages.map((page) => [page.name, page] as const))('%s is a page as Relay wants it', (name, page) => {
  const item = name.replace(/Page$/, '');
  const shape = Object.fromEntries(Object.values(page.getFields()).map((field) => [field.name, `${field.type}`]));
  expect(shape).toEqual({
    edges: `[${item}Edge!]!`,
    nodes: `[${item}!]!`,
    pageInfo: 'PageInfo!',
    totalCount: 'Int!',
  });
  const edge = schema.getType(`${item}Edge`) as GraphQLObjectType;
  expect(Object.values(edge.getFields()).map((field) => `${field.name}: ${field.type}`)).toEqual(
    expect.arrayContaining(['cursor: String!', `node: ${item}!`]),
  );
});

test('connectors, connections, scopes, grants, keys and the audit log are listed in pages', () => {
  expect(pages.map(({ name }) => name).sort()).toEqual([
    'ApiKeyPage',
    'AuditEventPage',
    'ConnectionPage',
    'ConnectorPage',
    'GrantPage',
    'ScopePage',
  ]);
});

/** The `@oneOf` inputs, each where the API takes it: an operation with `VALUE` in its place, and two valid fields of it. */
const oneOfs = [
  ['ConnectorRef', '{ connector(by: VALUE) { id } }', 'id: "x"', 'linkName: "x"'],
  ['ConnectionRef', '{ connection(by: VALUE) { id } }', 'id: "x"', 'linkName: "x"'],
  [
    'AuthConfigInput',
    'mutation { connectorSetAuthConfig(id: "x", authConfig: VALUE) { userErrors { code } } }',
    'basic: {}',
    'aws: {}',
  ],
  [
    'CredentialsInput',
    'mutation { connectionAuthorize(input: { connection: { id: "x" }, credentials: VALUE }) { userErrors { code } } }',
    'bearerToken: { token: "t" }',
    'basic: { username: "u", password: "p" }',
  ],
  [
    'InvokeBodyInput',
    'mutation { invokeUrl(input: { connection: { id: "x" }, method: POST, url: "https://a.example", body: VALUE }) { userErrors { code } } }',
    'text: { content: "a" }',
    'form: []',
  ],
] as const;

test('these inputs, and no others, take exactly one of their fields', () => {
  const marked = types.filter((type) => isInputObjectType(type) && type.isOneOf).map(({ name }) => name);
  expect(marked.sort()).toEqual(oneOfs.map(([name]) => name).sort());
});

describe('a @oneOf input', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.remove());

  /** The operation with the value as a literal, and with the same value (as JSON) in a variable. */
  function ask(name: string, operation: string, value: string, way: string) {
    if (way === 'literal') return server.ask(operation.replace('VALUE', value));
    const json = JSON.parse(value.replace(/(\w+):/g, '"$1":'));
    const withVariable = operation.replace('VALUE', '$value').replace(/^(mutation )?/, (kind) => kind || 'query ');
    return server.ask(withVariable.replace('{', `($value: ${name}!) {`), { value: json });
  }

  const faults = oneOfs.flatMap(([name, operation, one, two]) =>
    [
      ['no field', '{}'],
      ['two fields', `{ ${one}, ${two} }`],
      ['null as its only field', `{ ${one.replace(/: .*/, ': null')} }`],
      ['a field, and null for another', `{ ${one}, ${two.replace(/: .*/, ': null')} }`],
    ].flatMap(([fault, value]) =>
      ['literal', 'variable'].map(
        (way) => [name, fault, way, value, operation] as [string, string, string, string, string],
      ),
    ),
  );

  test.each(faults)('%s is refused with %s (in a %s)', async (name, _fault, way, value, operation) => {
    const { data, errors = [] } = await ask(name, operation, value, way);
    expect(data ?? null).toBeNull();
    expect([...new Set(errors.map(({ extensions }) => extensions.code))]).toEqual(['BAD_USER_INPUT']);
  });

  const goods = oneOfs.flatMap(([name, operation, ...fields]) =>
    fields.flatMap((field) =>
      ['literal', 'variable'].map((way) => [name, field, way, operation] as [string, string, string, string]),
    ),
  );

  test.each(goods)('%s is taken with %s (in a %s)', async (name, field, way, operation) => {
    const { data, errors } = await ask(name, operation, `{ ${field} }`, way);
    expect([Object.keys(data).length, errors]).toEqual([1, undefined]);
  });

  test.each([
    ['an absent variable', 'ID', {}],
    ['a nullable variable that is null', 'ID', { id: null }],
    ['a variable that must not be null', 'ID!', { id: null }],
  ])('is refused with %s in its field', async (_fault, type, variables) => {
    const query = `query ($id: ${type}) { connector(by: { id: $id }) { id } }`;
    const { data, errors = [] } = await server.ask(query, variables);
    expect(data?.connector ?? null).toBeNull();
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });
});
