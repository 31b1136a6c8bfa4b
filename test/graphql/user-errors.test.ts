/** User errors: which type carries which code, with which facts; and what becomes of a service's work. */
import type { GraphQLInterfaceType, GraphQLObjectType } from 'graphql';
import { type Problem, Refused, UserErrorCode } from '../../src/errors';
import { outcome, UserError, userErrorsOf } from '../../src/graphql/user-errors';
import { graphqlSchema } from '../../src/schema';

const schema = graphqlSchema();
const userError = schema.getType('UserError') as GraphQLInterfaceType;

/** Every code with its type. */
const types: Record<keyof typeof UserErrorCode, string> = {
  REQUIRED: 'ValidationError',
  TOO_LONG: 'ValidationError',
  INVALID_CHARACTERS: 'ValidationError',
  INVALID_START: 'ValidationError',
  INVALID_FORMAT: 'ValidationError',
  INVALID_URL: 'ValidationError',
  OUT_OF_RANGE: 'ValidationError',
  LIMIT_REACHED: 'LimitError',
  ALREADY_EXISTS: 'ConflictError',
  NOT_FOUND: 'NotFoundError',
  NOT_ACCEPTED: 'ValidationError',
  RESERVED: 'ValidationError',
  UNKNOWN_KEY: 'ValidationError',
  WRONG_STAGE: 'StageError',
  DISCARD_REQUIRED: 'StageError',
  IN_USE: 'ConflictError',
  NOT_READY: 'ValidationError',
  NOT_AUTHORIZED: 'ValidationError',
  TARGET_NOT_ALLOWED: 'ProviderError',
  NO_ANSWER: 'ProviderError',
  TIMED_OUT: 'ProviderError',
  TOO_LARGE: 'ProviderError',
  TLS_FAILED: 'ProviderError',
  PROVIDER_ERROR: 'ProviderError',
};

const problem = (code: UserErrorCode, facts?: Problem['facts']): Problem => ({
  code,
  message: 'No.',
  path: ['input', '0'],
  facts,
});

test.each(Object.values(UserErrorCode))('%s has its type, which the schema knows', async (code) => {
  const [error] = userErrorsOf([problem(code)]);
  const name = `${await userError.resolveType?.(error, {}, {} as never, userError)}`;
  expect(name).toBe(types[code]);
  const type = schema.getType(name) as GraphQLObjectType;
  expect(type.getInterfaces().map((one) => one.name)).toEqual([UserError.name]);
});

test('facts stand beside the message in the answer', () => {
  const errors = userErrorsOf([
    problem(UserErrorCode.WRONG_STAGE, { stage: 'DRAFT', requiredStage: 'READY' }),
    problem(UserErrorCode.LIMIT_REACHED, { limit: 50, actual: 51 }),
    problem(UserErrorCode.PROVIDER_ERROR, { providerError: 'invalid_grant', httpStatus: 400 }),
    problem(UserErrorCode.REQUIRED),
  ]);
  expect(errors).toEqual([
    { code: 'WRONG_STAGE', message: 'No.', path: ['input', '0'], stage: 'DRAFT', requiredStage: 'READY' },
    { code: 'LIMIT_REACHED', message: 'No.', path: ['input', '0'], limit: 50, actual: 51 },
    { code: 'PROVIDER_ERROR', message: 'No.', path: ['input', '0'], providerError: 'invalid_grant', httpStatus: 400 },
    { code: 'REQUIRED', message: 'No.', path: ['input', '0'] },
  ]);
});

describe('the outcome', () => {
  test('of work that was done is its result without errors', async () => {
    expect(await outcome(async () => ({ connection: 1 }))).toEqual({ connection: 1, userErrors: [] });
  });

  test('of work that was refused is every reason and no result', async () => {
    const work = (): Promise<object> =>
      Promise.reject(new Refused(problem(UserErrorCode.REQUIRED), problem(UserErrorCode.TOO_LONG)));
    const payload = await outcome(work);
    expect(Object.keys(payload)).toEqual(['userErrors']);
    expect(payload.userErrors.map(({ code }) => code)).toEqual(['REQUIRED', 'TOO_LONG']);
  });

  test('of work that failed is its error', async () => {
    const work = (): Promise<object> => Promise.reject(new Error('broken'));
    await expect(outcome(work)).rejects.toThrow('broken');
  });
});
