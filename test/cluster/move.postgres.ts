/** Moving from SQLite to Postgres: every row, whatever happens meanwhile, and a server that answers the same afterwards. */
import { randomInt } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, whileNobodyMigrates } from '../../ormconfig';
import { move } from '../../src/commands/move';
import { readConfig } from '../../src/config';
import { createLog } from '../../src/log';
import { Mover } from '../../src/storage/move/mover';
import { Source } from '../../src/storage/move/source';
import { change, databaseSettings, dropDatabase, rowsOf } from '../support/database';
import { endAll, type MainProcess, runMain } from '../support/main-process';
import { startTestServer } from '../support/server';
import { createConnector } from '../support/story';
import { filesOf, type LivedIn, livedIn, openSqlite, startOnSqlite } from './lived-in';

jest.setTimeout(300_000);

let life: LivedIn;
/** Copies of the source, each with a database named after it. */
const folders: string[] = [];
let [dataDir, url] = ['', ''];

beforeAll(async () => {
  life = await livedIn();
});
afterAll(async () => {
  await life?.close();
  if (life) rmSync(life.dataDir, { recursive: true });
});
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-move-'));
  folders.push(dataDir);
  cpSync(life.dataDir, dataDir, { recursive: true });
  url = (await databaseSettings(dataDir)).DATABASE_URL ?? '';
});
afterEach(async () => {
  await endAll();
  for (const folder of folders.splice(0)) {
    await dropDatabase(folder);
    rmSync(folder, { recursive: true });
  }
});

/** Runs the command here; gives whether all is well, and what it printed. */
async function moved(to = url): Promise<{ isWell: boolean; text: string }> {
  let text = '';
  const config = readConfig({ DATA_DIR: dataDir });
  const print = (more: string) => {
    text += more;
  };
  return { isWell: await move.run(['--to', to], { config, log: createLog('silent'), print }), text };
}

const run = () => runMain(['move', '--to', url], { DATA_DIR: dataDir, LOG_LEVEL: 'silent' });

/** Every row of every table but that of the migrations, and but the index for searches, which each database makes itself, in an order of its own, as both databases hold it. */
async function everyRow(where: 'sqlite' | 'postgres'): Promise<Record<string, string[]>> {
  const source = openSqlite(dataDir);
  const tables = source
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'connection_search%' AND name <> 'migrations'",
    )
    .pluck()
    .all() as string[];
  const found: Record<string, string[]> = {};
  const plain = (row: object) =>
    JSON.stringify(
      Object.entries(row)
        .map(([name, value]) => [name, typeof value === 'boolean' ? Number(value) : value])
        .sort(([one], [other]) => (`${one}` < `${other}` ? -1 : 1)),
    );
  for (const table of tables) {
    const sql = `SELECT * FROM "${table}"`;
    const rows = where === 'sqlite' ? source.prepare(sql).all() : await rowsOf(dataDir, sql);
    found[table] = (rows as object[]).map(plain).sort();
  }
  source.close();
  return found;
}

/** Makes many rows of what is there, more than a batch of several tables. */
function multiply(): void {
  const source = openSqlite(dataDir);
  const numbers = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const copies = (table: string, count: number, changed: Record<string, string>) => {
    const columns = (source.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name);
    const values = columns.map((name) => changed[name] ?? `t."${name}"`);
    source.exec(
      `INSERT INTO "${table}" (${columns.map((name) => `"${name}"`)}) ${numbers(count)}
        SELECT ${values} FROM (SELECT * FROM "${table}" LIMIT 1) t, n`,
    );
  };
  copies('happening', 23_000, { seq: 'NULL', id: "t.id || '~' || i" });
  copies('connection', 2_500, { id: "t.id || '~' || i", linkNameKey: "'copy' || i", name: "'Größe ' || i" });
  copies('connection_grant', 2_500, { id: "t.id || '~' || i", userKey: "'user' || i" });
  // The last numbers are given to nobody again.
  source.exec('DELETE FROM happening WHERE seq > 20000');
  source.close();
}

const total = (rows: Record<string, string[]>) =>
  Object.values(rows)
    .reduce((sum, { length }) => sum + length, 0)
    .toLocaleString('en-US');

