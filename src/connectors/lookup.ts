/** How connectors and scopes are found: always inside the workspace of the caller, and the same answer for all that is not there. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { Refused, UserErrorCode } from '../errors';
import type { ConnectorRef } from '../graphql/reference';
import { linkNameKey } from '../rules/link-name';
import { isKeepable } from '../rules/text';
import { Connector } from './connector';

/** The connector that `ref` names, or `null`. */
export async function findConnector(
  manager: EntityManager,
  { workspaceId }: Caller,
  { id, linkName }: ConnectorRef,
): Promise<Connector | null> {
  if (!isKeepable(id ?? linkName ?? '')) return null;
  return manager.findOneBy(
    Connector,
    id != null ? { workspaceId, id } : { workspaceId, linkNameKey: linkNameKey(linkName ?? '') },
  );
}

/** The connector that `ref` names. Throws `Refused` NOT_FOUND with `path`. */
export async function getConnector(
  manager: EntityManager,
  caller: Caller,
  ref: ConnectorRef,
  path = ['id'],
): Promise<Connector> {
  const connector = await findConnector(manager, caller, ref);
  if (connector) return connector;
  throw new Refused({ code: UserErrorCode.NOT_FOUND, path, message: 'There is no such connector.' });
}
