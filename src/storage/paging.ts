/** Reads one page of a list by keyset: by the position in the index, so that the last page costs what the first does. */
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { type Page, type PageRequest, toCursor } from '../graphql/page';

/** A page of what `query` (with the alias `item`, unordered) selects, in the order of ids, which is the order of creation. */
export async function readPage<Item extends ObjectLiteral & { id: string }>(
  query: SelectQueryBuilder<Item>,
  { forward, size, beyond }: PageRequest,
): Promise<Page<Item>> {
  const part = query
    .clone()
    .orderBy('item.id', forward ? 'ASC' : 'DESC')
    .limit(size + 1);
  if (beyond !== undefined) part.andWhere(`item.id ${forward ? '>' : '<'} :beyond`, { beyond });
  const rows = await part.getMany();
  const more = rows.length > size;
  const nodes = rows.slice(0, size);
  if (!forward) nodes.reverse();
  const edges = nodes.map((node) => ({ cursor: toCursor(node.id), node }));
  return {
    nodes,
    edges,
    pageInfo: {
      hasNextPage: forward ? more : beyond !== undefined,
      hasPreviousPage: forward ? beyond !== undefined : more,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: () => query.clone().getCount(),
  };
}

/** A `LIKE` pattern that finds `text` anywhere, its wildcards taken literally (`ESCAPE '\'`). */
export function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
}
