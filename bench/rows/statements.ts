/** How many statements a call with a fresh token costs, counted in the driver. */
import { startGrapnel } from '../grapnel';
import { firstAnswer } from '../load';
import type { Row } from '../row';
import { written } from '../spread';
import { connected, INVOKE, invocation } from '../story';

const isRead = (sql: string) => /^SELECT/i.test(sql);
const isVersion = (sql: string) => /^PRAGMA data_version/i.test(sql);

/** What a statement does to which tables. */
function brief(sql: string): string {
  const [verb = ''] = sql.split(/\s/);
  const tables = [...sql.matchAll(/\b(?:FROM|JOIN|UPDATE|INTO)\s+"?(\w+)"?/g)].map(([, table]) => table);
  return tables.length > 0 ? `${verb} ${[...new Set(tables)].join(' + ')}` : sql;
}

export const statements: Row = {
  name: 'statements',
  title: 'Statements per invokeUrl with a fresh token',
  async run({ processes, load, length }) {
    const upstream = await processes.peer('upstream').ask<string>('start');
    const grapnel = await startGrapnel(processes, { isInspected: true });
    const id = await connected(grapnel, upstream);
    const target = grapnel.target(INVOKE, [invocation(id, upstream)]);
    for (let call = 0; call < 20; call++) await firstAnswer(target);
    await grapnel.child.ask('forget');
    const { length: calls } = await load.latency(target, length.seconds, 4);
    const counted = await grapnel.child.ask<[sql: string, count: number][]>('statements');
    const perCall = (which: (sql: string) => boolean) =>
      counted.filter(([sql]) => which(sql)).reduce((sum, [, count]) => sum + count, 0) / calls;
    const reads = perCall(isRead);
    const versions = perCall(isVersion);
    const writes = perCall((sql) => !isRead(sql) && !isVersion(sql));
    // Each call, or by the clock: what is done once a second or so is no part of a call.
    const hot = counted.filter(([, count]) => count >= calls / 2);
    const line = (what: string, value: number, limit: number, which: (sql: string) => boolean, reach: string) => ({
      what,
      ours: `${written(value)} (on the hot path ${hot.filter(([sql]) => which(sql)).length})`,
      peer: '–',
      reach,
      isReached: hot.filter(([sql]) => which(sql)).length <= limit,
    });
    const byClock = new Map<string, number>();
    for (const [sql, count] of counted) {
      if (count < calls / 2) byClock.set(brief(sql), (byClock.get(brief(sql)) ?? 0) + count);
    }
    return {
      lines: [
        line('reads', reads, 1, isRead, '≤ 1'),
        line('PRAGMA data_version, which reads no table', versions, 1, isVersion, 'told'),
        line('all others (writes, transactions)', writes, 0, (sql) => !isRead(sql) && !isVersion(sql), '0'),
      ],
      notes: [
        `${written(calls)} calls. On the hot path: ${hot.map(([sql]) => brief(sql)).join(', ')}. The rest is done by the clock, however many calls there are: ${[
          ...byClock,
        ]
          .map(([what, count]) => `${count} × ${what}`)
          .join(', ')}.`,
      ],
    };
  },
};
