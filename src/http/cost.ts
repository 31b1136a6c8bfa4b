/** What an operation costs, reckoned before it runs: a field counts once for every item of the pages and lists around it. */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLInt,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  valueFromAST,
} from 'graphql';
import { topLevelError } from '../errors';
import { PAGE_DEFAULT, PAGE_LIMIT } from '../graphql/page';
import type { RequestContext } from './transport';

/** The most an operation may cost. */
export const maxCost = 20_000;
/** What a call to a third-party API costs besides its fields: an operation may make nine. */
const callCost = 2_000;
/** How many items a list is taken to have that is not a page. */
const listSize = 10;
/** What the schema says of itself is at hand: a field of it costs a tenth. */
const introspectionWeight = 0.1;
/** How long the lists of the schema about itself are on the average; `types` are counted. */
const introspectionSizes: Record<string, number> = { fields: 5, directives: 10, locations: 3 };

type Variables = Readonly<Record<string, unknown>>;
interface Selected {
  readonly parent: GraphQLNamedType;
  readonly selectionSet: SelectionSetNode;
  /** How many items the lists directly below have, where the field above is a page. */
  readonly pageSize: number | undefined;
}

export interface Cost {
  readonly cost: number;
  /** Whether it is the same with other variables. */
  readonly isFixed: boolean;
}

/** What `operation` costs with these variables. The document must be valid. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): Cost {
  let isFixed = true;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const given = { ...defaultsOf(operation), ...variables };

  function ofSelections({ parent, selectionSet, pageSize }: Selected): number {
    let sum = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const field = fieldOf(schema, parent, selection.name.value);
        if (field) sum += ofField(parent, field, selection, pageSize);
        continue;
      }
      const spread = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      const type = spread?.typeCondition && schema.getType(spread.typeCondition.name.value);
      if (spread) sum += ofSelections({ parent: type || parent, selectionSet: spread.selectionSet, pageSize });
    }
    return sum;
  }

  function ofField(
    parent: GraphQLNamedType,
    field: GraphQLField<unknown, unknown>,
    { arguments: args = [], selectionSet }: FieldNode,
    pageSize: number | undefined,
  ): number {
    const own = parent.name.startsWith('__') ? introspectionWeight : field.extensions.callsOut ? callCost : 1;
    if (!selectionSet) return own;
    const isPage = field.args.some(({ name }) => name === 'first') && field.args.some(({ name }) => name === 'last');
    const asked = args.find(({ name }) => name.value === 'first' || name.value === 'last');
    if (asked?.value.kind === Kind.VARIABLE) isFixed = false;
    const inner = ofSelections({
      parent: getNamedType(field.type),
      selectionSet,
      pageSize: isPage ? sizeOf(asked && valueFromAST(asked.value, GraphQLInt, given)) : undefined,
    });
    const isList = isListType(getNullableType(field.type));
    return own + inner * (isList ? (pageSize ?? listSizeOf(schema, parent, field.name)) : 1);
  }

  const root = schema.getRootType(operation.operation);
  const sum = root ? ofSelections({ parent: root, selectionSet: operation.selectionSet, pageSize: undefined }) : 0;
  return { cost: Math.ceil(sum), isFixed };
}

/** What is wrong with an operation of this cost, if anything. */
export const costProblem = (cost: number) =>
  cost > maxCost
    ? topLevelError(
        'BAD_USER_INPUT',
        `An operation may cost at most ${maxCost}, and this one costs ${cost}: each field counts once for every item of the pages around it. Ask for smaller pages, fewer fields, or less at once.`,
      )
    : undefined;

/** Every so much of cost beyond the first counts as a request more. */
const costOfRequest = 1_000;

/** Counts an operation of this cost as the requests that it stands for, beyond the one that was counted already. */
export async function chargeFor(cost: number, { charge }: RequestContext): Promise<void> {
  const points = Math.floor(cost / costOfRequest);
  if (points > 0) await charge?.(points);
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
    ),
  );
}

/** What is out of range is refused later, by the field itself. */
const sizeOf = (asked: unknown): number =>
  typeof asked === 'number' ? Math.min(Math.max(asked, 1), PAGE_LIMIT) : PAGE_DEFAULT;

function fieldOf(schema: GraphQLSchema, parent: GraphQLNamedType, name: string) {
  if (name === SchemaMetaFieldDef.name && parent === schema.getQueryType()) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name && parent === schema.getQueryType()) return TypeMetaFieldDef;
  return isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
}

function listSizeOf(schema: GraphQLSchema, parent: GraphQLNamedType, field: string): number {
  if (!parent.name.startsWith('__')) return listSize;
  return field === 'types' ? Object.keys(schema.getTypeMap()).length : (introspectionSizes[field] ?? 1);
}
