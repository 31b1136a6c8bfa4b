/** How much one document may ask for: fragments make a short document select more than any server can answer. */
import { type DocumentNode, type FragmentDefinitionNode, GraphQLError, Kind, type SelectionSetNode } from 'graphql';

/** The most fields an operation may select, every spread of a fragment counted anew. */
export const maxFields = 5_000;
/** The deepest a field may stand; the introspection query of the usual tools needs 15. */
export const maxDepth = 30;

/** The most fields at the root of an operation, by whatever alias: each is a transaction of its own, or a call. */
export const maxRootFields = 50;

interface Size {
  readonly fields: number;
  readonly depth: number;
  /** Fields that stand at the top. */
  readonly width: number;
}

const nothing: Size = { fields: 0, depth: 0, width: 0 };

/** What is too large in a document, an error an operation. It need not be valid: to validate a large one is work for itself. */
export function selectionProblems(document: DocumentNode): GraphQLError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const sizes = new Map<string, Size>();

  function ofFragment(name: string): Size {
    const known = sizes.get(name);
    if (known) return known;
    // What it spreads of itself, in a circle, adds nothing: validation refuses that.
    sizes.set(name, nothing);
    const fragment = fragments.get(name);
    const size = fragment ? ofSelections(fragment.selectionSet) : nothing;
    sizes.set(name, size);
    return size;
  }

  function ofSelections({ selections }: SelectionSetNode): Size {
    let [fields, depth, width] = [0, 0, 0];
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD ? 1 : 0;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(selection.name.value)
          : selection.selectionSet && ofSelections(selection.selectionSet);
      fields += isField + (inner?.fields ?? 0);
      depth = Math.max(depth, isField + (inner?.depth ?? 0));
      width += isField || (inner?.width ?? 0);
    }
    return { fields, depth, width };
  }

  return document.definitions.flatMap((node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return [];
    const { fields, depth, width } = ofSelections(node.selectionSet);
    if (fields > maxFields)
      return [new GraphQLError(`An operation may select at most ${maxFields} fields.`, { nodes: node })];
    if (depth > maxDepth) return [new GraphQLError(`Fields may be nested at most ${maxDepth} deep.`, { nodes: node })];
    if (width > maxRootFields)
      return [new GraphQLError(`An operation may have at most ${maxRootFields} fields at its root.`, { nodes: node })];
    return [];
  });
}
