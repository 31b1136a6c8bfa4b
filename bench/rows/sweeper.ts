/** Many tokens that fall due within a minute: how fast they are refreshed, and what callers feel of it. */
import { setTimeout as delay } from 'node:timers/promises';
import { placeIn } from '../../src/storage/sealed-columns';
import { Vault } from '../../src/storage/vault';
import { type Db, idInSql, multiply, openDatabase } from '../database';
import { encryptionKey, startGrapnel } from '../grapnel';
import { firstAnswer } from '../load';
import type { Bench, Row } from '../row';
import { quantile, ratioOf, spreadOf, written } from '../spread';
import { connected, INVOKE, invocation } from '../story';

/** When the first fall due after they were made, in milliseconds: time for the server to notice all of them. */
const LEAD = 2000;
const CALLERS = 4;

interface GrantRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly credentials: string;
}

/** Copies the only connection and its grant; their tokens fall due evenly within `within` milliseconds. */
function makeDue(db: Db, connectionId: string, count: number, within: number): void {
  const vault = new Vault([encryptionKey]);
  const place = (row: Pick<GrantRow, 'id' | 'workspaceId'>) => placeIn('connection_grant', row);
  const model = db.prepare('SELECT * FROM connection_grant WHERE "connectionId" = ?').get(connectionId) as GrantRow;
  const credentials = vault.open(model.credentials, place(model));
  db.function('seal_for', (id: unknown) => vault.seal(credentials, place({ ...model, id: `${id}` })));
  const dueAt = `${Date.now() + LEAD} + (n.i * ${within}) / ${count}`;
  const alive = `${Date.now() + 3_600_000}`;
  db.transaction(() => {
    multiply(db, 'connection', connectionId, count, {
      id: idInSql('cnn'),
      name: `'Due ' || n.i`,
      nameKey: `'due ' || n.i`,
      linkName: `'due_' || n.i`,
      linkNameKey: `'due_' || n.i`,
      nextRefreshAt: dueAt,
      expiresAt: alive,
    });
    multiply(db, 'connection_grant', model.id, count, {
      id: idInSql('grt'),
      connectionId: idInSql('cnn'),
      credentials: `seal_for(${idInSql('grt')})`,
      nextRefreshAt: dueAt,
      expiresAt: alive,
    });
  })();
}

export const sweeper: Row = {
  name: 'sweeper',
  title: 'Sweeper: tokens that fall due in a minute, a provider that answers in 50 ms',
  async run({ processes, load, length, say }: Bench) {
    const [count, within] = length.isQuick ? [5000, 3000] : [100_000, 60_000];
    const provider = processes.peer('upstream');
    const providerUrl = await provider.ask<string>('start');
    const upstream = await processes.peer('upstream').ask<string>('start');
    const slow = {
      url: `${providerUrl}/slow-token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      bodies: ['grant_type=client_credentials'],
    };
    const limit = await load.throughput(slow, length.seconds, 200);

    const grapnel = await startGrapnel(processes);
    const due = await connected(grapnel, providerUrl, '/slow-token');
    const called = await connected(grapnel, upstream);
    const target = grapnel.target(INVOKE, [invocation(called, upstream)]);
    await firstAnswer(target);
    await load.latency(target, length.warmUp, CALLERS);
    const slice = Math.min(length.seconds, within / 1000 / (length.rounds + 1));
    const p99s = async () => {
      const values: number[] = [];
      while (values.length < length.rounds) values.push(quantile(await load.latency(target, slice, CALLERS), 0.99));
      return values;
    };
    const quiet = await p99s();

    say(`making ${count} tokens that fall due`);
    const db = openDatabase(grapnel.folder);
    makeDue(db, due, count, within);
    await provider.ask('forget');
    const began = performance.now();
    await delay(LEAD);
    say('they fall due');
    const firstDue = performance.now();
    const busy = await p99s();
    // As long again as they took to fall due: what is not done by then is told.
    const done = async () => (await provider.ask<{ count: number }>('tokens')).count;
    const end = began + LEAD + within * 1.1;
    while (performance.now() < end && (await done()) < count) await delay(50);
    const refreshed = await done();
    const rate = (refreshed * 1000) / (performance.now() - firstDue);
    db.close();
    const demand = Math.min(limit, (count * 1000) / within);
    const slower = ratioOf(busy, quiet);
    return {
      lines: [
        {
          what: `${written(count)} due within ${within / 1000} s, against what the provider gives and what falls due`,
          ours: `${written(rate)}/s`,
          peer: `${written(demand)}/s`,
          ratio: spreadOf([rate / demand]),
          reach: '≥ 0.8×',
          isReached: rate / demand >= 0.8,
        },
        {
          what: `p99 of invokeUrl meanwhile, ${CALLERS} callers, against without`,
          ours: `${written(spreadOf(busy).median)} ms`,
          peer: `${written(spreadOf(quiet).median)} ms`,
          ratio: slower,
          reach: '≤ 2×',
          isReached: slower.median <= 2,
        },
      ],
      notes: [
        `One run; ${written(refreshed)} were refreshed within ${written((performance.now() - firstDue) / 1000)} s of the first falling due. The provider alone, under direct load: ${written(limit)}/s.`,
      ],
    };
  },
};
