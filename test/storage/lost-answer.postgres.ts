/** The answer to COMMIT is lost: what Postgres has is told as done, what it has not as failed, and nothing is done twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner';
import { connect } from '../../ormconfig';
import { type Service, startPostgres } from '../../scripts/services.mjs';
import { Workspace } from '../../src/access/workspace';
import { afterCommit } from '../../src/storage/after-commit';
import { Store } from '../../src/storage/store';
import { dropDatabase } from '../support/database';
import { openLine, type PostgresLine } from '../support/postgres-line';
import { startTestServer } from '../support/server';

/** One of our own: where others drop databases there are checkpoints, after which nothing is certain. */
let postgres: Service;
let dataDir: string;
let direct: string;
let line: PostgresLine;
let databases = 0;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.close());
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-answer-'));
  databases += 1;
  await rowsAt(postgres.url, `CREATE DATABASE answer_${databases}`);
  direct = new URL(`/answer_${databases}`, postgres.url).href;
  line = await openLine(direct);
  // Postgres tells the time of its last checkpoint in whole seconds: what begins in the same one might be lost in a crash before it.
  while ((await rowsAt(direct, AFTER_CHECKPOINT))[0]?.isAfter !== true);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await line.close();
  await dropDatabase(dataDir);
  rmSync(dataDir, { recursive: true });
});

const AFTER_CHECKPOINT = `SELECT checkpoint_time < date_trunc('second', clock_timestamp()) AS "isAfter" FROM pg_control_checkpoint()`;

/** Over the line, with as few connections as a start takes. */
async function openStore(databaseUrl: string): Promise<Store> {
  const { writer, reader } = await connect({ dataDir, databaseUrl, databasePoolSize: 2 });
  return new Store(writer, reader);
}

