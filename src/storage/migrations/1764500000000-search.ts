/** What finds connections by a part of their names, and those that need attention, without looking at all of them. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * SQLite: the parts of three characters of the names of each connection. The full-text index knows rows by number. It gets numbers of its
 * own: the `rowid` of a table without an integer key changes with `VACUUM`. The names themselves are not kept twice: it reads them through
 * the view, when it is checked or rebuilt. They are in lower case already.
 */
const sqlite = [
  'CREATE TABLE connection_search_number (number integer PRIMARY KEY, id text NOT NULL UNIQUE)',
  'INSERT INTO connection_search_number (id) SELECT id FROM connection ORDER BY id',
  `CREATE VIEW connection_search_names AS
    SELECT number, "nameKey", "linkNameKey" FROM connection_search_number JOIN connection USING (id)`,
  `CREATE VIRTUAL TABLE connection_search USING fts5("nameKey", "linkNameKey",
    content = 'connection_search_names', content_rowid = 'number', tokenize = 'trigram case_sensitive 1')`,
  `INSERT INTO connection_search (connection_search) VALUES ('rebuild')`,
  // In one piece, or the first writes would have to merge what it was made of.
  `INSERT INTO connection_search (connection_search) VALUES ('optimize')`,
  `CREATE TRIGGER connection_search_inserts AFTER INSERT ON connection BEGIN
    INSERT INTO connection_search_number (id) VALUES (NEW.id);
    ${indexed('NEW')};
  END`,
  // The index has to be told what it was told before: it cannot look that up once the row is another.
  `CREATE TRIGGER connection_search_updates AFTER UPDATE OF "nameKey", "linkNameKey" ON connection
    WHEN OLD."nameKey" <> NEW."nameKey" OR OLD."linkNameKey" <> NEW."linkNameKey" BEGIN
    ${forgotten('OLD')};
    ${indexed('NEW')};
  END`,
  `CREATE TRIGGER connection_search_deletes AFTER DELETE ON connection BEGIN
    ${forgotten('OLD')};
    DELETE FROM connection_search_number WHERE id = OLD.id;
  END`,
];

function indexed(row: string): string {
  return `INSERT INTO connection_search (rowid, "nameKey", "linkNameKey")
    SELECT number, ${row}."nameKey", ${row}."linkNameKey" FROM connection_search_number WHERE id = ${row}.id`;
}

function forgotten(row: string): string {
  return `INSERT INTO connection_search (connection_search, rowid, "nameKey", "linkNameKey")
    SELECT 'delete', number, ${row}."nameKey", ${row}."linkNameKey" FROM connection_search_number WHERE id = ${row}.id`;
}

const sqliteUndone = [
  'DROP TRIGGER connection_search_deletes',
  'DROP TRIGGER connection_search_updates',
  'DROP TRIGGER connection_search_inserts',
  'DROP TABLE connection_search',
  'DROP VIEW connection_search_names',
  'DROP TABLE connection_search_number',
];

/**
 * Postgres: the same, of its extension pg_trgm. Where that is not installed, or not ours to turn on, there is no index, and a search
 * looks at every connection of the workspace.
 */
const postgres = [
  // With many rows it takes longer than a request may.
  'SET LOCAL statement_timeout = 0',
  `DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX connection_search ON connection USING gin ("nameKey" gin_trgm_ops, "linkNameKey" gin_trgm_ops);
  EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
    RAISE NOTICE 'No index for searches: %', SQLERRM;
  END $$`,
];

const isNeedingAttention = `WHERE remedy IN ('REAUTHORIZE', 'FIX_CONFIGURATION')`;

/** Of few rows, as it should be; what is not in them is not written to them. */
const attention = [
  `CREATE INDEX connection_attention_by_workspaceid_id ON connection ("workspaceId", id) ${isNeedingAttention}`,
  `CREATE INDEX connection_attention_by_workspaceid_status_id ON connection ("workspaceId", status, id) ${isNeedingAttention}`,
];

const attentionUndone = [
  'DROP INDEX connection_attention_by_workspaceid_status_id',
  'DROP INDEX connection_attention_by_workspaceid_id',
];

const isPostgres = (runner: QueryRunner) => runner.dataSource.options.type === 'postgres';

export class Search1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...(isPostgres(runner) ? postgres : sqlite), ...attention]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const search = isPostgres(runner) ? ['DROP INDEX IF EXISTS connection_search'] : sqliteUndone;
    for (const statement of [...attentionUndone, ...search]) await runner.query(statement);
  }
}
