/** What is fast with a thousand connections, and how fast it is with a million. */
import { idInSql, idOf, multiply, openDatabase, planOf } from '../database';
import { type Grapnel, startGrapnel } from '../grapnel';
import { firstAnswer, type Target } from '../load';
import type { Bench, Result, Row } from '../row';
import { alternate, median, milliseconds, perSecond, ratioOf, written } from '../spread';
import { connected, INVOKE, invocation, STATUS } from '../story';

const page = (args: string) => `{
  connections(${args}) { nodes { id name status health { state } } pageInfo { hasNextPage endCursor } }
}`;
const cursorOf = (id: string) => Buffer.from(id).toString('base64url');

/** The lists that are asked for, one request at a time. */
const lists: Record<string, (size: number) => string> = {
  'first page': () => page('first: 20'),
  'page in the depth': (size) => page(`first: 20, after: "${cursorOf(idOf('cnn', Math.floor(size * 0.9)))}"`),
  'last page': () => page('last: 20'),
  'search that finds many': () => page('first: 20, filter: { search: "customer" }'),
  'search that finds one': () => page('first: 20, filter: { search: "needle" }'),
  'search that finds none': () => page('first: 20, filter: { search: "haystack" }'),
  'filter by status': () => page('first: 20, filter: { status: UNAUTHORIZED }'),
  'filter by what needs attention': () => page('first: 20, filter: { needsAttention: true }'),
  // What is CONNECTED needs no attention here: an index of both tells so.
  'filters that agree on nothing': () => page('first: 20, filter: { status: CONNECTED, needsAttention: true }'),
  'total count': () => '{ connections(first: 1) { totalCount } }',
};

interface Filled {
  readonly grapnel: Grapnel;
  readonly size: number;
  readonly rates: Record<'status' | 'invoke', Target>;
}

/** A server with so many connections: each twentieth needs attention, another twentieth is not authorized, one is the needle. */
async function filled({ processes }: Bench, upstream: string, size: number): Promise<Filled> {
  const grapnel = await startGrapnel(processes, { isInspected: true });
  const model = await connected(grapnel, upstream);
  const db = openDatabase(grapnel.folder);
  const { id: grant } = db.prepare('SELECT id FROM connection_grant').get() as { id: string };
  const number = `printf('%07d', n.i)`;
  db.transaction(() => {
    multiply(db, 'connection', model, size - 1, {
      id: idInSql('cnn'),
      name: `'Customer ' || ${number}`,
      nameKey: `'customer ' || ${number}`,
      linkName: `'customer_' || ${number}`,
      linkNameKey: `'customer_' || ${number}`,
      status: `CASE n.i % 20 WHEN 7 THEN 'UNAUTHORIZED' WHEN 13 THEN 'NEEDS_ATTENTION' ELSE model.status END`,
      remedy: `CASE n.i % 20 WHEN 7 THEN 'AUTHORIZE' WHEN 13 THEN 'REAUTHORIZE' ELSE model.remedy END`,
    });
    multiply(db, 'connection_grant', grant, size - 1, { id: idInSql('grt'), connectionId: idInSql('cnn') });
    db.prepare('UPDATE connection SET name = ?, "nameKey" = ? WHERE id = ?').run(
      'Needle',
      'needle',
      idOf('cnn', Math.floor(size * 0.95)),
    );
  })();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  // Spread over all of them, so that what is cached is not the one row that is asked for.
  const ids = Array.from({ length: 500 }, (_, index) => ({
    id: idOf('cnn', 1 + Math.floor((index * (size - 2)) / 500)),
  }));
  const status = grapnel.target(STATUS, ids);
  const invoke = grapnel.target(INVOKE, [invocation(model, upstream)]);
  return { grapnel, size, rates: { status, invoke } };
}

/** The plans of the statements that a query is answered with. */
async function plansOf({ grapnel }: Filled, query: string): Promise<string[]> {
  await grapnel.child.ask('forget');
  await firstAnswer(grapnel.target(query, [{}]));
  const counted = await grapnel.child.ask<[sql: string, count: number][]>('statements');
  const db = openDatabase(grapnel.folder);
  const plans = counted
    .filter(([sql]) => /^SELECT.* FROM "connection"/s.test(sql))
    .map(([sql]) => planOf(db, sql).join('; '));
  db.close();
  return plans;
}

export const million: Row = {
  name: 'million',
  title: 'All of it at 1,000,000 connections, against 1,000',
  async run(bench: Bench): Promise<Result> {
    const { load, length, processes, say } = bench;
    const [few, many] = [1000, length.isQuick ? 20_000 : 1_000_000];
    const upstream = await processes.peer('upstream').ask<string>('start');
    const small = await filled(bench, upstream, few);
    say(`filling a database with ${many} connections`);
    const large = await filled(bench, upstream, many);
    const lines = [];
    const verdict = (measured: Record<'many' | 'few', number[]>, isRate: boolean) => {
      const [ours, peer] = isRate ? [measured.many, measured.few] : [measured.few, measured.many];
      const ratio = ratioOf(ours, peer);
      return { ratio, reach: '≥ 0.9×', isReached: ratio.median >= 0.9 };
    };
    for (const name of ['status', 'invoke'] as const) {
      for (const { rates } of [small, large]) {
        await firstAnswer(rates[name]);
        await load.throughput(rates[name], length.warmUp / 2);
      }
      const run =
        ({ rates }: Filled) =>
        () =>
          load.throughput(rates[name], length.seconds / 2);
      const measured = await alternate(length.rounds, { many: run(large), few: run(small) });
      const shown = { ours: perSecond(measured.many), peer: perSecond(measured.few) };
      lines.push({ what: name === 'invoke' ? 'invokeUrl' : 'status by id', ...shown, ...verdict(measured, true) });
    }
    const notes = [
      `Ours: ${written(many)} connections, each with a grant; the peer: ${written(few)}. Ratios are of rates.`,
    ];
    for (const [what, query] of Object.entries(lists)) {
      say(what);
      const run = (at: Filled) => async () => {
        const target = at.grapnel.target(query(at.size), [{}]);
        return median(await load.latency(target, length.seconds / 10));
      };
      await alternate(1, { many: run(large), few: run(small) });
      const measured = await alternate(length.rounds, { many: run(large), few: run(small) });
      const shown = { ours: milliseconds(measured.many), peer: milliseconds(measured.few) };
      lines.push({ what, ...shown, ...verdict(measured, false) });
      notes.push(
        `Plan of “${what}”: ${(await plansOf(large, query(large.size))).join(' / ') || 'no statement of its own'}.`,
      );
    }
    return { lines, notes };
  },
};
