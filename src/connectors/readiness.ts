/** What a connector still needs: computed by the same rules that marking it Ready asks. */
import { Field, ObjectType } from 'type-graphql';
import { authTypeNamed } from '../auth-types';
import type { AuthType } from '../auth-types/auth-type';
import { type Problem, UserErrorCode } from '../errors';
import { UserError, userErrorsOf } from '../graphql/user-errors';
import type { Connector } from './connector';
import type { Setups } from './setups';

@ObjectType({ simpleResolvers: true, description: 'What a connector still needs before it can be marked Ready.' })
export class Readiness {
  @Field({ description: 'Whether nothing is missing.' })
  ready!: boolean;

  @Field(() => [UserError], {
    description: 'What `connectorMarkReady` would refuse for; the paths are those of `connectorSetAuthConfig`.',
  })
  missing!: UserError[];

  @Field(() => [UserError], { description: 'What may stay as it is but is probably not meant.' })
  warnings!: UserError[];
}

/** What is missing, with the paths of `connectorSetAuthConfig`. */
export function missingDetails(connector: Connector, setups: Setups): Problem[] {
  if (connector.authType === null)
    return [
      {
        code: UserErrorCode.REQUIRED,
        path: ['authConfig'],
        message: 'The authentication is not configured: use connectorSetAuthConfig.',
      },
    ];
  const type = authTypeNamed(connector.authType);
  return type.missing(setups.open(connector)).map((problem) => inside(type, problem));
}

/** A problem inside a configuration, with its path in the arguments of `connectorSetAuthConfig`. */
export function inside({ field }: AuthType, { path, ...problem }: Problem): Problem {
  return { ...problem, path: ['authConfig', field, ...path] };
}

export function readinessOf(connector: Connector, setups: Setups, scopeCount: number): Readiness {
  const missing = missingDetails(connector, setups);
  return {
    ready: missing.length === 0,
    missing: userErrorsOf(missing),
    warnings: userErrorsOf(warningsOf(connector, setups, scopeCount)),
  };
}

function warningsOf(connector: Connector, setups: Setups, scopeCount: number): Problem[] {
  if (connector.authType === null) return [];
  const type = authTypeNamed(connector.authType);
  const nowhere: Problem = {
    code: UserErrorCode.REQUIRED,
    path: ['allowedHosts'],
    message: 'No host is allowed yet, so that invokeUrl can call nothing: name the hosts of the API in allowedHosts.',
  };
  return [
    ...(type.warnings?.(setups.open(connector), { scopeCount }) ?? []),
    ...(hostsOf(connector).length === 0 ? [nowhere] : []),
  ];
}

/** The hosts that credentials may be sent to: those of the connector, or else those its auth type is made for. */
export function hostsOf({ allowedHosts, authType }: Connector): readonly string[] {
  if (allowedHosts.length > 0 || authType === null) return allowedHosts;
  return authTypeNamed(authType).defaultAllowedHosts ?? [];
}
