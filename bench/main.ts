/** `npm run bench`: measures ours and its peers in one run, prints a table, and keeps the whole one in `bench/results.md`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Load } from './load';
import { machine } from './machine';
import { withProcesses } from './processes';
import { profile } from './profile';
import { section } from './report';
import type { Length, Row } from './row';
import { rows } from './rows';

const usage = `npm run bench -- [--only <row>]… [--quick] [--profile] [--tests <seconds>]

  --only     one row (again for more): ${rows.map(({ name }) => name).join(', ')}
  --quick    two minutes instead of twelve; good for seeing that all works, not for figures
  --profile  where the time of our server goes, by package, in the rows status and invoke
  --tests    how many seconds npm test took on this machine, to be told with the rest

  The whole run, and only that, writes bench/results.md.
`;

const whole: Length = { isQuick: false, rounds: 5, seconds: 3, warmUp: 3 };
const quick: Length = { isQuick: true, rounds: 5, seconds: 0.8, warmUp: 1 };

const print = (text: string) => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      tests: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return print(usage);
  const unknown = values.only?.find((name) => rows.every((row) => row.name !== name));
  if (unknown) throw new Error(`There is no row ${unknown}; see --help.`);
  const chosen = rows.filter(({ name }) => !values.only || values.only.includes(name));
  const length = values.quick ? quick : whole;
  const head = ['# Figures', '', 'Written by `npm run bench`.', '', ...machine(), ''];
  if (values.tests) head.push(`- \`npm test\` took ${values.tests} s`, '');
  print(head.join('\n'));
  if (values.profile) return print(await profile(length));
  const sections: string[] = [];
  for (const row of chosen) {
    const text = await measured(row, length);
    sections.push(text);
    print(text);
  }
  if (values.quick || values.only) return;
  // The compiled file stands in dist/bench.
  writeFileSync(join(__dirname, '../../bench/results.md'), [...head, ...sections].join('\n'));
}

async function measured(row: Row, length: Length): Promise<string> {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(0)} s`;
  const say = (text: string) => void process.stderr.write(`  ${row.name}, ${seconds()}: ${text}\n`);
  say('begins');
  const text = await withProcesses(async (processes) =>
    section(row, await row.run({ length, processes, load: new Load(processes), say })),
  );
  say('has ended');
  return text;
}

main().catch((error: Error) => {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
});