test('every row of every table, and a server on Postgres that answers the same and calls with the same credentials', async () => {
  const before = filesOf(dataDir);
  const { isWell, text } = await moved();
  expect(filesOf(dataDir)).toEqual(before);

  const rows = await everyRow('sqlite');
  // Not one of them is empty, so that each was tried.
  expect(Object.entries(rows).flatMap(([table, { length }]) => (length > 0 ? [] : [table]))).toEqual([]);
  expect(await everyRow('postgres')).toEqual(rows);
  expect(isWell).toBe(true);
  for (const [table, { length }] of Object.entries(rows))
    expect(text).toMatch(new RegExp(`^${table} +${length} +${length}  ([0-9a-f]{16})    \\1  equal$`, 'm'));
  expect(text).toContain(`All ${total(rows)} rows are there.`);

  const verified = runMain(['audit:verify', ...life.heads.flatMap((head) => ['--head', head])], {
    DATA_DIR: dataDir,
    DATABASE_URL: url,
  });
  expect([await verified.ended, verified.stderr()]).toEqual([0, '']);
  expect(verified.stdout()).toContain('The audit log is whole');

  const onPostgres = await startTestServer({ dataDir, env: { REDIS_URL: '', DATABASE_URL: url } });
  const onSqlite = await startOnSqlite({ dataDir: life.dataDir });
  try {
    expect(await life.answersOf(onPostgres)).toEqual(life.answers);
    const called = await life.callAll(onPostgres);
    expect(called).toMatchObject({ aws: 200, oauth1: 200, oauth2: [{ status: 200 }, { codes: [] }, { status: 200 }] });
    expect(called).toMatchObject({ sent: (await life.sentBy(onSqlite)) as object });
  } finally {
    await onSqlite.close();
    await onPostgres.close();
  }
});

test('with many rows: it tells how far it is, and numbers go on after the last that was ever given', async () => {
  multiply();
  const { isWell, text } = await moved();
  expect([isWell, await everyRow('postgres')]).toEqual([true, await everyRow('sqlite')]);
  expect(text).toMatch(/^happening {2}… 10,000 of 20,000 rows\nhappening {2}20,000 rows copied$/m);
  const source = openSqlite(dataDir);
  const last = source.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'happening'").pluck().get() as number;
  source.close();
  expect(last).toBeGreaterThan(23_000);
  const sql = `INSERT INTO happening (id, kind, at, "workspaceId", "connectionId") VALUES ('new', 'CREATED', 0, 'w', 'c') RETURNING seq`;
  expect(await rowsOf(dataDir, sql)).toEqual([{ seq: last + 1 }]);
});

test('killed at any point and run again, again and again: the same rows in the end', async () => {
  multiply();
  const before = await everyRow('sqlite');
  const count = async () => {
    const sql =
      'SELECT (SELECT count(*) FROM happening) + (SELECT count(*) FROM connection) + (SELECT count(*) FROM connection_grant) AS n';
    // Before the first migration there is no table to count.
    return (await rowsOf(dataDir, sql).catch(() => []))[0]?.n as number | undefined;
  };
  const seen: number[] = [];
  for (let kill = 0; kill < 6; kill += 1) {
    const goal = kill === 0 ? 0 : ((await count()) ?? 0) + randomInt(1, 4000);
    const main = run();
    let isOver = false;
    void main.ended.then(() => {
      isOver = true;
    });
    while (!isOver && ((await count()) ?? -1) < goal);
    main.signal('SIGKILL');
    expect(await main.ended).toBeNull();
    seen.push((await count()) ?? -1);
  }
  // Each got further than the one before, and none to the end.
  expect(seen).toEqual([...seen].sort((one, other) => one - other));
  expect(seen.at(-1)).toBeLessThan(25_000);
  const main = run();
  expect([await main.ended, main.stderr()]).toEqual([0, '']);
  expect(main.stdout()).toMatch(/^happening {2}[\d,]+ rows copied, [\d,]+ were there already$/m);
  expect(main.stdout()).toContain(`All ${total(before)} rows are there.`);
  expect([await everyRow('postgres'), await everyRow('sqlite')]).toEqual([before, before]);
});

test('a row that was changed on either side is named, and nothing is overwritten', async () => {
  await moved();
  const [{ id }] = (await rowsOf(dataDir, 'SELECT id FROM connector ORDER BY id LIMIT 1')) as [{ id: string }];
  const differs = `The row ${id} of the table connector is in the target already, and differs.`;
  await change(dataDir, `UPDATE connector SET description = 'changed' WHERE id = ?`, id);
  const main = run();
  expect([await main.ended, main.stderr()]).toEqual([1, `grapnel: ${differs}\n`]);
  expect(await rowsOf(dataDir, 'SELECT description FROM connector WHERE id = ?', id)).toEqual([
    { description: 'changed' },
  ]);
  await change(dataDir, `UPDATE connector SET description = NULL WHERE id = ?`, id);
  expect((await moved()).isWell).toBe(true);
  const source = openSqlite(dataDir);
  // An empty text is not the same as none.
  source.prepare(`UPDATE connector SET description = '' WHERE id = ?`).run(id);
  source.close();
  await expect(moved()).rejects.toThrow(differs);
});

test('what comparing finds: a flag changed, a moment changed by a millisecond, two values exchanged', async () => {
  await moved();
  const different = async (): Promise<string[]> => {
    const source = new Source(join(dataDir, 'grapnel.sqlite'));
    const { writer } = await connect({ databaseUrl: url, dataDir });
    try {
      const compared = await whileNobodyMigrates(writer, (session) => new Mover(source, session, () => {}).compare());
      return compared.flatMap((table) => (table.source.equals(table.target) ? [] : [table.table]));
    } finally {
      await writer.destroy();
      source.close();
    }
  };
  expect(await different()).toEqual([]);
  await change(dataDir, `UPDATE api_key SET bootstrap = NOT bootstrap WHERE id = (SELECT min(id) FROM api_key)`);
  await change(
    dataDir,
    `UPDATE connection_grant SET "authorizedAt" = "authorizedAt" + 1 WHERE id = (SELECT min(id) FROM connection_grant)`,
  );
  await change(dataDir, `UPDATE scope SET name = value, value = name`);
  expect(await different()).toEqual(['api_key', 'connection_grant', 'scope']);
});

