/** Searches connections by a part of their names: through the index where that is quicker, with the same answer either way. */
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Page, PageRequest } from '../graphql/page';
import { narrowTo, readPage } from '../storage/paging';
import { Connection } from './connection';

const NAMES = ['nameKey', 'linkNameKey'] as const;

/** How many connections are looked at one by one before the index is asked: that is as quick. */
const NEAR = 1000;
/** How many hits of the index are worth to be put in order. Where there are more, those of a page are met soon in the order of ids. */
const FEW = 5000;
/** The index is of parts of so many characters. */
const PART = 3;
/** How much of a text the index is asked for, in characters: names are not much longer. */
const ASKED_FOR = 100;

/** A page of those that `query` (with the alias `item`) selects, all of `workspaceId`, and that have `text` in a name. */
export async function searchPage(
  manager: EntityManager,
  query: SelectQueryBuilder<Connection>,
  workspaceId: string,
  text: string,
  request: PageRequest,
): Promise<Page<Connection>> {
  // This decides in any case: the index only tells which ones to look at.
  narrowTo(query, text, NAMES);
  const part = [...text.toLowerCase()].slice(0, ASKED_FOR);
  const bound = part.length < PART ? undefined : await boundOfNear(manager, workspaceId, request);
  if (bound === undefined) return readPage(query, request);
  const near = query.clone().andWhere(`item.id ${request.forward ? '<=' : '>='} :bound`, { bound });
  const page = await readPage(near, request);
  const throughIndex = () => amongHits(manager, query, workspaceId, part.join(''));
  const isFull = request.forward ? page.pageInfo.hasNextPage : page.pageInfo.hasPreviousPage;
  if (isFull) return { ...page, totalCount: async () => (await throughIndex()).getCount() };
  return readPage(await throughIndex(), request);
}

const isPostgres = (manager: EntityManager) => manager.dataSource.options.type === 'postgres';

/** The id up to which it is near; none where all that is left of the workspace is near, or where there is no index. */
async function boundOfNear(
  manager: EntityManager,
  workspaceId: string,
  { forward, beyond }: PageRequest,
): Promise<string | undefined> {
  const query = manager.createQueryBuilder(Connection, 'item').select('item.id', 'id').where({ workspaceId });
  if (beyond !== undefined) query.andWhere(`item.id ${forward ? '>' : '<'} :beyond`, { beyond });
  // Postgres may lack the extension that it needs.
  if (isPostgres(manager)) query.andWhere(`to_regclass('connection_search') IS NOT NULL`);
  query
    .orderBy('item.id', forward ? 'ASC' : 'DESC')
    .offset(NEAR)
    .limit(1);
  return (await query.getRawOne<{ id: string }>())?.id;
}

/** `query`, of the hits of the index alone if they are few. */
async function amongHits(
  manager: EntityManager,
  query: SelectQueryBuilder<Connection>,
  workspaceId: string,
  part: string,
): Promise<SelectQueryBuilder<Connection>> {
  const hits = await (isPostgres(manager) ? hitsOnPostgres(manager, workspaceId, part) : hitsOnSqlite(manager, part));
  if (hits.length > FEW) return query;
  return isPostgres(manager)
    ? query.clone().andWhere('item.id = ANY(:hits)', { hits })
    : query.clone().andWhere('item.id IN (SELECT value FROM json_each(:hits))', { hits: JSON.stringify(hits) });
}

/** Of all workspaces. In the language of the index, what stands in quotes has no meaning but itself. */
async function hitsOnSqlite(manager: EntityManager, part: string): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM connection_search_number
      WHERE number IN (SELECT rowid FROM connection_search WHERE connection_search MATCH ? LIMIT ?)`,
    [`"${part.replaceAll('"', '""')}"`, FEW + 1],
  );
  return rows.map(({ id }) => id);
}

/** Without an order: where one is asked for, Postgres may well walk through all connections in that order. */
async function hitsOnPostgres(manager: EntityManager, workspaceId: string, part: string): Promise<string[]> {
  const query = manager.createQueryBuilder(Connection, 'item').select('item.id', 'id').where({ workspaceId });
  narrowTo(query, part, NAMES);
  const rows = await query.limit(FEW + 1).getRawMany<{ id: string }>();
  return rows.map(({ id }) => id);
}
