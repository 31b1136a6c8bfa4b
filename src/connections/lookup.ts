/** How connections are found: inside the workspace of the caller, for a session token only its own, all else as if it did not exist. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { type Problem, Refused, UserErrorCode } from '../errors';
import type { ConnectionRef } from '../graphql/reference';
import { linkNameKey } from '../rules/link-name';
import { characters, isKeepable } from '../rules/text';
import type { Store } from '../storage/store';
import { AuthorizationLevel, Connection } from './connection';

const USER_ID_LIMIT = 255;

/** The connection that `ref` names, or `null`. */
export async function findConnection(
  manager: EntityManager,
  { workspaceId, session }: Caller,
  { id, linkName }: ConnectionRef,
): Promise<Connection | null> {
  if (!isKeepable(id ?? linkName ?? '')) return null;
  const connection = await manager.findOneBy(
    Connection,
    id != null ? { workspaceId, id } : { workspaceId, linkNameKey: linkNameKey(linkName ?? '') },
  );
  return visible(session, connection);
}

/** A session token sees its own connection only. */
const visible = (session: Caller['session'], connection: Connection | null) =>
  session && connection?.id !== session.connectionId ? null : connection;

/** Finds what a connection is used with, in one read: the connection that `ref` names, more of it, and nothing of other workspaces. */
export type ConnectionRead<More> = (
  caller: Caller,
  ref: ConnectionRef,
  ...values: string[]
) => Promise<({ connection: Connection } & More) | null>;

/**
 * Prepares to find connections with every request, and, with `more`, rows that belong to them: `join` says how, its values come before
 * those of the reference.
 */
export function prepareConnectionRead<More extends Record<string, new () => object>>(
  store: Store,
  more: More,
  join = '',
): ConnectionRead<{ [Name in keyof More]: InstanceType<More[Name]> | null }> {
  const from = `FROM connection ${join} WHERE connection."workspaceId" = ?`;
  const byId = store.prepare({ connection: Connection, ...more }, `${from} AND connection.id = ?`);
  const byLinkName = store.prepare({ connection: Connection, ...more }, `${from} AND connection."linkNameKey" = ?`);
  return async ({ workspaceId, session }, { id, linkName }, ...given) => {
    if (!isKeepable(id ?? linkName ?? '')) return null;
    // What could not be kept belongs to nothing, and it is not for a look-up to say so.
    const values = given.map((value) => (isKeepable(value) ? value : ''));
    const found =
      id != null
        ? await byId(...values, workspaceId, id)
        : await byLinkName(...values, workspaceId, linkNameKey(linkName ?? ''));
    const connection = visible(session, (found?.connection as Connection | null | undefined) ?? null);
    return found && connection
      ? { ...(found as { [Name in keyof More]: InstanceType<More[Name]> | null }), connection }
      : null;
  };
}

export const noSuchConnection = (path: readonly string[]) =>
  new Refused({ code: UserErrorCode.NOT_FOUND, path, message: 'There is no such connection.' });

/** The connection that `ref` names. Throws `Refused` NOT_FOUND with `path`. */
export async function getConnection(
  manager: EntityManager,
  caller: Caller,
  ref: ConnectionRef,
  path: readonly string[] = ['id'],
): Promise<Connection> {
  const connection = await findConnection(manager, caller, ref);
  if (connection) return connection;
  throw noSuchConnection(path);
}

/** The user that a call is about: the one a session token is for, or the one given. */
export function userOf({ session }: Caller, userId: string | null | undefined): string | null {
  return session ? session.userId : (userId ?? null);
}

/** What is wrong with the user of a call: whether one is given must fit the level of the connection, and the caller. */
export function userProblems(
  caller: Caller,
  { authorizationLevel }: Connection,
  given: string | null | undefined,
): Problem[] {
  const problem = (code: UserErrorCode, message: string): Problem[] => [{ code, path: ['userId'], message }];
  if (caller.session && given != null && given !== caller.session.userId)
    return problem(UserErrorCode.NOT_ACCEPTED, 'A session token acts for its own user only: leave userId out.');
  const userId = userOf(caller, given);
  if (authorizationLevel === AuthorizationLevel.ADMIN)
    return userId === null
      ? []
      : problem(UserErrorCode.NOT_ACCEPTED, 'A connection of the level ADMIN is shared by all: leave userId out.');
  if (userId === null || userId === '')
    return problem(
      UserErrorCode.REQUIRED,
      'A connection of the level LOGGED_IN_USER has a grant for each user: say which userId.',
    );
  return [
    ...(characters(userId) > USER_ID_LIMIT
      ? problem(UserErrorCode.TOO_LONG, `A userId has at most ${USER_ID_LIMIT} characters.`)
      : []),
    ...(/\p{Cc}/u.test(userId) ? problem(UserErrorCode.INVALID_CHARACTERS, 'A userId has no control characters.') : []),
  ];
}
