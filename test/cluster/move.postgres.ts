/** `grapnel move`, as it should be: every row, and a server on Postgres that goes on where the one on SQLite ended. */
import { connect } from '../../ormconfig';
import { Mover } from '../../src/storage/move/mover';
import { rowsOf } from '../support/database';
import { type MainProcess, runMain } from '../support/main-process';
import { startTestServer } from '../support/server';
import { filesOf, openSqlite, startOnSqlite } from './lived-in';
import { moving, total } from './moving';

jest.setTimeout(300_000);

const moves = moving();

test('every row of every table, and a server on Postgres that answers the same and calls with the same credentials', async () => {
  const before = filesOf(moves.dataDir);
  const { isWell, text } = await moves.run();
  expect(filesOf(moves.dataDir)).toEqual(before);

  const rows = await moves.everyRow('sqlite');
  // Not one of them is empty, so that each was tried.
  expect(Object.entries(rows).flatMap(([table, { length }]) => (length > 0 ? [] : [table]))).toEqual([]);
  expect(await moves.everyRow('postgres')).toEqual(rows);
  expect(isWell).toBe(true);
  for (const [table, { length }] of Object.entries(rows))
    expect(text).toMatch(new RegExp(`^${table} +${length} +${length}  ([0-9a-f]{16})    \\1  equal$`, 'm'));
  expect(text).toContain(`All ${total(rows)} rows are there.`);

  const verified = runMain(['audit:verify', ...moves.life.heads.flatMap((head) => ['--head', head])], {
    DATA_DIR: moves.dataDir,
    DATABASE_URL: moves.url,
  });
  expect([await verified.ended, verified.stderr()]).toEqual([0, '']);
  expect(verified.stdout()).toContain('The audit log is whole');

  const onPostgres = await startTestServer({ dataDir: moves.dataDir, env: { REDIS_URL: '', DATABASE_URL: moves.url } });
  const onSqlite = await startOnSqlite({ dataDir: moves.life.dataDir });
  try {
    expect(await moves.life.answersOf(onPostgres)).toEqual(moves.life.answers);
    const called = await moves.life.callAll(onPostgres);
    expect(called).toMatchObject({ aws: 200, oauth1: 200, oauth2: [{ status: 200 }, { codes: [] }, { status: 200 }] });
    expect(called).toMatchObject({ sent: (await moves.life.sentBy(onSqlite)) as object });
  } finally {
    await onSqlite.close();
    await onPostgres.close();
  }
});

test('with many rows: it tells how far it is, and numbers go on after the last that was ever given', async () => {
  moves.multiply();
  const { isWell, text } = await moves.run();
  expect([isWell, await moves.everyRow('postgres')]).toEqual([true, await moves.everyRow('sqlite')]);
  expect(text).toMatch(/^happening {2}… 10,000 of 20,000 rows\nhappening {2}20,000 rows copied$/m);
  const source = openSqlite(moves.dataDir);
  const last = source.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'happening'").pluck().get() as number;
  source.close();
  expect(last).toBeGreaterThan(23_000);
  const sql = `INSERT INTO happening (id, kind, at, "workspaceId", "connectionId") VALUES ('new', 'CREATED', 0, 'w', 'c') RETURNING seq`;
  expect(await rowsOf(moves.dataDir, sql)).toEqual([{ seq: last + 1 }]);
});

test('the lock that a server waits for when it starts is held until all is compared', async () => {
  const locks = async (isGranted: boolean) => {
    const sql =
      "SELECT count(*) AS n FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND granted = ? AND datname = ?";
    return (await rowsOf(moves.dataDir, sql, `${isGranted}`, new URL(moves.url).pathname.slice(1)))[0]?.n;
  };
  const { compare } = Mover.prototype;
  let server: MainProcess | undefined;
  const spy = jest.spyOn(Mover.prototype, 'compare').mockImplementation(async function (this: Mover) {
    expect(await locks(true)).toBe(1);
    server = runMain([], { DATA_DIR: moves.dataDir, DATABASE_URL: moves.url });
    while ((await locks(false)) === 0);
    expect(server.stdout()).not.toContain('GraphQL');
    return compare.apply(this);
  });
  expect((await moves.run()).isWell).toBe(true);
  spy.mockRestore();
  await server?.said(/GraphQL/);
  expect(await locks(true)).toBe(0);
  server?.signal('SIGTERM');
  expect(await server?.ended).toBe(0);
});

test('every table that the migrations make is one that is moved, with the same columns on both sides', async () => {
  const { writer } = await connect({ databaseUrl: moves.url, dataDir: moves.dataDir });
  const moving = writer.entityMetadatas.map(({ tableName }) => tableName).sort();
  await writer.destroy();
  const tables = (
    await rowsOf(moves.dataDir, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
  ).map(({ tablename }) => tablename);
  expect(tables).toEqual([...moving, 'migrations'].sort());
  expect(Object.keys(await moves.everyRow('sqlite')).sort()).toEqual(moving);
  const source = openSqlite(moves.dataDir);
  for (const table of moving) {
    const there = await rowsOf(
      moves.dataDir,
      'SELECT column_name AS name FROM information_schema.columns WHERE table_name = ?',
      table,
    );
    const here = source.pragma(`table_info("${table}")`) as { name: string }[];
    expect([table, here.map(({ name }) => name).sort()]).toEqual([table, there.map(({ name }) => name).sort()]);
  }
  source.close();
});
