/** What it was measured on. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import { settings } from './grapnel';

const GIB = 1024 ** 3;

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: __dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** The name that a Linux distribution gives itself. */
function system(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? type();
  } catch {
    return type();
  }
}

/** Lines of Markdown. To be asked before anything is measured: the load is that of others then. */
export function machine(): string[] {
  const changed = git('status', '--porcelain', '--untracked-files=no') ? ', with changes' : '';
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    `- ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / GIB).toFixed(1)} GiB; ${system()}; Node ${process.version}`,
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed}; load average before: ${load.join(', ')}`,
    `- All servers with NODE_ENV=production; ours on SQLite in a temporary folder, with ${Object.entries(settings)
      .map((pair) => pair.join('='))
      .join(', ')}`,
  ];
}
