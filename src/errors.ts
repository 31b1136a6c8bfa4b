/** The catalogue of everything that can be answered to a caller as wrong: its code, its message, and who may see it. */
import { GraphQLError } from 'graphql';

/** What a form can switch on: the `code` of a `UserError`. */
export enum UserErrorCode {
  REQUIRED = 'REQUIRED',
  TOO_LONG = 'TOO_LONG',
  INVALID_CHARACTERS = 'INVALID_CHARACTERS',
  INVALID_START = 'INVALID_START',
  INVALID_FORMAT = 'INVALID_FORMAT',
  INVALID_URL = 'INVALID_URL',
  OUT_OF_RANGE = 'OUT_OF_RANGE',
  LIMIT_REACHED = 'LIMIT_REACHED',
  ALREADY_EXISTS = 'ALREADY_EXISTS',
  NOT_FOUND = 'NOT_FOUND',
  NOT_ACCEPTED = 'NOT_ACCEPTED',
  RESERVED = 'RESERVED',
  UNKNOWN_KEY = 'UNKNOWN_KEY',
  WRONG_STAGE = 'WRONG_STAGE',
  DISCARD_REQUIRED = 'DISCARD_REQUIRED',
  IN_USE = 'IN_USE',
  NOT_READY = 'NOT_READY',
  NOT_AUTHORIZED = 'NOT_AUTHORIZED',
  TARGET_NOT_ALLOWED = 'TARGET_NOT_ALLOWED',
  NO_ANSWER = 'NO_ANSWER',
  TIMED_OUT = 'TIMED_OUT',
  TOO_LARGE = 'TOO_LARGE',
  TLS_FAILED = 'TLS_FAILED',
  PROVIDER_ERROR = 'PROVIDER_ERROR',
}

/** What each code means; the schema shows it beside the value. */
export const userErrorCodeMeaning: Record<UserErrorCode, string> = {
  REQUIRED: 'A value that must be given is missing or empty.',
  TOO_LONG: 'A value has more characters, items or bytes than allowed; the message names the limit.',
  INVALID_CHARACTERS: 'A value has a character that the rule does not allow; the message names the allowed ones.',
  INVALID_START: 'The first character of a value is not one it may start with.',
  INVALID_FORMAT: 'A value is not of the form asked for (an image, a pattern, a host, base64).',
  INVALID_URL: 'A URL breaks the rule for URLs; the message names the part.',
  OUT_OF_RANGE: 'A number is below or above its range; the message names both ends.',
  LIMIT_REACHED: 'There are as many of these as allowed already.',
  ALREADY_EXISTS: 'Another one bears this name, link name or value.',
  NOT_FOUND: 'What was referred to does not exist in this workspace.',
  NOT_ACCEPTED: 'A value was given where none may be given.',
  RESERVED: 'The name belongs to the protocol or to the connector and cannot be set by the caller.',
  UNKNOWN_KEY: 'A key was given that the connector does not declare.',
  WRONG_STAGE: 'The connector is in a stage that does not allow this change.',
  DISCARD_REQUIRED: 'Changing the authentication type loses configuration and scopes: say `discardExisting: true`.',
  IN_USE: 'Something still depends on this, so that it cannot be changed or deleted.',
  NOT_READY: 'Authentication details are missing; see `readiness`.',
  NOT_AUTHORIZED: 'The connection has no usable grant (for this user): authorize it first.',
  TARGET_NOT_ALLOWED: 'The address may not be called; the message says what to add where.',
  NO_ANSWER: 'The other side could not be reached or closed the connection without an answer.',
  TIMED_OUT: 'The other side did not finish its answer in time.',
  TOO_LARGE: 'The answer has more bytes (decoded) than the limit of the request.',
  TLS_FAILED: 'The certificate or the encryption of the other side was not acceptable.',
  PROVIDER_ERROR: 'The third-party API refused; its words are in `providerError`.',
};

/** One broken rule, before it is dressed as a GraphQL type (`graphql/user-errors.ts`). `path` leads into the arguments; `input` itself is left out. */
export interface Problem {
  readonly code: UserErrorCode;
  readonly message: string;
  readonly path: readonly string[];
  /** Facts that the concrete error types add. */
  readonly facts?: {
    readonly stage?: string;
    readonly requiredStage?: string;
    readonly limit?: number;
    readonly actual?: number;
    readonly providerError?: string;
    readonly httpStatus?: number;
  };
}

/** Thrown inside a service to end its transaction: nothing is kept, and the caller gets `problems` as `userErrors`. */
export class Refused extends Error {
  readonly problems: readonly Problem[];
  constructor(...problems: Problem[]) {
    super(problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`).join('; '));
    this.name = 'Refused';
    this.problems = problems;
  }
}

/** Ends a service with `problems` when there are any. */
export function refuseAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new Refused(...problems);
}

/** What `work` gives; when it is `Refused`, `problems` are told too, so that everything that is wrong is told at once. */
export async function alsoRefusing<T>(problems: readonly Problem[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Refused ? new Refused(...problems, ...error.problems) : error;
  }
}

/** Top-level errors: the only codes that ever stand in `errors[].extensions.code`, with the HTTP status of each. */
export const topLevelErrors = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  RATE_LIMITED: 429,
  INTERNAL: 500,
} as const;

export type TopLevelCode = keyof typeof topLevelErrors;

/** Builds a top-level error; its message is seen by the caller as it stands. */
export function topLevelError(code: TopLevelCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: topLevelErrors[code] } } });
}

/** RATE_LIMITED, with the seconds after which it is worth trying again (Retry-After, RFC 9110 section 10.2.3). */
export function rateLimited(message: string, retryAfter?: number): GraphQLError {
  const http = { status: topLevelErrors.RATE_LIMITED, ...(retryAfter !== undefined && { retryAfter }) };
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', http } });
}
