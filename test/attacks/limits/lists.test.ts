/** Every list that an input can hold, found in the schema: none may be given without end, over any transport. */
import {
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import { graphqlSchema } from '../../../src/schema';
import { OWNER_KEY, startTestServer, type TestServer } from '../../support/server';
import { createConnector, markReady, setAuthConfig, staticConfigs } from '../../support/story';
import { expectNone, tell } from '../../support/trust';
import { CHAPTER, isOurFault, wayNames, ways } from './ways';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server.remove();
});

const COUNT = 1_001;

/** Every value of `type` that holds a list of too many items and nothing that is not needed, with the path to the list. */
function* withLists(
  type: GraphQLInputType,
  path: string,
  around: readonly string[] = [],
): Generator<[string, unknown]> {
  const bare = getNullableType(type);
  if (isListType(bare)) {
    yield [path, Array(COUNT).fill(leastOf(bare.ofType))];
    for (const [inner, value] of withLists(bare.ofType, `${path}[0]`, around)) yield [inner, [value]];
  }
  if (!isInputObjectType(bare) || around.includes(bare.name)) return;
  for (const field of Object.values(bare.getFields()))
    for (const [inner, value] of withLists(field.type, `${path}.${field.name}`, [...around, bare.name]))
      yield [
        inner,
        { ...(leastOf(bare) as object), ...(bare.isOneOf ? clear(leastOf(bare) as object) : {}), [field.name]: value },
      ];
}

/** A `@oneOf` input must name one field only. */
const clear = (value: object) => Object.fromEntries(Object.keys(value).map((name) => [name, undefined]));

function leastOf(type: GraphQLInputType): unknown {
  const bare = getNullableType(type);
  if (isListType(bare)) return [];
  if (isEnumType(bare)) return bare.getValues()[0]?.name;
  if (!isInputObjectType(bare)) return { Int: 1, Boolean: true }[bare.name] ?? 'x';
  const [first] = Object.values(bare.getFields());
  const fields = bare.isOneOf
    ? [first]
    : Object.values(bare.getFields()).filter((field) => isRequiredInputField(field));
  return Object.fromEntries(fields.flatMap((field) => (field ? [[field.name, leastOf(field.type)]] : [])));
}

const schema = graphqlSchema();
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const cases = roots.flatMap((root, kind) =>
  Object.values(root?.getFields() ?? {}).flatMap((field) =>
    field.args.flatMap((argument) =>
      [...withLists(argument.type, argument.name)].map(([path, value]) => {
        const needed = field.args.filter(({ type }) => isNonNullType(type));
        const all = [...new Set([...needed, argument])];
        const selection = isListType(getNullableType(field.type)) ? '{ __typename }' : '{ __typename }';
        const query = `${['query', 'mutation', 'subscription'][kind]} (${all.map(({ name, type }) => `$${name}: ${type}`).join(', ')}) {
          ${field.name}(${all.map(({ name }) => `${name}: $${name}`).join(', ')}) ${selection}
        }`;
        const others = Object.fromEntries(needed.map(({ name, type }) => [name, leastOf(type)]));
        return { name: `${field.name} ${path}`, path, query, variables: { ...others, [argument.name]: value } };
      }),
    ),
  ),
);

test('every list of every root field is refused with too many items, on every transport', async () => {
  const unbounded: string[] = [];
  const faults: string[] = [];
  expect(cases.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'scopesDelete ids',
      'scopesAdd scopes',
      'connectionCreate input.scopeIds',
      'invokeUrl input.body.multipart',
      'connectionEvents filter.kinds',
      'connectorSetAuthConfig authConfig.oauth2.tokenParameters',
    ]),
  );
  for (const { name, path, query, variables } of cases) {
    for (const way of wayNames) {
      const told = await ways[way](server, OWNER_KEY, query, variables);
      const sentence = `A list in the variables has at most 1000 items; the one at "${path}" has more.`;
      if (told.messages[0] !== sentence) unbounded.push(`${name} over ${way}: ${told.messages[0]}`);
      if (isOurFault(told)) faults.push(`${name} over ${way}`);
    }
  }
  tell(CHAPTER, 'lists of inputs, found in the schema', `${cases.length}`);
  expectNone(CHAPTER, 'lists of inputs without end', unbounded, cases.length * wayNames.length, 60);
  expectNone(CHAPTER, 'lists of inputs answered 5xx', faults, cases.length * wayNames.length, 60);
});

describe('what the general limit lets through has its own', () => {
  test('scopes of a connection: 50, and each is looked up once', async () => {
    const connector = await createConnector(server.ask, { name: 'Basics' });
    await setAuthConfig(server.ask, connector, staticConfigs.basic);
    await markReady(server.ask, connector);
    const create = `mutation ($input: ConnectionCreateInput!) {
      connectionCreate(input: $input) { userErrors { code message path } }
    }`;
    const problemsWith = async (count: number) => {
      const input = { connector: { id: connector }, name: 'Many', scopeIds: Array(count).fill('none') };
      return (await server.ask(create, { input })).data.connectionCreate.userErrors;
    };
    expect(await problemsWith(50)).toHaveLength(50);
    expect(await problemsWith(51)).toEqual([
      { code: 'TOO_LONG', path: ['scopeIds'], message: 'At most 50 scopes can be asked for, not 51.' },
    ]);
  });

  test('kinds of events: as many as there are', async () => {
    const watch =
      'subscription ($kinds: [ConnectionEventKind!]) { connectionEvents(filter: { kinds: $kinds }) { kind } }';
    const { codes, messages } = await ways.SSE(server, OWNER_KEY, watch, { kinds: Array(8).fill('CREATED') });
    expect([codes, messages]).toEqual([['BAD_USER_INPUT'], ['There are 7 kinds: give each at most once.']]);
  });

  test('URLs to return to: 50, and no more are looked at', async () => {
    const update = `mutation ($input: WorkspaceUpdateInput!) { workspaceUpdate(input: $input) { userErrors { code message } } }`;
    const told = await server.ask(update, { input: { returnToUrls: Array(51).fill('not a URL') } });
    expect(told.data.workspaceUpdate.userErrors).toEqual([{ code: 'TOO_LONG', message: 'At most 50 URLs, not 51.' }]);
  });
});

test('JSON that is passed on to an API may hold longer lists', async () => {
  const query = 'query ($input: InvokeUrlInput!) { invokePreview(input: $input) { userErrors { code } } }';
  const input = {
    connection: { linkName: 'none' },
    method: 'POST',
    url: 'https://api.example/',
    body: { json: Array(COUNT).fill(1) },
  };
  expect((await server.ask(query, { input })).data.invokePreview.userErrors).toEqual([{ code: 'NOT_FOUND' }]);
});
