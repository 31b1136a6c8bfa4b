/** The store: a transaction is one request's own, whatever runs beside it; and a condition that is missing finds nothing by chance. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type DataSource, type EntityManager, LessThanOrEqual } from 'typeorm';
import { connect } from '../../ormconfig';
import { Workspace } from '../../src/access/workspace';
import { AuditHead } from '../../src/audit/audit-head';
import { afterCommit } from '../../src/storage/after-commit';
import { Store } from '../../src/storage/store';

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grapnel-store-'));
  const { writer, reader } = await connect({ dataDir: folder, databaseUrl: undefined });
  store = new Store(writer, reader);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const insert = (tx: EntityManager, id: string) =>
  tx.insert(Workspace, { id, name: id, returnToUrls: [], createdAt: new Date(0) });
const names = async () => (await store.read.find(Workspace, { order: { id: 'ASC' } })).map(({ name }) => name);
/** Gives way to everything else that can run now. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what was acknowledged stays when a write beside it fails after it began first', async () => {
  let acknowledged = false;
  const failing = store.write(async (tx) => {
    await insert(tx, 'lost');
    for (let turns = 0; turns < 20; turns += 1) await turn();
    throw new Error('rolled back');
  });
  const good = store
    .write((tx) => insert(tx, 'kept'))
    .then(() => {
      acknowledged = true;
    });
  await expect(failing).rejects.toThrow('rolled back');
  await good;
  expect([acknowledged, await names()]).toEqual([true, ['kept']]);
});

test('of many writes at once, those that fail leave nothing and the others all', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) =>
      store.write(async (tx) => {
        await insert(tx, `${index}`.padStart(2, '0'));
        await turn();
        if (index % 2 === 1) throw new Error('odd');
      }),
    ),
  );
  const kept = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [`${index}`.padStart(2, '0')] : []));
  expect(kept.length).toBe(20);
  expect(await names()).toEqual(kept);
});

test('writes happen one after the other: none sees what another has not finished', async () => {
  const increment = () =>
    store.write(async (tx) => {
      const { name } = await tx.findOneByOrFail(Workspace, { id: 'counter' });
      await turn();
      await tx.update(Workspace, { id: 'counter' }, { name: `${Number(name) + 1}` });
    });
  await store.write(async (tx) => {
    await insert(tx, 'counter');
    await tx.update(Workspace, { id: 'counter' }, { name: '0' });
  });
  await Promise.all(Array.from({ length: 20 }, increment));
  expect(await names()).toEqual(['20']);
});

test('what is not committed is not read', async () => {
  let seen: string[] = [];
  await store.write(async (tx) => {
    await insert(tx, 'secret');
    seen = await names();
  });
  expect([seen, await names()]).toEqual([[], ['secret']]);
});

test('a write gives what its work gives, and leaves the way free after one that failed', async () => {
  await expect(store.write(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await store.write(async () => 7)).toBe(7);
});

test('writes that wait are committed together, each as if it were alone: one that fails takes none along', async () => {
  const statements = jest.spyOn(Database.prototype, 'prepare');
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, (_, index) =>
      store.write(async (tx) => {
        await insert(tx, `together ${index}`);
        // What was done before in the same commit is there already.
        expect(await tx.countBy(Workspace, {})).toBeGreaterThan(0);
        if (index % 3 === 2) throw new Error(`no ${index}`);
        return index;
      }),
    ),
  );
  const commits = statements.mock.calls.filter(([sql]) => sql === 'COMMIT').length;
  statements.mockRestore();
  expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message))).toEqual(
    Array.from({ length: 30 }, (_, index) => (index % 3 === 2 ? `no ${index}` : index)),
  );
  expect((await names()).length).toBe(20);
  expect(commits).toBeLessThan(30);
});

test('what is to be done after the commit is done once for each that was committed, and not for one that failed', async () => {
  const told: string[] = [];
  await Promise.allSettled(
    ['a', 'b', 'c', 'd'].map((name) =>
      store.write(async (tx) => {
        await insert(tx, name);
        afterCommit(tx, () => told.push(name));
        if (name === 'b') throw new Error('no');
      }),
    ),
  );
  expect(told).toEqual(['a', 'c', 'd']);
});

test('what throws after the commit leaves the write as it is, and the others beside it', async () => {
  const writes = ['a', 'b', 'c'].map((name) =>
    store.write(async (tx) => {
      await insert(tx, name);
      afterCommit(tx, () => {
        if (name === 'b') throw new Error('too late');
      });
      return name;
    }),
  );
  expect(await Promise.all(writes)).toEqual(['a', 'b', 'c']);
  expect(await names()).toEqual(['a', 'b', 'c']);
});

test('a commit that fails fails all that it would have kept', async () => {
  const { writer } = store as unknown as { writer: DataSource };
  const query = jest.spyOn(writer.createQueryRunner(), 'query');
  const real = Object.getPrototypeOf(writer.createQueryRunner()).query;
  query.mockImplementation(function (this: unknown, sql: string, ...rest: unknown[]) {
    if (sql === 'COMMIT') return Promise.reject(new Error('disk is full'));
    return real.call(this, sql, ...rest);
  } as never);
  const outcomes = await Promise.allSettled(['a', 'b'].map((name) => store.write((tx) => insert(tx, name))));
  query.mockRestore();
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await names()).toEqual([]);
  await store.write((tx) => insert(tx, 'after'));
  expect(await names()).toEqual(['after']);
});

describe('while there is much to write, others have their turns', () => {
  /** Writes that take the processor for longer than anybody should have to wait. */
  const write = (id: string) =>
    store.write(async (tx) => {
      const until = performance.now() + 10;
      while (performance.now() < until);
      await insert(tx, id);
    });
  const ids = Array.from({ length: 10 }, (_, index) => `${index}`);

  test.each([
    [
      'each write begun by the one before',
      async () => {
        for (const id of ids) await write(id);
      },
    ],
    ['all begun at once', async () => void (await Promise.all(ids.map(write)))],
  ])('%s', async (_how, writeAll) => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await writeAll();
    isOver = true;
    // The transaction ends early, as others may wait for it, too; what is left has one of its own.
    expect(turns).toBeGreaterThanOrEqual(ids.length);
    expect(await names()).toEqual(ids);
  });
});

