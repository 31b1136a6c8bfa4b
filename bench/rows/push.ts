/** From the commit of an authorization to the message at a subscriber in another process, with ever more idle subscribers beside. */
import { type Flows, openFlows } from '../flows';
import { type Grapnel, startGrapnel } from '../grapnel';
import { moment } from '../peers/moment';
import type { Child } from '../processes';
import type { Bench, Row } from '../row';
import { alternate, median, milliseconds, ratioOf, written } from '../spread';
import { authorize, toCallback, WATCH } from '../story';

const PER_SOCKET = 100;

/** How long a message is on its way, and how long it all took since the callback, in milliseconds. */
interface Way {
  readonly pushed: number;
  readonly whole: number;
}

/** The whole way of a person, a callback at its end. */
async function ours(grapnel: Grapnel, { connectionId }: Flows, subscriber: Child): Promise<Way> {
  const flow = await authorize(grapnel, connectionId);
  const callBack = await toCallback({ ...grapnel, authorizationUrl: flow.authorizationUrl });
  await subscriber.ask('watch', { id: flow.id, url: grapnel.url, key: grapnel.key, query: WATCH });
  const began = moment();
  await callBack();
  const arrivedAt = await subscriber.ask<number>('arrival');
  const committedAt = await grapnel.child.ask<number>('committedAt', { flow: flow.id });
  return { pushed: arrivedAt - committedAt, whole: arrivedAt - began };
}

async function theirs(peer: Child, url: string, subscriber: Child, count: number): Promise<number> {
  const id = `watched ${count}`;
  await subscriber.ask('watch', { id, url, key: 'none', query: WATCH });
  const at = await peer.ask<number>('publish', { id });
  return (await subscriber.ask<number>('arrival')) - at;
}

async function medianOf(samples: number, measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  while (values.length < samples) values.push(await measure());
  return median(values);
}

export const push: Row = {
  name: 'push',
  title: 'Push: an authorization is committed → its subscriber has it',
  async run({ processes, length, say }: Bench) {
    const sizes = length.isQuick ? [10, 100, 1000] : [10, 1000, 10_000];
    const samples = length.isQuick ? 5 : 15;
    const upstream = await processes.peer('upstream').ask<string>('start');
    const grapnel = await startGrapnel(processes, { isInspected: true });
    const flows = await openFlows(grapnel, upstream, Math.max(...sizes));
    const peer = processes.peer('sockets');
    const peerUrl = await peer.ask<string>('start');
    const [crowd, subscriber] = [processes.peer('subscribers'), processes.peer('subscribers')];
    let [count, held] = [0, 0];
    const wholes: number[] = [];
    const contest = {
      ours: () =>
        medianOf(samples, async () => {
          const { pushed, whole } = await ours(grapnel, flows, subscriber);
          wholes.push(whole);
          return pushed;
        }),
      peer: () => medianOf(samples, () => theirs(peer, peerUrl, subscriber, count++)),
    };
    await alternate(2, contest);
    const lines = [];
    const notes: string[] = [];
    let first: number[] | undefined;
    for (const size of sizes) {
      say(`${size} idle subscriptions`);
      const ids = flows.idle.slice(held, size);
      await crowd.ask('hold', { ids, perSocket: PER_SOCKET, url: grapnel.url, key: grapnel.key, query: WATCH });
      held = size;
      wholes.length = 0;
      const measured = await alternate(length.rounds, contest);
      const ratio = ratioOf(measured.ours, measured.peer);
      lines.push({
        what: `${written(size)} idle on other flows, against bare graphql-ws with one subscriber`,
        ours: milliseconds(measured.ours),
        peer: milliseconds(measured.peer),
        ratio,
        reach: '≤ 1.2×',
        isReached: ratio.median <= 1.2,
      });
      first ??= measured.ours;
      const growth = median(measured.ours) / median(first);
      notes.push(
        `${written(size)} idle: ${written(growth)} times as long as with ${sizes[0]}; from the callback sent to the message received, with the token obtained and two commits synced to disk, ${milliseconds(wholes)} at the median.`,
      );
    }
    return {
      lines,
      notes: [
        `Ours: since COMMIT returned, so that the flow is read again and the caller's right to it checked. The peer publishes a constant. Medians of ${samples} in each run.`,
        ...notes,
      ],
    };
  },
};
