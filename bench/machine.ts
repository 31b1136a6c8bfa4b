/** What it was measured on. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { settings } from './grapnel';
import { milliseconds } from './spread';

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

/** How long a page takes to be safe on the disk that the databases are on: no commit is faster. */
function diskSync(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grapnel-bench-'));
  const file = openSync(join(folder, 'page'), 'w');
  const times = Array.from({ length: 50 }, () => {
    const began = performance.now();
    writeSync(file, Buffer.alloc(4096));
    fdatasyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return milliseconds(times);
}

/** Lines of Markdown. To be asked before anything is measured: the load is that of others then. */
export function machine(): string[] {
  const changed = git('status', '--porcelain', '--untracked-files=no') ? ', with changes' : '';
  const load = loadavg().map((value) => value.toFixed(2));
  return [
    `- ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${(totalmem() / GIB).toFixed(1)} GiB; ${system()}; Node ${process.version}`,
    `- ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${git('rev-parse', '--short', 'HEAD') || 'unknown'}${changed}; load average before: ${load.join(', ')}; a page synced to disk takes ${diskSync()} at the median`,
    `- All servers with NODE_ENV=production; ours on SQLite in a temporary folder, with ${Object.entries(settings)
      .map((pair) => pair.join('='))
      .join(', ')}`,
  ];
}
