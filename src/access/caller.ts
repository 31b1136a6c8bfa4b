/** Who is calling: what a key or a session token stands for. */
import { registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';

export enum Role {
  OWNER = 'OWNER',
  ADMIN = 'ADMIN',
  INTEGRATOR = 'INTEGRATOR',
  VIEWER = 'VIEWER',
}

registerEnumType(Role, {
  name: 'Role',
  description: 'What a key may do; each role may do what those after it may.',
  valuesConfig: describeValues<keyof typeof Role>({
    OWNER: 'Makes workspaces.',
    ADMIN: 'Changes connectors, keys and the workspace.',
    INTEGRATOR: 'Makes and authorizes connections and calls APIs through them; reads connectors.',
    VIEWER: 'Reads the status of connections.',
  }),
});

const order = [Role.VIEWER, Role.INTEGRATOR, Role.ADMIN, Role.OWNER];

export const mayAll = (role: Role, needed: Role): boolean => order.indexOf(role) >= order.indexOf(needed);

/** The one connection (and one user of it) that a session token is for. */
export interface SessionScope {
  readonly connectionId: string;
  /** `null` for a connection that everybody shares. */
  readonly userId: string | null;
}

export interface Caller {
  readonly workspaceId: string;
  /** The key, or the session token, that was presented. */
  readonly keyId: string;
  /** `null` for a session token, which has no role but its scope. */
  readonly role: Role | null;
  readonly session: SessionScope | null;
}
