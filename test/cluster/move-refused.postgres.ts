/** `grapnel move`, when the two databases are not alike: what differs is named, and nothing is overwritten. */
import { join } from 'node:path';
import { connect, whileNobodyMigrates } from '../../ormconfig';
import { Mover } from '../../src/storage/move/mover';
import { Source } from '../../src/storage/move/source';
import { change, rowsOf } from '../support/database';
import { startTestServer } from '../support/server';
import { createConnector } from '../support/story';
import { openSqlite } from './lived-in';
import { moving } from './moving';

jest.setTimeout(300_000);

const moves = moving();

test('a row that was changed on either side is named, and nothing is overwritten', async () => {
  await moves.run();
  const [{ id }] = (await rowsOf(moves.dataDir, 'SELECT id FROM connector ORDER BY id LIMIT 1')) as [{ id: string }];
  const differs = `The row ${id} of the table connector is in the target already, and differs.`;
  await change(moves.dataDir, `UPDATE connector SET description = 'changed' WHERE id = ?`, id);
  const main = moves.start();
  expect([await main.ended, main.stderr()]).toEqual([1, `grapnel: ${differs}\n`]);
  expect(await rowsOf(moves.dataDir, 'SELECT description FROM connector WHERE id = ?', id)).toEqual([
    { description: 'changed' },
  ]);
  await change(moves.dataDir, `UPDATE connector SET description = NULL WHERE id = ?`, id);
  expect((await moves.run()).isWell).toBe(true);
  const source = openSqlite(moves.dataDir);
  // An empty text is not the same as none.
  source.prepare(`UPDATE connector SET description = '' WHERE id = ?`).run(id);
  source.close();
  await expect(moves.run()).rejects.toThrow(differs);
});

test('what comparing finds: a flag changed, a moment changed by a millisecond, two values exchanged', async () => {
  await moves.run();
  const different = async (): Promise<string[]> => {
    const source = new Source(join(moves.dataDir, 'grapnel.sqlite'));
    const { writer } = await connect({ databaseUrl: moves.url, dataDir: moves.dataDir });
    try {
      const compared = await whileNobodyMigrates(writer, (session) => new Mover(source, session, () => {}).compare());
      return compared.flatMap((table) => (table.source.equals(table.target) ? [] : [table.table]));
    } finally {
      await writer.destroy();
      source.close();
    }
  };
  expect(await different()).toEqual([]);
  await change(moves.dataDir, `UPDATE api_key SET bootstrap = NOT bootstrap WHERE id = (SELECT min(id) FROM api_key)`);
  await change(
    moves.dataDir,
    `UPDATE connection_grant SET "authorizedAt" = "authorizedAt" + 1 WHERE id = (SELECT min(id) FROM connection_grant)`,
  );
  await change(moves.dataDir, `UPDATE scope SET name = value, value = name`);
  expect(await different()).toEqual(['api_key', 'connection_grant', 'scope']);
});

test('a row that only the target has: the table is named, exit code 1', async () => {
  await moves.run();
  await change(moves.dataDir, `INSERT INTO encryption_key (id, proof) VALUES ('another', 'proof')`);
  const main = moves.start();
  expect(await main.ended).toBe(1);
  expect(main.stdout()).toMatch(/^encryption_key +1 +2 .*DIFFERENT$/m);
  expect(main.stdout()).toContain('The target is NOT like the source: encryption_key.');
});

describe('a target is refused', () => {
  test('that holds another workspace, or was worked with since', async () => {
    await moves.run();
    const server = await startTestServer({ dataDir: moves.dataDir, env: { REDIS_URL: '', DATABASE_URL: moves.url } });
    await createConnector(server.ask, { name: 'Since' });
    await server.close();
    await expect(moves.run()).rejects.toThrow(
      'The target was worked with since: its audit log is not that of the source.',
    );
    await change(
      moves.dataDir,
      `INSERT INTO workspace (id, name, "returnToUrls", "createdAt") VALUES ('wsp_stranger', 'Stranger', '[]', 0)`,
    );
    await expect(moves.run()).rejects.toThrow('The target holds the workspace wsp_stranger, which the source does not');
  });

  test('that holds tables of something else, which stay as they are', async () => {
    await change(moves.dataDir, 'CREATE TABLE invoice (id text)');
    await expect(moves.run()).rejects.toThrow('The target holds tables of something else');
    expect(await rowsOf(moves.dataDir, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([
      { tablename: 'invoice' },
    ]);
  });

  test('when the source is of another version', async () => {
    const source = openSqlite(moves.dataDir);
    source.exec('DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)');
    source.close();
    await expect(moves.run()).rejects.toThrow('The source was made by another version');
  });

  test('when a row has what another row of it must not have again', async () => {
    await moves.run();
    await change(moves.dataDir, `UPDATE scope SET id = 'scp_other' WHERE id = (SELECT min(id) FROM scope)`);
    await expect(moves.run()).rejects.toThrow(
      /The row \w+ of the table scope has a value that another row of the target has/,
    );
  });
});

test('a value that Postgres does not take: its row is named', async () => {
  moves.multiply();
  const source = openSqlite(moves.dataDir);
  source.exec("UPDATE connection SET name = 'a' || char(0) || 'b' WHERE id LIKE '%~77'");
  const id = source.prepare("SELECT id FROM connection WHERE id LIKE '%~77'").pluck().get();
  source.close();
  await expect(moves.run()).rejects.toThrow(`Postgres refuses the row ${id} of the table connection: `);
});
