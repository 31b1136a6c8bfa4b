/** Who may use a field: what every root field must say, and a computed field that is not for everybody may say. */
import { type AuthCheckerFn, Authorized, Extensions } from 'type-graphql';
import { topLevelError } from '../errors';
import { mayAll, type Role } from './caller';
import type { Context } from './context';

interface Rule {
  readonly role: Role;
  readonly session: boolean;
}

/** Lets keys of `role` and above use a field; with `session`, session tokens too (the service then looks at their scope). */
export function Allow(role: Role, { session = false } = {}): MethodDecorator & PropertyDecorator {
  const rule: Rule = { role, session };
  return (target: object, property: string | symbol) => {
    Authorized<Rule>([rule])(target, property);
    // For `guardRootFields`, which sees the built schema only.
    Extensions({ allow: rule })(target, property);
  };
}

/** The check behind `Allow`. Throws FORBIDDEN; an unknown caller never gets this far. */
export const checkAllowed: AuthCheckerFn<Context, Rule> = ({ context: { caller } }, rules) => {
  const [{ role, session }] = rules as [Rule];
  if (caller.session ? session : mayAll(caller.role, role)) return true;
  throw topLevelError(
    'FORBIDDEN',
    caller.session
      ? 'A session token may authorize and watch its connection, nothing else.'
      : `This needs a key of the role ${role} or above; yours is ${caller.role}.`,
  );
};
