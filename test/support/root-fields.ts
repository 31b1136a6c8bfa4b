/** Every root field of the schema: who may use it, as a table, and a shortest operation for each. */
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

/** Who may: Owner, Admin, Integrator, Viewer, Session token; a dash stands for FORBIDDEN. */
export const whoMay: Record<string, string> = {
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

/** The letters above, in their order. */
export const known = ['O', 'A', 'I', 'V', 'S'] as const;

const schema = graphqlSchema();

/** Every root field of the schema; `type`: of which of the three. */
export const rootFields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(
  (type) => Object.values(type?.getFields() ?? {}).map((field) => ({ type: `${type}`, field })),
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

/** The shortest operation with a root field of the type `kind`. */
export function operationOf(kind: string, { name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.filter(isRequiredArgument).map((arg: GraphQLArgument) => `${arg.name}: ${literal(arg.type)}`);
  const selection = isLeafType(getNamedType(type)) ? '' : ' { __typename }';
  return `${kind.toLowerCase()} { ${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection} }`;
}
