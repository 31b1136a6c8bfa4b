/** The status of one connection by id: key checked, row read, over HTTP; against Apollo alone, and against finished bytes. */
import { startGrapnel } from '../grapnel';
import { firstAnswer, type Target } from '../load';
import type { Row } from '../row';
import { alternate, perSecond, ratioOf } from '../spread';
import { connected, STATUS } from '../story';

export const status: Row = {
  name: 'status',
  title: 'Status of one connection by id',
  async run({ processes, load, length }) {
    const upstream = await processes.peer('upstream').ask<string>('start');
    const grapnel = await startGrapnel(processes);
    const id = await connected(grapnel, upstream);
    const ours = grapnel.target(STATUS, [{ id }]);
    const answer = await firstAnswer(ours);
    const { connection } = JSON.parse(answer).data;
    const at = (url: string): Target => ({ ...ours, url });
    const apollo = at(await processes.peer('apollo').ask<string>('start', { connection }));
    const bytes = at(`${await processes.peer('fixed').ask<string>('start', { answer })}/`);
    for (const target of [apollo, bytes]) {
      const theirs = await firstAnswer(target);
      if (JSON.stringify(JSON.parse(theirs)) !== JSON.stringify(JSON.parse(answer)))
        throw new Error(`The answers differ: ${theirs} and ${answer}`);
    }
    for (const target of [ours, apollo, bytes]) await load.throughput(target, length.warmUp);
    const run = (target: Target) => () => load.throughput(target, length.seconds);
    const measured = await alternate(length.rounds, { ours: run(ours), apollo: run(apollo), bytes: run(bytes) });
    const ratio = ratioOf(measured.ours, measured.apollo);
    return {
      lines: [
        {
          what: 'against bare Apollo Server 5 standalone, from a constant',
          ours: perSecond(measured.ours),
          peer: perSecond(measured.apollo),
          ratio,
          reach: '≥ 1.3×',
          isReached: ratio.median >= 1.3,
        },
        {
          what: 'against node:http writing the finished bytes',
          ours: perSecond(measured.ours),
          peer: perSecond(measured.bytes),
          ratio: ratioOf(measured.ours, measured.bytes),
          reach: 'told',
        },
      ],
      notes: ['32 connections, one request at a time on each; all three answer the same JSON.'],
    };
  },
};
