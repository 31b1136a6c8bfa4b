/** Reads one page of a list by keyset: by the position in the index, so that the last page costs what the first does. */
import { Brackets, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';
import { topLevelError } from '../errors';
import { idPrefix, kindOf } from '../graphql/node';
import { type Page, type PageRequest, toCursor } from '../graphql/page';
import { isKeepable } from '../rules/text';

/** Longer than all that is searched, in characters; SQLite fails at patterns of more than 50,000 bytes. */
const LONGEST_SEARCH = 5_000;

/** A page of what `query` (with the alias `item`, unordered) selects, in the order of ids, which is the order of creation. */
export async function readPage<Item extends ObjectLiteral & { id: string }>(
  query: SelectQueryBuilder<Item>,
  { forward, size, beyond }: PageRequest,
): Promise<Page<Item>> {
  const kind = query.expressionMap.mainAlias?.metadata.name ?? '';
  if (beyond !== undefined && kind in idPrefix && kindOf(beyond) !== kind)
    throw topLevelError(
      'BAD_USER_INPUT',
      'That is a cursor of another list: give one that a page of this list answered.',
    );
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

/** Narrows `query` (with the alias `item`) to what has `text`, whatever its case, in one of `columns`, which are in lower case. */
export function narrowTo<Item extends ObjectLiteral>(
  query: SelectQueryBuilder<Item>,
  text: string,
  columns: readonly string[],
): void {
  if (!isKeepable(text) || text.length > LONGEST_SEARCH) {
    query.andWhere('1 = 0');
    return;
  }
  const anywhere = columns.map((column) => `item.${column} LIKE :text ESCAPE '\\'`).join(' OR ');
  query.andWhere(new Brackets((either) => either.where(anywhere, { text: containing(text) })));
}

/** A `LIKE` pattern that finds `text` anywhere, its wildcards taken literally (`ESCAPE '\'`). */
function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
}
