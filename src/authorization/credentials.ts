/** The credentials that are given to authorize a connection, where its auth type takes any. */
import type { AuthType } from '../auth-types/auth-type';
import { type CredentialsInput, chosen } from '../auth-types/inputs';
import type { Credentials } from '../auth-types/setup';
import { type Problem, UserErrorCode } from '../errors';
import { problemsOf } from '../rules/rule';

export const noCredentials = ({ name }: AuthType): Problem => ({
  code: UserErrorCode.NOT_ACCEPTED,
  path: ['credentials'],
  message: `Connections of the type ${name} take no credentials: the provider gives them.`,
});

/** The credentials that `input` holds for `type`, or what is wrong with them, with the paths of `connectionAuthorize`. */
export function readCredentials(
  type: AuthType,
  config: object,
  input: CredentialsInput | null | undefined,
): { problems: Problem[]; credentials?: Credentials } {
  const problem = (code: UserErrorCode, message: string) => ({ problems: [{ code, path: ['credentials'], message }] });
  if (!input) return problem(UserErrorCode.REQUIRED, `Credentials are required: give credentials.${type.field}.`);
  const { type: given, value } = chosen(input);
  if (given !== type)
    return problem(
      UserErrorCode.NOT_ACCEPTED,
      `The connector takes credentials.${type.field}, not credentials.${given.field}.`,
    );
  const problems = [...problemsOf(value), ...(type.credentialProblems?.(value, config) ?? [])];
  if (problems.length > 0)
    return { problems: problems.map((inside) => ({ ...inside, path: ['credentials', type.field, ...inside.path] })) };
  return { problems, credentials: type.credentials?.(value) };
}
