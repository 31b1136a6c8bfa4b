/** What an idle subscription holds, against bare graphql-ws on ws, over few sockets and over many. */
import { openFlows } from '../flows';
import { startGrapnel } from '../grapnel';
import type { Memory } from '../peers/memory';
import type { Child } from '../processes';
import type { Bench, Row } from '../row';
import { alternate, median, ratioOf, written } from '../spread';
import { WATCH } from '../story';

interface Shape {
  readonly subscriptions: number;
  readonly perSocket: number;
}

interface Held {
  readonly server: Child;
  readonly url: string;
  readonly key: string;
  readonly ids: readonly string[];
}

const KIB = 1024;

export const memory: Row = {
  name: 'memory',
  title: 'Memory of an idle subscription',
  async run({ processes, length, say }: Bench) {
    const many = length.isQuick ? 2000 : 20_000;
    // A process may open 20,000 files on many machines, some of which are no sockets.
    const shapes: Shape[] = [
      { subscriptions: many, perSocket: 100 },
      { subscriptions: many / (length.isQuick ? 4 : 2), perSocket: 1 },
    ];
    const upstream = await processes.peer('upstream').ask<string>('start');
    const node = ['--expose-gc'];

    async function ours(): Promise<Held> {
      const grapnel = await startGrapnel(processes, { isInspected: true });
      const { idle } = await openFlows(grapnel, upstream, many);
      return { server: grapnel.child, url: grapnel.url, key: grapnel.key, ids: idle };
    }
    async function theirs(): Promise<Held> {
      const server = processes.peer('sockets', { node });
      const ids = Array.from({ length: many }, (_, index) => `flow ${index}`);
      return { server, url: await server.ask<string>('start'), key: 'none', ids };
    }

    /** Of one subscription, in bytes. */
    async function cost(started: Promise<Held>, { subscriptions, perSocket }: Shape): Promise<Memory> {
      const { server, url, key, ids } = await started;
      const crowd = processes.peer('subscribers');
      const hold = (some: readonly string[]) => crowd.ask('hold', { ids: some, perSocket, url, key, query: WATCH });
      // What is made for the first ones is made once.
      await hold(ids.slice(0, 200));
      const before = await server.ask<Memory>('memory');
      await hold(ids.slice(0, subscriptions));
      const after = await server.ask<Memory>('memory');
      await Promise.all([crowd.stop(), server.stop()]);
      const each = (which: keyof Memory) => (after[which] - before[which]) / subscriptions;
      return { rss: each('rss'), heap: each('heap') };
    }

    const lines = [];
    for (const shape of shapes) {
      const { subscriptions, perSocket } = shape;
      say(`${subscriptions} subscriptions, ${perSocket} on a socket`);
      const heaps: Record<'ours' | 'peer', number[]> = { ours: [], peer: [] };
      const measure = (name: 'ours' | 'peer', start: () => Promise<Held>) => async () => {
        const { rss, heap } = await cost(start(), shape);
        heaps[name].push(heap);
        return rss;
      };
      const rss = await alternate(length.rounds, { ours: measure('ours', ours), peer: measure('peer', theirs) });
      const kib = (values: number[]) => `${written(median(values) / KIB)} KiB`;
      const line = (what: string, measured: typeof heaps, isGoal: boolean) => {
        const ratio = ratioOf(measured.ours, measured.peer);
        return {
          what: `${what}, ${written(subscriptions)} held, ${perSocket} on a socket, against bare graphql-ws + ws`,
          ours: kib(measured.ours),
          peer: kib(measured.peer),
          ratio,
          reach: isGoal ? '≤ 1.3×' : 'told',
          ...(isGoal && { isReached: ratio.median <= 1.3 }),
        };
      };
      lines.push(line('heap', heaps, true), line('resident', rss, true));
    }
    return {
      lines,
      notes: ['Each subscription watches a flow of its own, was told its state, and waits. After garbage collection.'],
    };
  },
};
