/** Which scopes of its connector a connection asks for: those that were given, or all. */
import type { EntityManager } from 'typeorm';
import { SCOPES_LIMIT, Scope } from '../connectors/scope';
import { type Problem, UserErrorCode } from '../errors';

/** The ids in the order given, and what is wrong with them; without `given`, all that the connector has now. */
export async function scopeSubset(
  tx: EntityManager,
  connectorId: string,
  given: readonly string[] | null | undefined,
): Promise<{ ids: string[]; problems: Problem[] }> {
  const scopes = await tx.find(Scope, { select: { id: true }, where: { connectorId }, order: { id: 'ASC' } });
  const known = scopes.map(({ id }) => id);
  if (!given) return { ids: known, problems: [] };
  // A list that is too long is refused for that alone.
  if (given.length > SCOPES_LIMIT) return { ids: [], problems: [tooMany(given.length)] };
  const problems = given.flatMap((id, index): Problem[] => {
    const path = ['scopeIds', `${index}`];
    if (!known.includes(id))
      return [{ code: UserErrorCode.NOT_FOUND, path, message: 'The connector has no such scope.' }];
    if (given.indexOf(id) < index)
      return [{ code: UserErrorCode.ALREADY_EXISTS, path, message: 'The scope was given already.' }];
    return [];
  });
  return { ids: [...given], problems };
}

const tooMany = (given: number): Problem => ({
  code: UserErrorCode.TOO_LONG,
  path: ['scopeIds'],
  message: `At most ${SCOPES_LIMIT} scopes can be asked for, not ${given}.`,
});
