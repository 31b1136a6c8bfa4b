/** Four processes, each with a database and a quarter of the load, against one with all of it. */
import { availableParallelism } from 'node:os';
import { startGrapnel } from '../grapnel';
import { firstAnswer, type Target } from '../load';
import type { Row } from '../row';
import { alternate, perSecond, ratioOf } from '../spread';
import { connected, STATUS } from '../story';

const SHARDS = 4;

export const shards: Row = {
  name: 'shards',
  title: 'Four processes on four shards of the load',
  async run({ processes, load, length }) {
    const upstream = await processes.peer('upstream').ask<string>('start');
    const targets: Target[] = [];
    while (targets.length < SHARDS) {
      const grapnel = await startGrapnel(processes);
      targets.push(grapnel.target(STATUS, [{ id: await connected(grapnel, upstream) }]));
    }
    const [one] = targets;
    if (!one) throw new Error('There is no shard.');
    for (const target of targets) await firstAnswer(target);
    await load.together(targets, length.warmUp);
    await load.throughput(one, length.warmUp);
    const measured = await alternate(length.rounds, {
      four: () => load.together(targets, length.seconds),
      one: () => load.throughput(one, length.seconds),
    });
    return {
      lines: [
        {
          what: 'status by id: four processes, against one',
          ours: perSecond(measured.four),
          peer: perSecond(measured.one),
          ratio: ratioOf(measured.four, measured.one),
          reach: 'told',
        },
      ],
      notes: [
        `Seen on ${availableParallelism()} cores, of which the load takes one or so itself. That shows what four processes cost each other where cores are short; it does not show how far they scale where each has a core of its own.`,
      ],
    };
  },
};
