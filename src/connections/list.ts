/** Lists of connections: what the filter means. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { isKeepable } from '../rules/text';
import { readPage } from '../storage/paging';
import { Connection } from './connection';
import { HealthRemedy } from './health';
import type { ConnectionFilter } from './inputs';
import { searchPage } from './search';

/** The remedies that only a person can apply. In SQL as it stands in the indexes for it, which serve no other. */
const needingAttention = `('${HealthRemedy.REAUTHORIZE}', '${HealthRemedy.FIX_CONFIGURATION}')`;

export function listConnections(
  manager: EntityManager,
  { workspaceId }: Caller,
  { connectorId, status, needsAttention, search }: ConnectionFilter,
  args: PageArgs,
): Promise<Page<Connection>> {
  const query = manager.createQueryBuilder(Connection, 'item').where({ workspaceId });
  if (connectorId != null) query.andWhere(isKeepable(connectorId) ? { connectorId } : '1 = 0');
  if (status != null) query.andWhere({ status });
  if (needsAttention != null) query.andWhere(`item.remedy ${needsAttention ? 'IN' : 'NOT IN'} ${needingAttention}`);
  const request = pageRequest(args);
  return search ? searchPage(manager, query, workspaceId, search, request) : readPage(query, request);
}
