/** The audit log: its entries, which the database itself keeps from being changed, its heads, and who began a flow. */
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const text = (name: string): TableColumnOptions => ({ name, type: 'text' });
const integer = (name: string): TableColumnOptions => ({ name, type: 'integer' });
const orNull = (column: TableColumnOptions): TableColumnOptions => ({ ...column, isNullable: true });

const index = (columns: string[], isUnique = false) => ({
  name: `audit_event_by_${columns.join('_')}`.toLowerCase(),
  columnNames: columns,
  isUnique,
});

/** Without references: what is told of may be deleted. */
const events = new Table({
  name: 'audit_event',
  columns: [
    { ...text('id'), isPrimary: true },
    text('workspaceId'),
    integer('sequence'),
    { name: 'at', type: 'bigint' },
    text('actorKind'),
    orNull(text('actorId')),
    orNull(text('actorName')),
    orNull(text('actorRole')),
    orNull(text('actorUserId')),
    orNull(text('requestId')),
    text('action'),
    text('subjectKind'),
    text('subjectId'),
    orNull(text('subjectName')),
    text('details'),
    text('formerHash'),
    text('hash'),
  ],
  indices: [
    index(['workspaceId', 'sequence'], true),
    index(['workspaceId', 'id']),
    index(['workspaceId', 'actorId', 'id']),
    index(['workspaceId', 'subjectId', 'id']),
    index(['workspaceId', 'action', 'id']),
    index(['workspaceId', 'at']),
  ],
});

const heads = new Table({
  name: 'audit_head',
  columns: [{ ...text('workspaceId'), isPrimary: true }, integer('entries'), text('hash')],
});

/** SQLite would let `INSERT OR REPLACE` remove a row without asking the trigger for deletions. */
const sqliteGuards = [
  `CREATE TRIGGER audit_event_is_not_updated BEFORE UPDATE ON audit_event
    BEGIN SELECT RAISE(ABORT, 'An entry of the audit log is never changed.'); END`,
  `CREATE TRIGGER audit_event_is_not_deleted BEFORE DELETE ON audit_event
    BEGIN SELECT RAISE(ABORT, 'An entry of the audit log is never deleted.'); END`,
  `CREATE TRIGGER audit_event_is_not_replaced BEFORE INSERT ON audit_event
    WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id
      OR ("workspaceId" = NEW."workspaceId" AND sequence = NEW.sequence))
    BEGIN SELECT RAISE(ABORT, 'An entry of the audit log is never replaced.'); END`,
];

const postgresGuards = [
  `CREATE FUNCTION audit_event_stays() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'An entry of the audit log is never changed or deleted.'; END $$`,
  `CREATE TRIGGER audit_event_stays BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_event_stays()`,
  `CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_stays()`,
];

const isPostgres = (runner: QueryRunner) => runner.dataSource.options.type === 'postgres';

export class Audit1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of [events, heads]) await runner.createTable(table, false, false, true);
    for (const guard of isPostgres(runner) ? postgresGuards : sqliteGuards) await runner.query(guard);
    // Workspaces that are there already: their logs begin now.
    await runner.query(
      `INSERT INTO audit_head ("workspaceId", entries, hash) SELECT id, 0, '${'0'.repeat(64)}' FROM workspace`,
    );
    await runner.query('ALTER TABLE authorization_flow ADD COLUMN "begunBy" text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE authorization_flow DROP COLUMN "begunBy"');
    for (const table of [heads, events]) await runner.dropTable(table);
    if (isPostgres(runner)) await runner.query('DROP FUNCTION audit_event_stays()');
  }
}
