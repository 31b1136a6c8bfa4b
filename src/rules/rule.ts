/** What a rule is: a class-validator constraint that tells its own problems; and how those of an input are collected. */
import { ValidateBy, type ValidationError, validateSync } from 'class-validator';
import { type Problem, UserErrorCode } from '../errors';

/** What class-validator carries along with a broken constraint. */
interface Context {
  readonly problems: (value: unknown) => Problem[];
}

/**
 * A constraint on a property. It is asked about every value that was given: `undefined` never, `null` only when `ofNull`.
 * `name` tells it from the others of the property; paths begin inside the value.
 */
export function Constraint<T>(name: string, find: (value: T) => Problem[], { ofNull = false } = {}): PropertyDecorator {
  const problems = (value: unknown) => (value === undefined || (value === null && !ofNull) ? [] : find(value as T));
  const validate = (value: unknown) => problems(value).length === 0;
  const context: Context = { problems };
  return ValidateBy({ name, validator: { validate, defaultMessage: () => name } }, { context });
}

/** A single rule for a property; its message names the rule and its limit. */
export const Rule = <T = string>(
  code: UserErrorCode,
  message: string,
  holds: (value: T) => boolean,
  options?: { ofNull: boolean },
): PropertyDecorator =>
  Constraint<T>(`${code} ${message}`, (value) => (holds(value) ? [] : [{ code, message, path: [] }]), options);

/** Several rules as one. */
export function allOf(...rules: PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

/** A value that, when given, is not empty. `null` passes: where it cannot mean "none", `NotNull` stands beside. */
export const NotEmpty = (what: string): PropertyDecorator =>
  Rule(UserErrorCode.REQUIRED, `${what} is required: it cannot be empty.`, (value) => value !== '');

/** A value of which `null` is the way to say "none". */
export const NullNotEmpty = (what: string): PropertyDecorator =>
  Rule(UserErrorCode.REQUIRED, `${what} cannot be empty; null stands for none.`, (value) => value !== '');

/** A value that can be left out but not `null`. */
export const NotNull = (what: string): PropertyDecorator =>
  Rule<unknown>(
    UserErrorCode.REQUIRED,
    `${what} is required: leave it out or give a value, not null.`,
    (value) => value !== null,
    { ofNull: true },
  );

/** A list of at most `limit` items, each of which keeps its rules. A longer one is not looked into: its length has no bound. */
export const Items = <T extends object | string>(
  what: string,
  limit: number,
  problemsOfItem: (item: T, before: readonly T[]) => Problem[],
): PropertyDecorator =>
  Constraint<T[]>(`items ${what}`, (items) => {
    if (items.length > limit)
      return [{ code: UserErrorCode.TOO_LONG, message: `At most ${limit} ${what}, not ${items.length}.`, path: [] }];
    return items.flatMap((item, index) =>
      problemsOfItem(item, items.slice(0, index)).map((problem) => ({
        ...problem,
        path: [`${index}`, ...problem.path],
      })),
    );
  });

/** Every broken rule of `input` and of the inputs nested in it, with `path` before their own paths. */
export function problemsOf(input: object, path: readonly string[] = []): Problem[] {
  return validateSync(input, { forbidUnknownValues: false }).flatMap((error) => flatten(error, path));
}

function flatten(
  { property, value, contexts = {}, children = [] }: ValidationError,
  parent: readonly string[],
): Problem[] {
  const path = [...parent, property];
  const own = Object.values<Context>(contexts).flatMap(({ problems }) =>
    problems(value).map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
  );
  return [...own, ...children.flatMap((child) => flatten(child, path))];
}
