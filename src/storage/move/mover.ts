/** Moves the rows of a SQLite database to a Postgres database with the same tables, and compares the two. */
import type { DataSource, QueryRunner } from 'typeorm';
import { Checksum } from './checksum';
import { inSession, MARK } from './mark';
import type { MovedTable, Row, Source } from './source';
import { Target } from './target';

/** How far the rows of a table are. */
export interface Progress {
  readonly table: string;
  /** Rows that were looked at, of all; and how many of them were added. */
  readonly done: number;
  readonly total: number;
  readonly added: number;
}

export interface Compared {
  readonly table: string;
  readonly source: Checksum;
  readonly target: Checksum;
}

/** Throws when a database holds what is not from the source. Changes nothing: this is looked at before the target is migrated. */
export async function refuseStrangers(source: Source, database: DataSource): Promise<void> {
  await inSession(database, async (session) => {
    const target = new Target(session);
    const tables = (await target.tables()).filter((name) => name !== MARK);
    if (tables.length === 0) return;
    if (!tables.includes('workspace'))
      throw new Error('The target holds tables of something else: give an empty database. Nothing was changed.');
    const own = source.list('workspace', 'id');
    const [stranger] = (await target.list('workspace', 'id')).filter((id) => !own.includes(id));
    if (stranger !== undefined)
      throw new Error(
        `The target holds the workspace ${stranger}, which the source does not: give an empty database. Nothing was changed.`,
      );
  });
}

export class Mover {
  private readonly target: Target;

  constructor(
    private readonly source: Source,
    private readonly session: QueryRunner,
    private readonly report: (progress: Progress) => void,
  ) {
    this.target = new Target(session);
  }

  /** Can be broken off and run again at any time: what is there and equal is left out. Throws for a row that is there but differs. */
  async copy(): Promise<void> {
    await this.refuseUnlike();
    for (const table of await this.tables()) {
      await this.copyTable(table);
      const last = this.source.lastNumber(table.name);
      if (last !== undefined) await this.target.continueAfter(table, last);
    }
  }

  async compare(): Promise<Compared[]> {
    const compared: Compared[] = [];
    for (const table of await this.tables()) {
      const [source, target] = [new Checksum(), new Checksum()];
      for (const { hash } of this.source.rows(table)) source.add(hash);
      for await (const hash of this.target.hashes(table)) target.add(hash);
      compared.push({ table: table.name, source, target });
    }
    return compared;
  }

  /** Those of the entities, each after those it refers to. */
  private async tables(): Promise<MovedTable[]> {
    const left = this.session.dataSource.entityMetadatas.map(({ tableName, primaryColumns }) => {
      const [key, ...more] = primaryColumns;
      if (!key || more.length > 0) throw new Error(`The table ${tableName} has not one column as its primary key.`);
      return { name: tableName, key: key.databaseName };
    });
    left.sort((one, other) => (one.name < other.name ? -1 : 1));
    const ordered: MovedTable[] = [];
    while (left.length > 0) {
      const isLeft = (name: string) => left.some((table) => table.name === name);
      const next = left.findIndex(({ name }) => !this.source.referredBy(name).some(isLeft));
      const [table] = left.splice(next, next < 0 ? 0 : 1);
      if (!table) throw new Error(`Tables refer to each other in a circle: ${left.map(({ name }) => name)}.`);
      ordered.push(await this.target.describe(table.name, table.key));
    }
    return ordered;
  }

  /** Every deed leaves an entry, so that heads that differ tell of a target that was worked with since. */
  private async refuseUnlike(): Promise<void> {
    const [ours, theirs] = [this.source.list('migrations', 'name'), await this.target.list('migrations', 'name')];
    if (ours.join() !== theirs.join())
      throw new Error(
        `The source was made by another version: it has been through ${ours.length} migrations, not ${theirs.length}. Start the server of this version on it once, and stop it.`,
      );
    const heads = this.source.list('audit_head', 'hash');
    if ((await this.target.list('audit_head', 'hash')).some((hash) => !heads.includes(hash)))
      throw new Error('The target was worked with since: its audit log is not that of the source. Nothing was copied.');
  }

  private async copyTable(table: MovedTable): Promise<void> {
    const total = this.source.count(table.name);
    let [done, added] = [0, 0];
    for (const batch of this.source.batches(table)) {
      const there = await this.target.hashesOf(
        table,
        batch.map(({ key }) => key),
      );
      for (const { key, hash } of batch)
        if (there.has(key) && there.get(key) !== hash)
          throw new Error(`The row ${key} of the table ${table.name} is in the target already, and differs.`);
      const missing = batch.filter(({ key }) => !there.has(key));
      if (missing.length > 0) await this.insert(table, missing);
      done += batch.length;
      added += missing.length;
      this.report({ table: table.name, done, total, added });
    }
    if (total === 0) this.report({ table: table.name, done, total, added });
  }

  private async insert(table: MovedTable, rows: readonly Row[]): Promise<void> {
    let added: Set<string>;
    try {
      added = new Set(await this.target.insert(table, rows));
    } catch (error) {
      // Classes 22 and 23: a value, or what a row refers to, is at fault, so that one of the rows is to be named.
      if (!/^2[23]/.test(`${(error as { code?: unknown }).code}`)) throw error;
      const [row, ...others] = rows;
      if (row && others.length === 0)
        throw new Error(`Postgres refuses the row ${row.key} of the table ${table.name}: ${(error as Error).message}`);
      for (const one of rows) await this.insert(table, [one]);
      return;
    }
    const kept = rows.find(({ key }) => !added.has(key));
    if (kept)
      throw new Error(`The row ${kept.key} of the table ${table.name} has a value that another row of the target has.`);
  }
}
