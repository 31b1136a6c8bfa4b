/** Rebuilds the messages of graphql-js without the values they repeat: a value may be somebody's secret. */
import { GraphQLError, Kind } from 'graphql';
import { topLevelError, topLevelErrors } from '../errors';

const valueKinds: readonly string[] = [
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
];

const suggestion = String.raw`(?: Did you mean (?:the enum value )?["\w, ]+\?)?`;

/** Every sentence about a value that is known to say nothing of it; what stands in the group is kept. */
const sentencesAboutValues = [
  /^(Expected (?:non-nullable )?type "[^"]+"(?: to be an object| not to be null)?)\./,
  /^(Expected value of type "[^"]+"), found /,
  /^((?:Int|Float|String|Boolean|ID) cannot represent (?:[a-z0-9 -]+ )?value): /,
  /^(Enum "\w+" cannot represent non-(?:string|enum) value): /,
  /^(Field "[\w.]+" of required type "[^"]+" was not provided)\.$/,
  new RegExp(String.raw`^(Field "[_A-Za-z]\w{0,63}" is not defined by type "\w+"\.${suggestion})$`),
  /^(Field "[\w.]+" must be non-null)\.$/,
  /^(Exactly one key must be specified for OneOf type "\w+")\.$/,
  /^(OneOf Input Object "\w+" must specify exactly one key)\.$/,
  /^(Argument "\w+" has invalid value) /,
  /^(Argument "\w+" of (?:required|non-null) type "[^"]+" (?:was|must) [^"]+(?:"\$\w+"[^"]+)?)\.$/,
];

const tooComplex = 'The document is too complex to be checked: use fewer fields and fragments.';
const enumSentence = new RegExp(String.raw`does not exist in ("\w+" enum\.${suggestion})$`);
const syntaxErrorAtValue =
  /^(Syntax Error: (?:Unexpected|Expected .*?, found) (?:String|BlockString|Int|Float|Comment)) "/;
const syntaxErrorInString = /^(Syntax Error: Invalid (?:Unicode|character) escape sequence): /;

/** An error in a request as a top-level error, without values; for errors that are known to be the request's. */
export function requestError(error: GraphQLError): GraphQLError {
  const { nodes, source, positions } = error;
  const { extensions } = topLevelError('BAD_USER_INPUT', '');
  return new GraphQLError(messageWithoutValues(error), { nodes, source, positions, extensions });
}

/** The message of an error in a request, without values of variables or literals. */
export function messageWithoutValues(error: GraphQLError): string {
  const [node] = error.nodes ?? [];
  if (node?.kind === Kind.VARIABLE_DEFINITION) return aboutVariable(error, node.variable.name.value);
  if (error.message === 'Validation aborted.') return tooComplex;
  const [, atValue] = syntaxErrorAtValue.exec(error.message) ?? syntaxErrorInString.exec(error.message) ?? [];
  if (atValue) return `${atValue}.`;
  // A scalar reports what it likes about a literal, with the literal's node or with none.
  const isSilent = node !== undefined ? !valueKinds.includes(node.kind) : isKnownWithoutNodes(error);
  return isSilent ? error.message : aboutValue(error);
}

/** graphql-js throws these while it resolves a field: the arguments, not the resolver, are wrong. */
export function isArgumentError(error: GraphQLError): boolean {
  const { originalError } = error;
  return (
    originalError instanceof GraphQLError && originalError.nodes !== undefined && /^Argument "/.test(error.message)
  );
}

function aboutVariable(error: GraphQLError, name: string): string {
  const prefix = `Variable "$${name}" got invalid value `;
  const { originalError } = error;
  if (!error.message.startsWith(prefix) || !originalError) return error.message;
  // The value stands between the prefix and the path; a quote in a value is escaped, so that it cannot pass for a path.
  const head = error.message.slice(0, -`; ${originalError.message}`.length);
  const [, path = name] = / at "([\w.[\]]+)"$/.exec(head) ?? [];
  return `Variable "$${name}" got an invalid value at "${path}"; ${aboutValue(originalError)}`;
}

function aboutValue(error: Error): string {
  const said = error instanceof GraphQLError && error.originalError ? error.originalError : error;
  if (isOwn(said)) return said.message;
  for (const sentence of sentencesAboutValues) {
    const [, kept] = sentence.exec(error.message) ?? [];
    if (kept) return /[.?]$/.test(kept) ? kept : `${kept}.`;
  }
  const [, name] = enumSentence.exec(error.message) ?? [];
  return name ? `Value does not exist in ${name}` : 'The value is not of the type asked for.';
}

/** A scalar of ours throws `topLevelError`; its message names the rule, not the value. */
function isOwn(error: Error): boolean {
  if (!(error instanceof GraphQLError)) return false;
  const { code, http } = error.extensions as { code?: unknown; http?: { status?: unknown } };
  return code === 'BAD_USER_INPUT' && http?.status === topLevelErrors.BAD_USER_INPUT;
}

/** Syntax errors have a source and no nodes, and so have errors about the request as a whole; those of scalars neither. */
function isKnownWithoutNodes(error: GraphQLError): boolean {
  return (
    error.source !== undefined || /^(Too many (validation )?errors|Must provide|Unknown operation)/.test(error.message)
  );
}
