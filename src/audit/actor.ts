/** Who did a deed, as the audit log remembers it once the key or the token is long gone. */
import { registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';

export enum AuditActorKind {
  KEY = 'KEY',
  SESSION_TOKEN = 'SESSION_TOKEN',
  SERVER = 'SERVER',
}

registerEnumType(AuditActorKind, {
  name: 'AuditActorKind',
  description: 'What somebody showed who did something.',
  valuesConfig: describeValues<keyof typeof AuditActorKind>({
    KEY: 'A key to this API.',
    SESSION_TOKEN: 'A session token.',
    SERVER: 'Nothing: the server did it by itself, as its settings want it.',
  }),
});

export interface Actor {
  readonly kind: AuditActorKind;
  /** Of the key or of the session token. */
  readonly id: string | null;
  /** Of the key, or of the one that the session token was made with. */
  readonly name: string | null;
  /** Of the key; a session token has none. */
  readonly role: string | null;
  /** The user that the session token is for. */
  readonly userId: string | null;
  /** The request that it was done by, or that began what a person finished in a browser. */
  readonly requestId: string | null;
}

/** Somebody in a workspace. */
export interface Author {
  readonly workspaceId: string;
  readonly actor: Actor;
}

export const SERVER: Actor = {
  kind: AuditActorKind.SERVER,
  id: null,
  name: null,
  role: null,
  userId: null,
  requestId: null,
};

/** What another workspace is told of an actor: that there was one. Which one is no business of its. */
export const asStranger = (actor: Actor): Actor => ({ ...actor, id: null, name: null, userId: null });