async function rowsAt(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const names = async () => (await rowsAt(direct, 'SELECT name FROM workspace ORDER BY 1')).map(({ name }) => name);

describe('of a transaction', () => {
  let store: Store;
  /** What was told after a commit. */
  let told: string[];

  beforeEach(async () => {
    store = await openStore(line.url);
    told = [];
  });
  afterEach(() => store.close());

  const write = (name: string) =>
    store.write(async (tx) => {
      await tx.insert(Workspace, { id: name, name, returnToUrls: [], createdAt: new Date(0) });
      afterCommit(tx, () => told.push(name));
      return name;
    });

  test('that Postgres committed: it is told as done, once', async () => {
    const coming = line.nextCommit();
    const writing = write('kept');
    const commit = await coming;
    await commit.pass();
    expect([await names(), told]).toEqual([['kept'], []]);
    commit.cut();
    expect(await writing).toBe('kept');
    expect([await names(), told]).toEqual([['kept'], ['kept']]);
    expect(await write('after')).toBe('after');
  });

  test('and of all others that the pool has connections for: none waits for the place of another', async () => {
    const coming = [line.nextCommit(), line.nextCommit()];
    const writing = [write('one'), write('other')];
    const commits = await Promise.all(coming);
    await commits[0]?.pass();
    for (const commit of commits) commit.cut();
    const outcomes = await Promise.allSettled(writing);
    const kept = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(kept.length).toBe(1);
    expect([await names(), told]).toEqual([kept, kept]);
  });

  test('that COMMIT did not reach: it is told as failed', async () => {
    const coming = line.nextCommit();
    const writing = write('lost');
    const failed = expect(writing).rejects.toThrow(/Connection terminated|ECONNRESET/);
    (await coming).cut();
    await failed;
    expect([await names(), told]).toEqual([[], []]);
    expect(await write('lost')).toBe('lost');
    expect(await names()).toEqual(['lost']);
  });

  test.each([
    ['and is committed', true],
    ['and is given up', false],
  ])('that goes on while it is asked for, %s', async (_how, isPassed) => {
    const coming = line.nextCommit();
    const writing = write('late').catch(({ message }: Error) => message);
    const commit = await coming;
    const asked = line.asked('pg_xact_status');
    commit.cutClient();
    await asked;
    // Once more: the first answer, which came between, decided nothing.
    await line.asked('pg_xact_status');
    expect(told).toEqual([]);
    if (isPassed) await commit.pass();
    commit.cut();
    expect(await writing).toMatch(isPassed ? /^late$/ : /Connection terminated|ECONNRESET/);
    expect([await names(), told]).toEqual(isPassed ? [['late'], ['late']] : [[], []]);
  });

  test('of which COMMIT was never sent: nobody is given its connection, on which it is open', async () => {
    const { query } = PostgresQueryRunner.prototype;
    const spy = jest.spyOn(PostgresQueryRunner.prototype, 'query').mockImplementation(function (
      this: PostgresQueryRunner,
      ...given
    ) {
      if (given[0] === 'COMMIT') throw new Error('It could not be sent.');
      return query.apply(this, given);
    });
    await expect(write('lost')).rejects.toThrow('It could not be sent.');
    spy.mockRestore();
    // As many as the pool holds.
    await Promise.all([write('one'), write('other')]);
    expect([await names(), told.sort()]).toEqual([
      ['one', 'other'],
      ['one', 'other'],
    ]);
  });

  test('while no connection can be made: it is known as soon as there is one', async () => {
    const coming = line.nextCommit();
    const writing = write('kept');
    const commit = await coming;
    await commit.pass();
    const refused = line.refused();
    line.shut();
    await refused;
    expect(told).toEqual([]);
    line.open();
    expect(await writing).toBe('kept');
  });
});

test('a caller is told that it is done, and it is done once', async () => {
  const server = await startTestServer({ dataDir, env: { REDIS_URL: '', DATABASE_URL: line.url } });
  try {
    const coming = line.nextCommit();
    const asking = server.ask(
      'mutation { connectorCreate(input: { name: "Once" }) { connector { name } userErrors { code } } }',
    );
    const commit = await coming;
    await commit.pass();
    commit.cut();
    expect((await asking).data).toEqual({ connectorCreate: { connector: { name: 'Once' }, userErrors: [] } });
    expect(await rowsAt(direct, 'SELECT name FROM connector')).toEqual([{ name: 'Once' }]);
    const created = `SELECT count(*)::int AS n FROM audit_event WHERE action = 'CONNECTOR_CREATED'`;
    expect(await rowsAt(direct, created)).toEqual([{ n: 1 }]);
  } finally {
    await server.close();
  }
});

test('after a crash the number may be that of another transaction, which is not taken for ours', async () => {
  const crashable = await startPostgres();
  const crashing = await openLine(crashable.url);
  const client = new Client(crashable.url);
  let store: Store | undefined;
  try {
    const opened = await openStore(crashing.url);
    store = opened;
    await client.connect();
    client.on('error', () => undefined);
    const coming = crashing.nextCommit();
    let [xid, pid, isTold] = ['', 0, false];
    // Nothing that would be written to disk, and so nothing that a crash leaves of the number.
    const writing = opened.write(async (tx) => {
      [{ xid, pid }] = await tx.query('SELECT pg_current_xact_id()::text AS xid, pg_backend_pid() AS pid');
      afterCommit(tx, () => {
        isTold = true;
      });
    });
    const uncertain = expect(writing).rejects.toThrow('it cannot be found out whether it did');
    await coming;
    const crashed = new Promise((resolve) => client.once('end', resolve));
    process.kill(pid, 'SIGKILL');
    await crashed;
    crashing.shut();

    let taken = 0;
    while (taken < Number(xid)) {
      const other = new Client(crashable.url);
      other.on('error', () => undefined);
      try {
        await other.connect();
        const { rows } = await other.query('SELECT pg_current_xact_id()::text AS xid');
        taken = Number(rows[0].xid);
      } catch {
        // It recovers.
      } finally {
        await other.end().catch(() => undefined);
      }
    }
    expect(taken).toBe(Number(xid));
    crashing.open();
    await uncertain;
    expect(isTold).toBe(false);
  } finally {
    await client.end().catch(() => undefined);
    await store?.close();
    await crashing.close();
    await crashable.close();
  }
}, 60_000);