test('statements that come again with other moments and counts are compiled once, and keep them as integers', async () => {
  const use = async (count: number) => {
    const moment = new Date(Date.UTC(2026, 0, count));
    await store.write(async (tx) => {
      await tx.insert(Workspace, { id: `${count}`, name: 'Any', returnToUrls: [], createdAt: moment });
      await tx.insert(AuditHead, { workspaceId: `${count}`, entries: count, hash: '' });
      await tx.update(AuditHead, { entries: count }, { entries: count + 10 });
    });
    return store.read.countBy(Workspace, { createdAt: LessThanOrEqual(moment) });
  };
  expect(await use(1)).toBe(1);
  const prepare = jest.spyOn(Database.prototype, 'prepare');
  expect(await use(2)).toBe(2);
  expect(prepare.mock.calls).toEqual([]);
  prepare.mockRestore();
  const kept = `SELECT "entries", typeof("entries") AS count, typeof("createdAt") AS moment
    FROM audit_head JOIN workspace ON id = "workspaceId" ORDER BY id`;
  expect(await store.read.query(kept)).toEqual([
    { entries: 11, count: 'integer', moment: 'integer' },
    { entries: 12, count: 'integer', moment: 'integer' },
  ]);
});

test('the reader cannot write', async () => {
  await expect(
    store.read.insert(Workspace, { id: 'x', name: 'x', returnToUrls: [], createdAt: new Date(0) }),
  ).rejects.toThrow('readonly');
});

test.each([
  ['undefined', undefined],
  ['null', null],
])('a condition that is %s throws instead of finding the first row', async (_what, id) => {
  await store.write((tx) => insert(tx, 'first'));
  const where = { id } as unknown as { id: string };
  await expect(store.read.findOneBy(Workspace, where)).rejects.toThrow(/where/i);
  await expect(store.write((tx) => tx.delete(Workspace, where))).rejects.toThrow(/where/i);
  await expect(store.write((tx) => tx.update(Workspace, where, { name: 'x' }))).rejects.toThrow(/where/i);
  expect(await names()).toEqual(['first']);
});

test('a write waits for another process that writes to the same file, and reads go on meanwhile', async () => {
  await store.write((tx) => insert(tx, 'first'));
  const other = new Database(join(folder, 'grapnel.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  let isWritten = false;
  const writing = store
    .write((tx) => insert(tx, 'second'))
    .then(() => {
      isWritten = true;
    });
  // Were the process blocked while it waits, nothing here would run before it gave up.
  for (let turns = 0; turns < 200; turns += 1) expect([await names(), isWritten]).toEqual([['first'], false]);
  other.exec('COMMIT');
  other.close();
  await writing;
  expect(await names()).toEqual(['first', 'second']);
});
