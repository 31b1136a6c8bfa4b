/** What a rule is: a class-validator constraint that knows its error code; and how the broken ones of an input are collected. */
import { ValidateBy, type ValidationError, validateSync } from 'class-validator';
import { type Problem, UserErrorCode } from '../errors';

/**
 * A rule for a property. It is asked about every value that was given (`undefined` never, `null` only when `ofNull`), and
 * its message names the rule and its limit.
 */
export function Rule<T = string>(
  code: UserErrorCode,
  message: string,
  holds: (value: T) => boolean,
  { ofNull = false } = {},
): PropertyDecorator {
  const validate = (value: unknown) => value === undefined || (value === null && !ofNull) || holds(value as T);
  return ValidateBy(
    { name: `${code} ${message}`, validator: { validate, defaultMessage: () => message } },
    { context: { code } },
  );
}

/** Several rules as one. */
export function allOf(...rules: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

/** A value that, when given, is not empty. `null` passes: where it cannot mean "none", `NotNull` stands beside. */
export const NotEmpty = (what: string): PropertyDecorator =>
  Rule(UserErrorCode.REQUIRED, `${what} is required: it cannot be empty.`, (value) => value !== '');

/** A value that can be left out but not `null`. */
export const NotNull = (what: string): PropertyDecorator =>
  Rule<unknown>(
    UserErrorCode.REQUIRED,
    `${what} is required: leave it out or give a value, not null.`,
    (value) => value !== null,
    { ofNull: true },
  );

/** Every broken rule of `input` and of the inputs nested in it, with `path` before their own paths. */
export function problemsOf(input: object, path: readonly string[] = []): Problem[] {
  return validateSync(input, { forbidUnknownValues: false }).flatMap((error) => flatten(error, path));
}

function flatten(error: ValidationError, parent: readonly string[]): Problem[] {
  const path = [...parent, error.property];
  const own = Object.entries(error.constraints ?? {}).flatMap(([name, message]) => {
    const code = (error.contexts?.[name] as { code?: UserErrorCode } | undefined)?.code;
    return code ? [{ code, message, path }] : [];
  });
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, path))];
}
