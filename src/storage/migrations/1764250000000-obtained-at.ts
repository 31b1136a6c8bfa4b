/** When the credentials of a grant were obtained, so that a clock that was set back is noticed. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ObtainedAt1764250000000 implements MigrationInterface {
  /** In plain SQL: on SQLite, TypeORM would copy the whole table for it. */
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "connection_grant" ADD COLUMN "obtainedAt" bigint');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "connection_grant" DROP COLUMN "obtainedAt"');
  }
}
