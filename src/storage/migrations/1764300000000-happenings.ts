/** What happened, kept for a week: so that other processes, and subscribers who come back, miss nothing. */
import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions } from 'typeorm';

const text = (name: string, isNullable = false): TableColumnOptions => ({ name, type: 'text', isNullable });

export class Happenings1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // SQLite counts up by itself in columns of exactly this type only.
    const counter = runner.connection.options.type === 'postgres' ? 'bigint' : 'integer';
    await runner.createTable(
      new Table({
        name: 'happening',
        columns: [
          { name: 'seq', type: counter, isPrimary: true, isGenerated: true, generationStrategy: 'increment' },
          text('id'),
          text('kind'),
          { name: 'at', type: 'bigint' },
          text('workspaceId'),
          text('connectionId'),
          text('flowId', true),
          text('userId', true),
        ],
        indices: [
          { name: 'happening_by_id', columnNames: ['id'], isUnique: true },
          { name: 'happening_by_workspaceid_seq', columnNames: ['workspaceId', 'seq'] },
          { name: 'happening_by_connectionid_seq', columnNames: ['connectionId', 'seq'] },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('happening');
  }
}
