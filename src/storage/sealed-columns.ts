/** Where sealed secrets are kept: every column that holds them, and the place that each of them is bound to. */
import type { Place } from './vault';

/**
 * The columns, by their tables. One that is not listed here would be neither checked at the start nor encrypted anew, and so lost
 * with the key that encrypted it.
 */
export const sealedColumns = {
  connector: 'secrets',
  connection: 'secretVariables',
  connection_grant: 'credentials',
  authorization_flow: 'secrets',
} as const;

export type SealedTable = keyof typeof sealedColumns;

export const sealedTables = Object.keys(sealedColumns) as SealedTable[];

/** The place of the secret of a row. */
export const placeIn = (
  table: SealedTable,
  { id, workspaceId }: { readonly id: string; readonly workspaceId: string },
): Place => ({ workspaceId, table, row: id, field: sealedColumns[table] });
