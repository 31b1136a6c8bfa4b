/** Lists of connections: what the filter means. */
import { Brackets, type EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { containing, readPage } from '../storage/paging';
import { Connection } from './connection';
import { HealthRemedy } from './health';
import type { ConnectionFilter } from './inputs';

/** The remedies that only a person can apply. */
const needingAttention = [HealthRemedy.REAUTHORIZE, HealthRemedy.FIX_CONFIGURATION];

export function listConnections(
  manager: EntityManager,
  { workspaceId }: Caller,
  { connectorId, status, needsAttention, search }: ConnectionFilter,
  args: PageArgs,
): Promise<Page<Connection>> {
  const query = manager.createQueryBuilder(Connection, 'item').where({ workspaceId });
  if (connectorId != null) query.andWhere({ connectorId });
  if (status != null) query.andWhere({ status });
  if (needsAttention != null)
    query.andWhere(`item.remedy ${needsAttention ? 'IN' : 'NOT IN'} (:...needingAttention)`, { needingAttention });
  if (search) {
    const text = containing(search);
    query.andWhere(
      new Brackets((either) =>
        either
          .where("item.nameKey LIKE :text ESCAPE '\\'", { text })
          .orWhere("item.linkNameKey LIKE :text ESCAPE '\\'", { text }),
      ),
    );
  }
  return readPage(query, pageRequest(args));
}
