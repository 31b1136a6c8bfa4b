/** Who is calling: what a key or a session token stands for. */
import { registerEnumType } from 'type-graphql';
import type { Author } from '../audit/actor';
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

/** Whether `role` may do all that `needed` may; a session token (`null`) has no role, and may do nothing by it. */
export const mayAll = (role: Role | null, needed: Role): boolean =>
  role !== null && order.indexOf(role) >= order.indexOf(needed);

/** The one connection (and one user of it) that a session token is for. */
export interface SessionScope {
  readonly connectionId: string;
  /** `null` for a connection that everybody shares. */
  readonly userId: string | null;
}

interface KeyHolder extends Author {
  /** The key that was presented, or with which the session token that was presented was made. */
  readonly keyId: string;
  /** The session token that was presented; `null` for a key. */
  readonly tokenId: string | null;
}

/** A key has a role; a session token has a scope instead. */
export type Caller = KeyHolder &
  ({ readonly role: Role; readonly session: null } | { readonly role: null; readonly session: SessionScope });
