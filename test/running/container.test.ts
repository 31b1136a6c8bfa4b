/** What can be held of the image without an engine that builds it: what is copied exists, what is run exists, and nothing runs as root. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig } from '../../src/config';
import { readyPath } from '../../src/http/health';
import { startTestServer } from '../support/server';
import { root } from '../support/sources';

const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pack = JSON.parse(read('package.json')) as { scripts: Record<string, string>; bin: { grapnel: string } };

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** The instructions of each stage, continued lines joined, comments left out. */
function stagesOf(text: string): Instruction[][] {
  const lines = text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Instruction[][] = [];
  for (const line of lines) {
    const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (word === 'FROM') stages.push([]);
    stages.at(-1)?.push({ word, rest });
  }
  return stages;
}

const [build = [], final = [], ...more] = stagesOf(read('Dockerfile'));
const all = (stage: readonly Instruction[], word: string) =>
  stage.filter((instruction) => instruction.word === word).map(({ rest }) => rest);
const only = (stage: readonly Instruction[], word: string): string => {
  const found = all(stage, word);
  if (found.length !== 1) throw new Error(`There are ${found.length} instructions ${word}.`);
  return found[0] ?? '';
};

/** What is copied from the checkout. */
const copied = (stage: readonly Instruction[]) =>
  all(stage, 'COPY')
    .filter((rest) => !rest.startsWith('--from'))
    .flatMap((rest) => rest.split(' ').slice(0, -1));

test('there are two stages of the same base, with the least Node that is supported or a newer one', () => {
  expect(more).toEqual([]);
  const bases = [build, final].map((stage) => only(stage, 'FROM').replace(/ AS .*/, ''));
  expect(bases).toEqual(['node:22-bookworm-slim', 'node:22-bookworm-slim']);
});

test('all that is copied from the checkout exists, and .dockerignore lets it through and nothing else', () => {
  const sources = [...copied(build), ...copied(final)];
  expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  const [first, ...allowed] = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(first).toBe('*');
  const top = new Set(sources.map((path) => `!${path.split('/')[0]}`));
  expect(allowed.toSorted()).toEqual([...top].sort());
});

test('the build has all that it reads: what the compiler includes, and what the playground is made of', () => {
  const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
  const playground = [...read('scripts/build-playground.mjs').matchAll(/join\(root, '([^']+)'\)/g)].map(
    ([, path]) => path ?? '',
  );
  expect(playground).toEqual(expect.arrayContaining(['playground', 'examples/story', 'package-lock.json']));
  const needed = ['tsconfig.json', 'tsconfig.build.json', 'scripts', ...include, ...playground];
  const missing = needed.filter((path) => !path.startsWith('dist') && !copied(build).includes(path));
  expect(missing).toEqual([]);
});

test('what the build runs are npm itself and scripts that exist; development tools are thrown away after it', () => {
  const commands = all(build, 'RUN').flatMap((rest) => rest.split('&&').map((command) => command.trim()));
  const npm = commands.filter((command) => command.startsWith('npm '));
  expect(npm).toEqual(['npm ci', 'npm run build', 'npm prune --omit=dev']);
  expect(pack.scripts.build).toBeDefined();
  const apt = commands.filter((command) => /^apt-get install|^rm/.test(command));
  expect(apt).toEqual(['apt-get install -y --no-install-recommends python3 make g++', 'rm -rf /var/lib/apt/lists/*']);
});

test('the image takes of the build no more than the modules and what was built', () => {
  const taken = all(final, 'COPY').filter((rest) => rest.startsWith('--from'));
  expect(taken).toEqual(['--from=build /app/node_modules ./node_modules', '--from=build /app/dist ./dist']);
  expect([only(build, 'WORKDIR'), only(final, 'WORKDIR')]).toEqual(['/app', '/app']);
  // The version is read from it.
  expect(copied(final)).toContain('package.json');
});

test('it runs as a user without rights, who owns the data folder and nothing else', () => {
  expect(only(final, 'USER')).toBe('node');
  const after = final.slice(final.findIndex(({ word }) => word === 'USER') + 1).map(({ word }) => word);
  expect(after).toEqual(['VOLUME', 'EXPOSE', 'STOPSIGNAL', 'HEALTHCHECK', 'ENTRYPOINT']);
  expect(only(final, 'RUN')).toBe('install -d -o node -g node -m 0700 /data');
  expect(all(final, 'COPY').filter((rest) => /--chown|--chmod/.test(rest))).toEqual([]);
});

test('its settings are settings of ours, and its entry the program', () => {
  const environment = Object.fromEntries(
    only(final, 'ENV')
      .split(' ')
      .map((pair) => pair.split('=')),
  );
  const { host, port, dataDir } = readConfig(environment);
  expect([host, `${port}`, dataDir]).toEqual(['0.0.0.0', only(final, 'EXPOSE'), only(final, 'VOLUME')]);
  const [command, ...args] = JSON.parse(only(final, 'ENTRYPOINT')) as string[];
  expect([command, args]).toEqual(['node', [pack.bin.grapnel]]);
  expect(existsSync(resolve(root, pack.bin.grapnel.replace(/^dist\/(.*)\.js$/, '$1.ts')))).toBe(true);
  // The signal that the program stops on, from its first module on: the first process of a container is not ended by one otherwise.
  expect(only(final, 'STOPSIGNAL')).toBe('SIGTERM');
  expect(read('src/stop-signal.ts')).toContain("'SIGTERM'");
  expect(/^import .*$/m.exec(read('src/main.ts'))?.[0]).toBe("import './stop-signal';");
});

test('the health check succeeds as long as the server is ready, and fails when it is gone', async () => {
  const health = only(final, 'HEALTHCHECK');
  expect(health).toContain(readyPath);
  const [command = '', ...args] = JSON.parse(health.slice(health.indexOf('['))) as string[];
  expect(command).toBe('node');
  const server = await startTestServer();
  const { port } = new URL(server.url);
  const exitCode = () =>
    new Promise((tell) => {
      const child = execFile(process.execPath, args, { env: { PORT: port } });
      child.on('close', tell);
    });
  expect(await exitCode()).toBe(0);
  await server.remove();
  expect(await exitCode()).toBe(1);
}, 20_000);
