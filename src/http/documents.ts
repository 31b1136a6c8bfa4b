/** Parses and validates documents, once for all transports, and keeps the ones used last. */
import { hash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { topLevelError } from '../errors';
import { costOf, costProblem } from './cost';
import { listProblem } from './input-limits';
import { requestError } from './message-without-values';
import { selectionProblems } from './selection-limits';

/** The most tokens a document may have. */
export const maxTokens = 15_000;
/** The most characters of source that are kept parsed: an AST takes about a hundred bytes a character. */
const keptCharacters = 256 * 1024;
/** What a character costs of a document that is refused: to read it, and to find out what is wrong, is work, too. */
const costOfCharacter = 0.1;
/** What an entry counts besides its source. */
const entryCharacters = 256;

/** An operation that is ready to be executed, or what is wrong with the request. */
export type Prepared =
  | {
      readonly document: DocumentNode;
      /** SHA-256 of its source, in hex. */
      readonly hash: string;
      readonly operation: OperationDefinitionNode;
      readonly cost: number;
      readonly errors?: undefined;
    }
  | { readonly errors: readonly GraphQLError[]; readonly cost: number };

type Variables = Readonly<Record<string, unknown>>;

interface Entry {
  readonly source: string;
  readonly document: DocumentNode;
  /** SHA-256 of its source, in hex. */
  readonly hash: string;
  /** What its operations cost, where it is the same with all variables. */
  readonly costs: Map<OperationDefinitionNode, number>;
}

/** What an entry takes of `keptCharacters`. */
const sizeOf = ({ source }: Entry) => source.length + entryCharacters;

export interface Documents {
  /** The rules a document must hold besides those of the specification. */
  readonly extraRules: readonly ValidationRule[];
  /** The operation of `query` named `operationName`, or the only one, when it may be asked with these variables. */
  prepare(query: string, operationName?: string | null, variables?: Variables | null): Prepared;
  /** The document with this SHA-256 (hex) of its source, and the source, when it is kept. */
  kept(hash: string): { readonly source: string; readonly document: DocumentNode } | undefined;
}

const documentsOfSchema = new WeakMap<GraphQLSchema, Map<boolean, Documents>>();

/** The documents of a schema: every transport gets the same ones. */
export function documentsOf(schema: GraphQLSchema, introspection = true): Documents {
  const ofSchema = documentsOfSchema.get(schema) ?? new Map<boolean, Documents>();
  documentsOfSchema.set(schema, ofSchema);
  const documents = ofSchema.get(introspection) ?? createDocuments(schema, introspection);
  ofSchema.set(introspection, documents);
  return documents;
}

function createDocuments(schema: GraphQLSchema, introspection: boolean): Documents {
  const extraRules = introspection ? [] : [NoSchemaIntrospectionCustomRule];
  // A Map keeps the order of insertion; entries are inserted anew when used, so that the first is the one unused longest.
  const entries = new Map<string, Entry>();
  /** The same entries by the hash of their source: what Apollo asks for has been read a moment ago. */
  const byHash = new Map<string, Entry>();
  let size = 0;

  function keep(entry: Entry): void {
    if (sizeOf(entry) > keptCharacters) return;
    entries.set(entry.source, entry);
    byHash.set(entry.hash, entry);
    size += sizeOf(entry);
    for (const oldest of entries.values()) {
      if (size <= keptCharacters) return;
      entries.delete(oldest.source);
      byHash.delete(oldest.hash);
      size -= sizeOf(oldest);
    }
  }

  function read(source: string): Entry | readonly GraphQLError[] {
    const known = entries.get(source);
    if (known) {
      entries.delete(source);
      entries.set(source, known);
      return known;
    }
    const document = parse(source, { maxTokens });
    const problems = selectionProblems(document);
    if (problems.length > 0) return problems;
    const errors = validate(schema, document, [...specifiedRules, ...extraRules]);
    if (errors.length > 0) return errors;
    const entry = { source, document, hash: hash('sha256', source), costs: new Map() };
    keep(entry);
    return entry;
  }

  function costIn({ document, costs }: Entry, operation: OperationDefinitionNode, variables: Variables): number {
    const known = costs.get(operation);
    if (known !== undefined) return known;
    const { cost, isFixed } = costOf(schema, document, operation, variables);
    if (isFixed) costs.set(operation, cost);
    return cost;
  }

  function prepare(query: string, operationName?: string | null, variables?: Variables | null): Prepared {
    const refused = (...errors: readonly GraphQLError[]) => ({ errors, cost: query.length * costOfCharacter });
    try {
      const entry = read(query);
      if (!('document' in entry)) return refused(...entry.map(requestError));
      const { document, hash } = entry;
      const operation = getOperationAST(document, operationName);
      if (!operation) return refused(noOperation(operationName));
      const cost = costIn(entry, operation, variables ?? {});
      const problem = costProblem(cost) ?? listProblem(schema, operation, variables ?? {});
      return problem ? refused(problem) : { document, hash, operation, cost };
    } catch (error) {
      // Parser and rules call themselves for every level of braces and brackets.
      if (error instanceof RangeError)
        return refused(topLevelError('BAD_USER_INPUT', 'The document is nested too deep.'));
      if (error instanceof GraphQLError) return refused(requestError(error));
      throw error;
    }
  }

  return { extraRules, prepare, kept: (hash) => byHash.get(hash) };
}

function noOperation(operationName: string | null | undefined): GraphQLError {
  return topLevelError(
    'BAD_USER_INPUT',
    operationName
      ? 'The document has no operation of the name given in `operationName`.'
      : 'The document must have exactly one operation, or `operationName` must name the one to run.',
  );
}
