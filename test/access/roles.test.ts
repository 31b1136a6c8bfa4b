/** Who may use each root field: every one that the schema has, asked by a key of every role and by a session token. */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { graphqlSchema } from '../../src/schema';
import { createKey, createSessionToken } from '../support/keys';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { codesOf, openSocket } from '../support/sockets';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

/** Who may: Owner, Admin, Integrator, Viewer, Session token; a dash stands for FORBIDDEN. */
const expected: Record<string, string> = {
  'Query.apiKeys': 'OA---',
  'Query.auditEvents': 'OA---',
  'Query.authorizationFlow': 'OAIVS',
  'Query.connection': 'OAIVS',
  'Query.connections': 'OAIV-',
  'Query.connector': 'OAI--',
  'Query.connectors': 'OAI--',
  'Query.invokePreview': 'OAI--',
  'Query.node': 'OAIV-',
  'Query.viewer': 'OAIV-',
  'Mutation.apiKeyCreate': 'OA---',
  'Mutation.apiKeyRevoke': 'OA---',
  'Mutation.connectionAuthorize': 'OAI-S',
  'Mutation.authorizationConfirm': 'OAI-S',
  'Mutation.connectionRefresh': 'OAI--',
  'Mutation.connectionCreate': 'OAI--',
  'Mutation.connectionDelete': 'OAI--',
  'Mutation.connectionRevoke': 'OAI--',
  'Mutation.connectionUpdate': 'OAI--',
  'Mutation.connectorClone': 'OA---',
  'Mutation.connectorCreate': 'OA---',
  'Mutation.connectorDelete': 'OA---',
  'Mutation.connectorMarkReady': 'OA---',
  'Mutation.connectorRotateClientSecret': 'OA---',
  'Mutation.connectorSetAuthConfig': 'OA---',
  'Mutation.connectorSetLogo': 'OA---',
  'Mutation.connectorUpdate': 'OA---',
  'Mutation.invokeUrl': 'OAI--',
  'Mutation.scopeUpdate': 'OA---',
  'Mutation.scopesAdd': 'OA---',
  'Mutation.scopesDelete': 'OA---',
  'Mutation.sessionTokenCreate': 'OAI--',
  'Mutation.workspaceCreate': 'O----',
  'Mutation.workspaceUpdate': 'OA---',
  'Subscription.authorizationFlow': 'OAIVS',
  'Subscription.connectionEvents': 'OAIVS',
};

const callers = ['O', 'A', 'I', 'V', 'S'] as const;
const schema = graphqlSchema();
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({ type: `${type}`, field })),
);

/** The shortest literal that `type` takes. */
function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType);
  if (isListType(type)) return `[${literal(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (!isInputObjectType(type)) return type.name === 'Int' ? '60' : type.name === 'Boolean' ? 'true' : '"x"';
  const fields = Object.values(type.getFields());
  const given = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField);
  return `{ ${given.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`;
}

function operationOf(kind: string, { name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.filter(isRequiredArgument).map((arg: GraphQLArgument) => `${arg.name}: ${literal(arg.type)}`);
  const selection = isLeafType(getNamedType(type)) ? '' : ' { __typename }';
  return `${kind.toLowerCase()} { ${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection} }`;
}

let server: TestServer;
const secrets = new Map<string, string>();

beforeAll(async () => {
  server = await startTestServer();
  secrets.set('O', OWNER_KEY);
  for (const role of ['ADMIN', 'INTEGRATOR', 'VIEWER'] as const)
    secrets.set(role.charAt(0), (await createKey(server.ask, role)).secret);
  const connector = await readyConnector(server.ask, { name: 'Roles' }, staticConfigs.basic);
  const connection = await createConnection(server.ask, { connector: { id: connector }, name: 'Roles' });
  secrets.set('S', await createSessionToken(server.ask, connection));
});
afterAll(() => server.remove());

/** The codes of the errors that `caller` gets. */
async function errorCodes(kind: string, field: GraphQLField<unknown, unknown>, caller: string): Promise<string[]> {
  const operation = operationOf(kind, field);
  if (kind !== 'Subscription') {
    const { errors = [] } = await server.askAs(secrets.get(caller))(operation);
    return errors.map(({ extensions }) => extensions.code);
  }
  const socket = openSocket(server.url, secrets.get(caller));
  try {
    // A flow that does not exist is refused by the service: who comes that far was allowed.
    if (field.name === 'authorizationFlow') return await codesOf(socket.subscribe(operation));
    await socket.watch(operation);
    return [];
  } finally {
    socket.close();
  }
}

test('every root field of the schema has its line in this table, and no line is of another', () => {
  expect(roots.map(({ type, field }) => `${type}.${field.name}`).sort()).toEqual(Object.keys(expected).sort());
});

test.each(roots.map(({ type, field }) => [`${type}.${field.name}`, type, field] as const))(
  '%s is for those it is for',
  async (name, type, field) => {
    const codes: string[][] = [];
    for (const caller of callers) codes.push(await errorCodes(type, field, caller));
    const seen = callers.map((caller, index) => (codes[index]!.includes('FORBIDDEN') ? '-' : caller)).join('');
    expect(seen).toBe(expected[name]);
    // Who is allowed gets an answer; only a flow that is not there is worth an error.
    const others = codes.flat().filter((code) => code !== 'FORBIDDEN');
    expect([...new Set(others)]).toEqual(name === 'Subscription.authorizationFlow' ? ['BAD_USER_INPUT'] : []);
  },
);
