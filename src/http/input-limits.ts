/** How long lists in variables may be: graphql-js goes through them item by item before any field can refuse them. */
import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { topLevelError } from '../errors';

/** The most items a list in the variables may have; fields may allow fewer. JSON that is passed on is no list of ours. */
export const maxListItems = 1_000;

/** What is wrong with the lists in `variables`, if anything. */
export function listProblem(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
) {
  for (const { variable, type: node } of variableDefinitions) {
    const type = typeFromAST(schema, node as never);
    const { value: name } = variable.name;
    const path = isInputType(type) && longList(type, variables[name], name);
    if (path)
      return topLevelError(
        'BAD_USER_INPUT',
        `A list in the variables has at most ${maxListItems} items; the one at "${path}" has more.`,
      );
  }
  return undefined;
}

/** The path to a list that is too long. */
function longList(type: GraphQLInputType, value: unknown, path: string): string | undefined {
  const bare = getNullableType(type);
  if (isListType(bare)) {
    if (!Array.isArray(value)) return longList(bare.ofType, value, path);
    if (value.length > maxListItems) return path;
    for (const [index, item] of value.entries()) {
      const found = longList(bare.ofType, item, `${path}[${index}]`);
      if (found) return found;
    }
    return undefined;
  }
  if (!isInputObjectType(bare) || typeof value !== 'object' || value === null) return undefined;
  for (const field of Object.values(bare.getFields())) {
    const found = longList(field.type, (value as Record<string, unknown>)[field.name], `${path}.${field.name}`);
    if (found) return found;
  }
  return undefined;
}
