/** Lists of connectors: what the filter means. */
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/caller';
import { type Page, type PageArgs, pageRequest } from '../graphql/page';
import { narrowTo, readPage } from '../storage/paging';
import { Connector } from './connector';
import type { ConnectorFilter } from './inputs';

export function listConnectors(
  manager: EntityManager,
  { workspaceId }: Caller,
  { stage, authType, search }: ConnectorFilter,
  args: PageArgs,
): Promise<Page<Connector>> {
  const query = manager.createQueryBuilder(Connector, 'item').where({ workspaceId });
  if (stage != null) query.andWhere({ stage });
  if (authType != null) query.andWhere({ authType });
  if (search) narrowTo(query, search, ['nameKey', 'linkNameKey']);
  return readPage(query, pageRequest(args));
}
