/** Who may use a root field: every one of them says so, and what says nothing is for nobody. */
import { type AuthCheckerFn, Authorized } from 'type-graphql';
import { topLevelError } from '../errors';
import { mayAll, Role } from './caller';
import type { Context } from './context';

interface Rule {
  readonly role: Role;
  readonly session: boolean;
}

/** Lets keys of `role` and above use a field; with `session`, session tokens too (the service then looks at their scope). */
export function Allow(role: Role, { session = false } = {}): MethodDecorator & PropertyDecorator {
  return Authorized<Rule>([{ role, session }]);
}

/** The check behind `Allow`. Throws FORBIDDEN; an unknown caller never gets this far. */
export const checkAllowed: AuthCheckerFn<Context, Rule> = ({ context: { caller } }, [rule]) => {
  if (rule && (caller.session ? rule.session : caller.role !== null && mayAll(caller.role, rule.role))) return true;
  const needed = rule?.role ?? Role.OWNER;
  throw topLevelError(
    'FORBIDDEN',
    caller.session
      ? 'A session token may authorize and watch its connection, nothing else.'
      : `This needs a key of the role ${needed} or above; yours is ${caller.role}.`,
  );
};
