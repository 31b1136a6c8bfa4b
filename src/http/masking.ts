/** Turns anything that went wrong into what a caller may see of it: the same on every transport. */
import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { type TopLevelCode, topLevelErrors } from '../errors';
import { isArgumentError, messageWithoutValues } from './message-without-values';
import type { TransportLog, TransportOptions } from './transport';

/** Codes of Apollo for documents that it cannot execute. */
const apolloRequestCodes = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED'];

/** What a caller gets of an error. */
export interface MaskedError extends GraphQLFormattedError {
  readonly extensions: { readonly code: TopLevelCode };
}

/**
 * The error as a caller may see it: `locations` and `path` stay, of the extensions only a code of `topLevelErrors`. What
 * nobody expected is logged and becomes INTERNAL with the request id.
 */
export function maskError(thrown: unknown, requestId: string, log: TransportLog): MaskedError {
  const error = asGraphQLError(thrown);
  const { code, message } = expected(error) ?? unexpected(error, requestId, log);
  const { locations, path } = error.toJSON();
  return { message, ...(locations && { locations }), ...(path && { path }), extensions: { code } };
}

/** `maskError` as the transports use it. Where the schema may not be asked for, errors do not suggest names of it either. */
export function maskerOf({ log, introspection = true }: Pick<TransportOptions, 'log' | 'introspection'>) {
  return (thrown: unknown, requestId: string): MaskedError => {
    const error = maskError(thrown, requestId, log);
    return introspection ? error : { ...error, message: error.message.replace(/ Did you mean .+\?$/s, '') };
  };
}

/** Wraps whatever was thrown; the wrapper says nothing itself. */
export function asGraphQLError(thrown: unknown): GraphQLError {
  if (thrown instanceof GraphQLError) return thrown;
  const originalError = thrown instanceof Error ? thrown : new Error('Something that is not an Error was thrown.');
  return new GraphQLError('', { originalError });
}

/** Whether an error is one that nobody expected: our fault, which is logged and masked. */
export const isOurFault = (thrown: unknown): boolean => expected(asGraphQLError(thrown)) === undefined;

interface Visible {
  readonly code: TopLevelCode;
  readonly message: string;
}

function expected(error: GraphQLError): Visible | undefined {
  // A variable's error takes over the extensions of the scalar's error, so this comes first: its message repeats the value.
  const isOfVariable = error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION;
  const code = isOfVariable ? undefined : ownCode(error);
  if (code && code !== 'INTERNAL') return { code, message: error.message };
  return isRequestError(error) ? { code: 'BAD_USER_INPUT', message: messageWithoutValues(error) } : undefined;
}

function unexpected(error: GraphQLError, requestId: string, log: TransportLog): Visible {
  log.error({ err: error.originalError ?? error, requestId, path: error.path?.join('.') }, 'an operation failed');
  return {
    code: 'INTERNAL',
    message: `Something went wrong on our side. Quote the request id ${requestId} when you report it.`,
  };
}

/** The request itself is wrong: its syntax, its fit to the schema, its variables. What resolvers throw always has a path. */
function isRequestError(error: GraphQLError): boolean {
  if (error.path !== undefined) return isArgumentError(error);
  if (apolloRequestCodes.includes(String(error.extensions.code))) return true;
  return error.nodes !== undefined || error.source !== undefined || error.message.startsWith('Too many errors');
}

/** The code of an error made by `topLevelError`; that of others' errors is not trusted, for their messages repeat values. */
function ownCode({ extensions }: GraphQLError): TopLevelCode | undefined {
  const code = Object.keys(topLevelErrors).find((name) => name === extensions.code) as TopLevelCode | undefined;
  return code && (extensions.http as { status?: number } | undefined)?.status === topLevelErrors[code]
    ? code
    : undefined;
}
