/** From the start of the process to the first answer. */
import { startGrapnel } from '../grapnel';
import { firstAnswer } from '../load';
import type { Row } from '../row';
import { spreadOf, written } from '../spread';

export const coldStart: Row = {
  name: 'cold-start',
  title: 'Cold start to the first answer',
  async run({ processes, length }) {
    const start = async (folder: string) => {
      const began = performance.now();
      const grapnel = await startGrapnel(processes, { folder });
      await firstAnswer(grapnel.target('{ __typename }', [{}]));
      const took = performance.now() - began;
      await grapnel.child.stop();
      return took;
    };
    const [empty, again]: [number[], number[]] = [[], []];
    for (let round = 0; round < length.rounds; round++) {
      const folder = processes.folder();
      empty.push(await start(folder));
      again.push(await start(folder));
    }
    const line = (what: string, took: number[]) => {
      const { median, min, max } = spreadOf(took);
      return {
        what,
        ours: `${written(median)} ms (${written(min)} to ${written(max)})`,
        peer: '–',
        reach: '≤ 1.5 s',
        isReached: median <= 1500,
      };
    };
    return { lines: [line('with an empty data folder, all migrations', empty), line('with a database', again)] };
  },
};
