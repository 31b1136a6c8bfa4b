/** Loaded into our server before its own code: counts statements, notes when events are committed, tells of processor time and memory. */
import Database from 'better-sqlite3';
import { answering } from './answering';
import { memory } from './memory';
import { moment } from './moment';

type Run = (this: { readonly source: string }, ...values: unknown[]) => unknown;

/** How often each statement was run. */
const counts = new Map<string, number>();
/** When the last change of each flow was committed. */
const committed = new Map<string, number>();
const noted: string[] = [];

function watch(run: Run): Run {
  return function (...values) {
    const { source } = this;
    counts.set(source, (counts.get(source) ?? 0) + 1);
    const result = run.apply(this, values);
    if (source === 'COMMIT') for (const flow of noted.splice(0)) committed.set(flow, moment());
    else if (source === 'ROLLBACK') noted.length = 0;
    else if (source.startsWith('INSERT INTO "happening"'))
      noted.push(...values.flat().filter((value): value is string => `${value}`.startsWith('flw_')));
    return result;
  };
}

const probe = new Database(':memory:');
const statement = Object.getPrototypeOf(probe.prepare('SELECT 1')) as Record<string, Run>;
for (const method of ['run', 'get', 'all'] as const) {
  const run = statement[method];
  if (run) statement[method] = watch(run);
}
probe.close();

answering({
  forget: () => counts.clear(),
  statements: () => [...counts],
  /** The time that all threads of the process have used, in microseconds. */
  processor: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  committedAt: ({ flow }: { flow: string }) => committed.get(flow),
  memory,
});
process.channel?.unref();
