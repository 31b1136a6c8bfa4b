/** The names of connectors as they are kept, and whether a link name is free in the workspace. */
import type { EntityManager } from 'typeorm';
import { type Problem, refuseAny, UserErrorCode } from '../errors';
import { deriveLinkName, linkNameKey } from '../rules/link-name';
import { isKeepable } from '../rules/text';
import { Connector } from './connector';

export const nameColumns = (name: string) => ({ name, nameKey: name.toLowerCase() });

export const linkNameColumns = (linkName: string) => ({ linkName, linkNameKey: linkNameKey(linkName) });

/** What is wrong with giving `linkName` to a connector: whether another than `own` has it. */
export async function linkNameProblems(
  tx: EntityManager,
  workspaceId: string,
  linkName: string | null | undefined,
  own?: string,
): Promise<Problem[]> {
  if (linkName == null || !isKeepable(linkName)) return [];
  const holder = await findHolder(tx, workspaceId, linkNameKey(linkName));
  const message = 'Another connector has this link name; case does not matter.';
  return holder && holder.id !== own ? [{ code: UserErrorCode.ALREADY_EXISTS, path: ['linkName'], message }] : [];
}

/** The link name of a new connector: the one that was given, or one derived from the name. Throws `Refused` with all `problems`. */
export async function newLinkName(
  tx: EntityManager,
  workspaceId: string,
  { name, linkName }: { name: string; linkName?: string | null },
  problems: readonly Problem[],
): Promise<string> {
  refuseAny([...problems, ...(await linkNameProblems(tx, workspaceId, linkName))]);
  return linkName ?? deriveLinkName(name, async (key) => (await findHolder(tx, workspaceId, key)) !== null);
}

const findHolder = (tx: EntityManager, workspaceId: string, key: string): Promise<Connector | null> =>
  tx.findOneBy(Connector, { workspaceId, linkNameKey: key });
