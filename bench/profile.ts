/** Where the time of our server goes: its own CPU profile under load, summed by package. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGrapnel } from './grapnel';
import { firstAnswer, Load } from './load';
import { moment } from './peers/moment';
import { withProcesses } from './processes';
import type { Length } from './row';
import { connected, INVOKE, invocation, STATUS } from './story';

interface CpuProfile {
  /** In microseconds, on the clock of `moment`. */
  readonly startTime: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** What a place in the code is counted to: a package, a room of ours, Node, or the engine's own work. */
function ownerOf(url: string, functionName: string): string {
  const [, module] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (module) return module;
  const [, room] = /\/dist\/(src\/[^/.]+)/.exec(url) ?? [];
  if (room) return room;
  if (url.startsWith('node:')) return url.replace(/^node:(internal\/)?([^/]+).*/, 'node:$2');
  return functionName.startsWith('(') ? functionName : 'native';
}

type Times = readonly (readonly [name: string, time: number])[];

/** Self time since `from`, in microseconds, by what `key` makes of each place; what was idle is left out. */
function sums(
  { startTime, nodes, samples, timeDeltas }: CpuProfile,
  from: number,
  key: (url: string, name: string, line: number) => string,
): Times {
  const keys = new Map(
    nodes.map(({ id, callFrame: { url, functionName, lineNumber } }) => [id, key(url, functionName, lineNumber + 1)]),
  );
  const times = new Map<string, number>();
  let at = startTime;
  for (const [index, sample] of samples.entries()) {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const name = keys.get(sample) ?? '';
    if (at < from || name.includes('(idle)')) continue;
    times.set(name, (times.get(name) ?? 0) + delta);
  }
  return [...times].sort(([, a], [, b]) => b - a);
}

function table(title: string, times: Times, most: number): string {
  const total = times.reduce((sum, [, time]) => sum + time, 0);
  const lines = times.slice(0, most).map(([name, time]) => {
    const part = ((100 * time) / total).toFixed(1);
    return `| ${name} | ${part} % |`;
  });
  return `| ${title} | self time |\n| --- | --: |\n${lines.join('\n')}\n`;
}

/** Tables in Markdown, for the status of a connection and for calls. */
export const profile = (length: Length): Promise<string> =>
  withProcesses(async (processes) => {
    const upstream = await processes.peer('upstream').ask<string>('start');
    const load = new Load(processes);
    const texts: string[] = [];
    for (const name of ['status', 'invoke'] as const) {
      const folder = processes.folder();
      const node = ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${folder}`];
      const grapnel = await startGrapnel(processes, { node });
      const id = await connected(grapnel, upstream);
      const target =
        name === 'status' ? grapnel.target(STATUS, [{ id }]) : grapnel.target(INVOKE, [invocation(id, upstream)]);
      await firstAnswer(target);
      await load.throughput(target, length.warmUp);
      // Neither the start nor what was not compiled yet is what is looked for.
      const from = moment() * 1000;
      await load.throughput(target, 2 * length.seconds);
      // It is written when the process ends.
      await grapnel.child.stop();
      const file = readdirSync(folder).find((each) => each.endsWith('.cpuprofile'));
      if (!file) throw new Error('The server wrote no profile.');
      const cpu = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
      const place = (url: string, functionName: string, line: number) =>
        `${functionName || 'anonymous'} (${ownerOf(url, functionName)}${url.startsWith('file:') ? `, ${url.split('/').pop()}:${line}` : ''})`;
      texts.push(
        `## ${name}\n`,
        table('package', sums(cpu, from, ownerOf), 25),
        table('function', sums(cpu, from, place), 40),
      );
    }
    return texts.join('\n');
  });
