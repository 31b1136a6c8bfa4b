// Runs the grapnel command of this checkout with the arguments given, building it first where that was not done yet.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const run = (command, args, options) => {
  const { status, signal } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status !== 0) process.exit(signal ? 1 : (status ?? 1));
};

if (!existsSync('dist/src/main.js')) run('npm', ['run', '--silent', 'build']);
run(process.execPath, ['dist/src/main.js', ...process.argv.slice(2)]);
