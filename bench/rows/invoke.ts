/** Calls through a connection with a fresh OAuth 2 token, against a plain proxy in front of the same API. */
import { startGrapnel } from '../grapnel';
import { firstAnswer, type Target } from '../load';
import type { Row } from '../row';
import { alternate, median, milliseconds, perSecond, ratioOf, spreadOf, written } from '../spread';
import { connected, INVOKE, invocation, smallBody } from '../story';

/** How many calls are under way at once where latency is measured. */
const FEW = 2;

export const invoke: Row = {
  name: 'invoke',
  title: 'invokeUrl with a fresh OAuth 2 token, small JSON both ways',
  async run({ processes, load, length }) {
    const upstream = await processes.peer('upstream').ask<string>('start');
    const grapnel = await startGrapnel(processes);
    const id = await connected(grapnel, upstream);
    const ours = grapnel.target(INVOKE, [invocation(id, upstream)]);
    const proxy: Target = {
      url: `${await processes.peer('proxy').ask<string>('start', { upstream })}/echo`,
      headers: { 'content-type': 'application/json' },
      bodies: [smallBody],
    };
    const { response } = JSON.parse(await firstAnswer(ours)).data.invokeUrl;
    if (JSON.stringify(response.json) !== (await firstAnswer(proxy))) throw new Error('The answers differ.');
    for (const target of [ours, proxy]) await load.throughput(target, length.warmUp);
    const rate = (target: Target) => () => load.throughput(target, length.seconds);
    const rates = await alternate(length.rounds, { ours: rate(ours), proxy: rate(proxy) });
    const time = (target: Target) => async () => median(await load.latency(target, length.seconds / 2, FEW));
    const times = await alternate(length.rounds, { ours: time(ours), proxy: time(proxy) });
    const ratio = ratioOf(rates.ours, rates.proxy);
    const more = spreadOf(times.ours.map((value, round) => value - (times.proxy[round] ?? Number.NaN)));
    return {
      lines: [
        {
          what: 'throughput, against a Node reverse proxy (undici) that adds a header',
          ours: perSecond(rates.ours),
          peer: perSecond(rates.proxy),
          ratio,
          reach: '≥ 0.6×',
          isReached: ratio.median >= 0.6,
        },
        {
          what: `median latency, ${FEW} calls at a time`,
          ours: milliseconds(times.ours),
          peer: milliseconds(times.proxy),
          ratio: ratioOf(times.ours, times.proxy),
          reach: '≤ 1 ms more',
          isReached: more.median <= 1,
        },
      ],
      notes: [
        `At the median a call takes ${written(more.median)} ms more than through the proxy (${written(more.min)} to ${written(more.max)}).`,
      ],
    };
  },
};
