/** What one operation takes of the processor of our server, and how long it is on its way. */
import { type Grapnel, startGrapnel } from '../grapnel';
import { firstAnswer, type Load, type Target } from '../load';
import type { Row } from '../row';
import { median, written } from '../spread';
import { connected, INVOKE, invocation, STATUS } from '../story';

/** How many are asked for at once: the server is kept busy, and nothing waits for long. */
const AT_ONCE = 2;

const userErrors = 'userErrors { code message path }';

/** The targets of load, by what docs/scaling.md calls the operations. */
function targetsOf(grapnel: Grapnel, id: string, upstream: string): Record<string, Target> {
  const one = (selection: string, variables: object) => grapnel.target(selection, [variables]);
  return {
    'status of one connection': one(STATUS, { id }),
    'its grants': one('query ($id: ID!) { connection(by: { id: $id }) { grants { nodes { id status } } } }', { id }),
    'a page of connections': one('{ connections(first: 20) { nodes { id name status } pageInfo { endCursor } } }', {}),
    'invokeUrl, fresh token': one(INVOKE, invocation(id, upstream)),
    connectionAuthorize: one(
      `mutation ($id: ID!) { connectionAuthorize(input: { connection: { id: $id } }) { flow { id } ${userErrors} } }`,
      { id },
    ),
    connectionRefresh: one(
      `mutation ($id: ID!) { connectionRefresh(id: $id) { connection { id status } ${userErrors} } }`,
      { id },
    ),
  };
}

/** Processor time of the server for each request, in microseconds, and the median time of one, in milliseconds. */
async function costOf(grapnel: Grapnel, load: Load, target: Target, seconds: number) {
  const used = () => grapnel.child.ask<number>('processor');
  const before = await used();
  const took = await load.latency(target, seconds, AT_ONCE);
  return { processor: ((await used()) - before) / took.length, latency: median(took) };
}

export const operations: Row = {
  name: 'operations',
  title: 'What one operation costs our process',
  async run({ processes, load, length, say }) {
    const upstream = await processes.peer('upstream').ask<string>('start');
    const grapnel = await startGrapnel(processes, { isInspected: true });
    const id = await connected(grapnel, upstream);
    const lines = [];
    for (const [what, target] of Object.entries(targetsOf(grapnel, id, upstream))) {
      say(what);
      await firstAnswer(target);
      await load.latency(target, length.warmUp, AT_ONCE);
      const runs = [];
      for (let round = 0; round < length.rounds; round++)
        runs.push(await costOf(grapnel, load, target, length.seconds / 2));
      const processor = median(runs.map((run) => run.processor));
      const latency = median(runs.map((run) => run.latency));
      const ours = `${written(Math.round(processor))} µs; ${written(latency)} ms`;
      lines.push({ what, ours, peer: '–', reach: 'told' });
    }
    return {
      lines,
      notes: [
        `Ours: processor time, that of the collector of garbage and of the disk's threads included; and how long one takes, ${AT_ONCE} at a time. Medians. Those that write wait for the disk.`,
      ],
    };
  },
};
