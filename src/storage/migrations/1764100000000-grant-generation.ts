/** Gives each grant a count of the credentials it has had, by which they are told apart however they are encrypted. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class GrantGeneration1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "connection_grant" ADD COLUMN "generation" integer NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE "connection_grant" DROP COLUMN "generation"');
  }
}
