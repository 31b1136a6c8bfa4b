/** Makes the list of the encryption keys in use, by which a start tells whether it has the right ones. */
import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';

export class EncryptionKey1764100000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'encryption_key',
        columns: [
          { name: 'id', type: 'text', isPrimary: true },
          { name: 'proof', type: 'text' },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('encryption_key');
  }
}
