/** Tells of each grant which connector it is of, so that what falls due is found connector by connector. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const index = 'connection_grant_by_connectorid_nextrefreshat';

export class GrantConnector1764400000000 implements MigrationInterface {
  /** In plain SQL: on SQLite, TypeORM would copy the whole table for it. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "connection_grant" ADD COLUMN "connectorId" text NOT NULL DEFAULT ''`);
    await runner.query(
      `UPDATE "connection_grant" SET "connectorId" =
        (SELECT "connectorId" FROM "connection" WHERE "connection"."id" = "connection_grant"."connectionId")`,
    );
    await runner.query(`CREATE INDEX "${index}" ON "connection_grant" ("connectorId", "nextRefreshAt")`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX "${index}"`);
    await runner.query('ALTER TABLE "connection_grant" DROP COLUMN "connectorId"');
  }
}
