/** Reads that are asked for with every request: prepared once, several times as fast as a query that is built anew. */
import type { Database, Statement } from 'better-sqlite3';
import type { Pool } from 'pg';
import type { DataSource, ObjectLiteral } from 'typeorm';

type Entity = new () => ObjectLiteral;
type Found<Parts extends Record<string, Entity>> = { [Name in keyof Parts]: InstanceType<Parts[Name]> | null };
type Value = string | number;

/** One row: an entity for each of the parts, `null` for one that an outer join did not find. */
export type PreparedRead<Parts extends Record<string, Entity>> = (
  ...values: Value[]
) => Promise<Found<Parts> | undefined>;

interface Column {
  readonly property: string;
  readonly isPrimary: boolean;
  readonly hydrate: (value: unknown) => unknown;
}

/**
 * Prepares `SELECT` of all columns of `parts`, whose names are the aliases in `rest`: `FROM` and what follows, names of columns in
 * double quotes, `?` for each value. The first row is given.
 */
export function prepareRead<Parts extends Record<string, Entity>>(
  source: DataSource,
  parts: Parts,
  rest: string,
): PreparedRead<Parts> {
  const tables = Object.entries(parts).map(([alias, type]) => ({ alias, type, columns: columnsOf(source, type) }));
  const selected = tables.flatMap(({ alias, columns }) => columns.map(({ property }) => `"${alias}"."${property}"`));
  const read = reader(source, `SELECT ${selected.join(', ')} ${rest}`);
  return async (...values) => {
    const row = await read(values);
    if (!row) return undefined;
    let at = 0;
    const found: Record<string, ObjectLiteral | null> = {};
    for (const { alias, type, columns } of tables) {
      const entity: ObjectLiteral = new type();
      let isThere = false;
      for (const { property, isPrimary, hydrate } of columns) {
        const value = row[at++];
        if (isPrimary && value !== null) isThere = true;
        entity[property] = hydrate(value);
      }
      found[alias] = isThere ? entity : null;
    }
    return found as Found<Parts>;
  };
}

function columnsOf(source: DataSource, type: Entity): Column[] {
  const asItIs = (value: unknown) => value;
  return source.getMetadata(type).columns.map((column) => ({
    property: column.propertyName,
    isPrimary: column.isPrimary,
    hydrate:
      column.type === 'text' && !column.transformer
        ? asItIs
        : (value) => source.driver.prepareHydratedValue(value, column),
  }));
}

/** What reads the first row of `sql` as a list. */
function reader(
  source: DataSource,
  sql: string,
): (values: Value[]) => unknown[] | undefined | Promise<unknown[] | undefined> {
  if (source.options.type === 'postgres') {
    const { master } = source.driver as unknown as { master: Pool };
    let count = 0;
    const text = sql.replaceAll('?', () => `$${++count}`);
    // With a name, Postgres parses and plans it once for each connection.
    const name = `read ${prepared++}`;
    return async (values) => (await master.query({ name, text, values, rowMode: 'array' })).rows[0];
  }
  const { databaseConnection } = source.driver as unknown as { databaseConnection: Database };
  const statement = databaseConnection.prepare(sql).raw() as Statement<Value[], unknown[]>;
  return (values) => statement.get(...values);
}

let prepared = 0;

/**
 * A number that changes with every commit by anybody, at a fraction of what reading costs; `undefined` where there is none. What was
 * read since it last changed is still true.
 */
export function versionReader(source: DataSource): () => number | undefined {
  if (source.options.type === 'postgres') return () => undefined;
  const { databaseConnection } = source.driver as unknown as { databaseConnection: Database };
  const statement = databaseConnection.prepare('PRAGMA data_version').pluck() as Statement<[], number>;
  return () => statement.get();
}
