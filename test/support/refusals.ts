/** How tests look at user errors: what matters of each, in one line. */

/** To be selected in a payload: everything that `refusals` reads, and the facts of stage errors. */
export const USER_ERRORS = 'userErrors { __typename code path message ... on StageError { stage requiredStage } }';

interface UserErrorAnswer {
  readonly __typename: string;
  readonly code: string;
  readonly path: readonly string[];
}

/** Each user error as `Type CODE path.into.the.input`. */
export function refusals({ userErrors }: { userErrors: readonly UserErrorAnswer[] }): string[] {
  return userErrors.map(({ __typename, code, path }) => [__typename, code, path.join('.')].join(' ').trim());
}