test('a row that only the target has: the table is named, exit code 1', async () => {
  await moved();
  await change(dataDir, `INSERT INTO encryption_key (id, proof) VALUES ('another', 'proof')`);
  const main = run();
  expect(await main.ended).toBe(1);
  expect(main.stdout()).toMatch(/^encryption_key +1 +2 .*DIFFERENT$/m);
  expect(main.stdout()).toContain('The target is NOT like the source: encryption_key.');
});

describe('a target is refused', () => {
  test('that holds another workspace, or was worked with since', async () => {
    await moved();
    const server = await startTestServer({ dataDir, env: { REDIS_URL: '', DATABASE_URL: url } });
    await createConnector(server.ask, { name: 'Since' });
    await server.close();
    await expect(moved()).rejects.toThrow('The target was worked with since: its audit log is not that of the source.');
    await change(
      dataDir,
      `INSERT INTO workspace (id, name, "returnToUrls", "createdAt") VALUES ('wsp_stranger', 'Stranger', '[]', 0)`,
    );
    await expect(moved()).rejects.toThrow('The target holds the workspace wsp_stranger, which the source does not');
  });

  test('that holds tables of something else, which stay as they are', async () => {
    await change(dataDir, 'CREATE TABLE invoice (id text)');
    await expect(moved()).rejects.toThrow('The target holds tables of something else');
    expect(await rowsOf(dataDir, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([
      { tablename: 'invoice' },
    ]);
  });

  test('when the source is of another version', async () => {
    const source = openSqlite(dataDir);
    source.exec('DELETE FROM migrations WHERE id = (SELECT max(id) FROM migrations)');
    source.close();
    await expect(moved()).rejects.toThrow('The source was made by another version');
  });

  test('when a row has what another row of it must not have again', async () => {
    await moved();
    await change(dataDir, `UPDATE scope SET id = 'scp_other' WHERE id = (SELECT min(id) FROM scope)`);
    await expect(moved()).rejects.toThrow(
      /The row \w+ of the table scope has a value that another row of the target has/,
    );
  });
});

test('a value that Postgres does not take: its row is named', async () => {
  multiply();
  const source = openSqlite(dataDir);
  source.exec("UPDATE connection SET name = 'a' || char(0) || 'b' WHERE id LIKE '%~77'");
  const id = source.prepare("SELECT id FROM connection WHERE id LIKE '%~77'").pluck().get();
  source.close();
  await expect(moved()).rejects.toThrow(`Postgres refuses the row ${id} of the table connection: `);
});

test('the lock that a server waits for when it starts is held until all is compared', async () => {
  const locks = async (isGranted: boolean) => {
    const sql =
      "SELECT count(*) AS n FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND granted = ? AND datname = ?";
    return (await rowsOf(dataDir, sql, `${isGranted}`, new URL(url).pathname.slice(1)))[0]?.n;
  };
  const { compare } = Mover.prototype;
  let server: MainProcess | undefined;
  const spy = jest.spyOn(Mover.prototype, 'compare').mockImplementation(async function (this: Mover) {
    expect(await locks(true)).toBe(1);
    server = runMain([], { DATA_DIR: dataDir, DATABASE_URL: url });
    while ((await locks(false)) === 0);
    expect(server.stdout()).not.toContain('GraphQL');
    return compare.apply(this);
  });
  expect((await moved()).isWell).toBe(true);
  spy.mockRestore();
  await server?.said(/GraphQL/);
  expect(await locks(true)).toBe(0);
  server?.signal('SIGTERM');
  expect(await server?.ended).toBe(0);
});

test('every table that the migrations make is one that is moved, with the same columns on both sides', async () => {
  const { writer } = await connect({ databaseUrl: url, dataDir });
  const moving = writer.entityMetadatas.map(({ tableName }) => tableName).sort();
  await writer.destroy();
  const tables = (await rowsOf(dataDir, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).map(
    ({ tablename }) => tablename,
  );
  expect(tables).toEqual([...moving, 'migrations'].sort());
  expect(Object.keys(await everyRow('sqlite')).sort()).toEqual(moving);
  const source = openSqlite(dataDir);
  for (const table of moving) {
    const there = await rowsOf(
      dataDir,
      'SELECT column_name AS name FROM information_schema.columns WHERE table_name = ?',
      table,
    );
    const here = source.pragma(`table_info("${table}")`) as { name: string }[];
    expect([table, here.map(({ name }) => name).sort()]).toEqual([table, there.map(({ name }) => name).sort()]);
  }
  source.close();
});
