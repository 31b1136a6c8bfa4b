/** The GraphQL types of broken rules: the `UserError` interface, its concrete types, and how a service's outcome becomes a payload. */
import { Field, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import { type Problem, Refused, UserErrorCode, userErrorCodeMeaning } from '../errors';
import { describeValues } from './enums';

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'What is wrong, for a form to switch on.',
  valuesConfig: describeValues(userErrorCodeMeaning),
});

@InterfaceType('UserError', {
  description: 'One broken rule of an input, or one reason why something was not done. Nothing was changed.',
  resolveType: (problem: Problem) => typeOf(problem),
})
export abstract class UserError {
  @Field({ description: 'A sentence for people: it names the rule and its limit, and never repeats a secret.' })
  message!: string;

  @Field(() => UserErrorCode, { description: 'The kind of problem, for programs.' })
  code!: UserErrorCode;

  @Field(() => [String], {
    description:
      'Where in the arguments: names and list positions from the outside in. The argument `input` itself is left out; empty when no single value is at fault.',
  })
  path!: string[];
}

@ObjectType({ implements: UserError, simpleResolvers: true, description: 'A value breaks a rule.' })
export class ValidationError extends UserError {}

@ObjectType({
  implements: UserError,
  simpleResolvers: true,
  description: 'The stage of the connector does not allow this.',
})
export class StageError extends UserError {
  @Field(() => String, { nullable: true, description: 'The stage that the connector is in.' })
  stage?: string;

  @Field(() => String, {
    nullable: true,
    description: 'The stage it would have to be in; null when no stage allows it.',
  })
  requiredStage?: string;
}

@ObjectType({ implements: UserError, simpleResolvers: true, description: 'There may be no more of these.' })
export class LimitError extends UserError {
  @Field(() => Int, { nullable: true, description: 'How many there may be.' })
  limit?: number;

  @Field(() => Int, { nullable: true, description: 'How many there would have been.' })
  actual?: number;
}

@ObjectType({
  implements: UserError,
  simpleResolvers: true,
  description: 'Something else stands in the way: it bears the same name, or depends on this.',
})
export class ConflictError extends UserError {}

@ObjectType({
  implements: UserError,
  simpleResolvers: true,
  description: 'What was referred to does not exist in this workspace.',
})
export class NotFoundError extends UserError {}

@ObjectType({
  implements: UserError,
  simpleResolvers: true,
  description: 'The third-party API refused, did not answer properly, or may not be called.',
})
export class ProviderError extends UserError {
  @Field(() => String, { nullable: true, description: "The provider's own word for the error, where it sent one." })
  providerError?: string;

  @Field(() => Int, { nullable: true, description: "The HTTP status of the provider's answer, where there was one." })
  httpStatus?: number;
}

const typeByCode: Partial<Record<UserErrorCode, string>> = {
  WRONG_STAGE: 'StageError',
  DISCARD_REQUIRED: 'StageError',
  LIMIT_REACHED: 'LimitError',
  ALREADY_EXISTS: 'ConflictError',
  IN_USE: 'ConflictError',
  NOT_FOUND: 'NotFoundError',
  TARGET_NOT_ALLOWED: 'ProviderError',
  NO_ANSWER: 'ProviderError',
  TIMED_OUT: 'ProviderError',
  TOO_LARGE: 'ProviderError',
  TLS_FAILED: 'ProviderError',
  PROVIDER_ERROR: 'ProviderError',
};

/** The concrete type that carries a problem. */
function typeOf({ code }: Pick<Problem, 'code'>): string {
  return typeByCode[code] ?? 'ValidationError';
}

/** What every mutation answers besides its result. */
@ObjectType({ simpleResolvers: true })
export abstract class Payload {
  @Field(() => [UserError], { description: 'Every reason why nothing was done; empty on success.' })
  userErrors!: UserError[];
}

/** Problems as the `UserError`s of an answer. */
export function userErrorsOf(problems: readonly Problem[]): UserError[] {
  return problems.map(({ facts, path, ...problem }) => ({ ...problem, ...facts, path: [...path] }));
}

/** The payload of a mutation: what `work` gives, or, when it is `Refused`, its problems and no result. */
export async function outcome<Result extends object>(
  work: () => Promise<Result>,
): Promise<Partial<Result> & { userErrors: UserError[] }> {
  try {
    return { ...(await work()), userErrors: [] };
  } catch (error) {
    if (error instanceof Refused) return { userErrors: userErrorsOf(error.problems) } as never;
    throw error;
  }
}
