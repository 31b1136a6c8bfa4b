/** Finds sealed secrets by the keys that sealed them, whose ids stand at the beginning of each. */
import type { EntityManager, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { type SealedTable, sealedColumns } from './sealed-columns';
import { envelopePrefix, keyIdOf } from './vault';

export interface SealedRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly envelope: string;
}

/** Rows of a table, in the order of ids, whose secrets were sealed with other keys than these; `after` an id. */
export function sealedWithout(
  manager: EntityManager,
  table: SealedTable,
  keyIds: readonly string[],
  limit: number,
  after = '',
): Promise<SealedRow[]> {
  return sealed(manager, table, keyIds)
    .select('item.id', 'id')
    .addSelect('item.workspaceId', 'workspaceId')
    .addSelect(`item.${sealedColumns[table]}`, 'envelope')
    .andWhere('item.id > :after', { after })
    .orderBy('item.id')
    .limit(limit)
    .getRawMany();
}

/** How many there are of these. */
export const countSealedWithout = (
  manager: EntityManager,
  table: SealedTable,
  keyIds: readonly string[],
): Promise<number> => sealed(manager, table, keyIds).getCount();

/** How many rows `sealersOf` gives for a key at most. */
const SAMPLES = 10;

/** The ids of the keys, besides those of `except`, that sealed secrets of a table; for each, some of the rows. */
export async function sealersOf(
  manager: EntityManager,
  table: SealedTable,
  except: readonly string[] = [],
): Promise<Map<string, SealedRow[]>> {
  const found = new Map<string, SealedRow[]>();
  for (;;) {
    const rows = await sealedWithout(manager, table, [...except, ...found.keys()], SAMPLES);
    if (!rows[0]) return found;
    const keyId = keyIdOf(rows[0].envelope);
    const same = rows.filter(({ envelope }) => keyIdOf(envelope) === keyId);
    found.set(keyId, same);
  }
}

function sealed(
  manager: EntityManager,
  table: SealedTable,
  keyIds: readonly string[],
): SelectQueryBuilder<ObjectLiteral> {
  const column = `item.${sealedColumns[table]}`;
  // What is no envelope was sealed with no key: it will not open, whatever is done.
  const query = manager.createQueryBuilder().from(table, 'item').where(`${column} LIKE 'v1.%.%'`);
  for (const [index, prefix] of keyIds.map(envelopePrefix).entries())
    query.andWhere(`substr(${column}, 1, ${prefix.length}) <> :prefix${index}`, { [`prefix${index}`]: prefix });
  return query;
}
