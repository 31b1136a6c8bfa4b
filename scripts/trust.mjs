// Runs the trust suites whole and prints their figures as one report; the exit code says whether all are as they have to be.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'grapnel-trust-'));
const report = join(folder, 'figures.jsonl');
const started = Date.now();

console.log('Attacking, killing and starving a server on this machine; this takes a while.\n');
const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', '-c', 'jest.trust.config.js', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, TRUST_REPORT: report } },
);

const figures = existsSync(report)
  ? readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
rmSync(folder, { recursive: true });

console.log('\nWhat got through, of what was tried:');
for (const chapter of [...new Set(figures.map((figure) => figure.chapter))].sort()) {
  console.log(`\n${chapter}`);
  for (const { what, figure, holds } of figures.filter((one) => one.chapter === chapter))
    console.log(`  ${holds ? '✓' : '✗'} ${what.padEnd(84)} ${figure}`);
}
const failed = figures.filter(({ holds }) => !holds).length;
const isFine = status === 0 && failed === 0 && figures.length > 0;
const minutes = ((Date.now() - started) / 60_000).toFixed(1);
console.log(
  `\n${figures.length} figures, ${failed} not as they have to be; tests ${status === 0 ? 'passed' : 'FAILED'}; ${minutes} min.`,
);
process.exit(isFine ? 0 : 1);
