/** A server process that is killed, at a step or at any moment, and started again on what is left. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { endAll, type MainProcess, runMain } from '../support/main-process';
import { type Ask, askerOf, OWNER_KEY } from '../support/server';

const root = resolve(__dirname, '../..');

export interface Victim {
  readonly url: string;
  readonly ask: Ask;
  /** From now on steps are counted, and the process dies at this one (from 1; 0: at none). */
  killAt(step: number): Promise<void>;
  /** The steps since. */
  steps(): Promise<string[]>;
  /** Kills it where it stands, and resolves when it is gone. */
  kill(): Promise<void>;
  readonly gone: Promise<unknown>;
  readonly pid: number | undefined;
  /** Resolves as soon as its log and its other output match. */
  said(pattern: RegExp): Promise<unknown>;
}

export interface Command extends MainProcess {
  /** The steps it took so far. */
  steps(): string[];
}

export interface Lives {
  readonly dataDir: string;
  /** The address that every life is reached at. */
  readonly url: string;
  /** Starts the server, and waits until it listens. `env`: settings of this life. */
  start(env?: Record<string, string>): Promise<Victim>;
  /** Runs a command of the program on the same data; `killAt`: the step that it dies at (from 1; 0: at none). */
  command(name: string, args: string[], env: Record<string, string>, killAt: number): Command;
  /** Ends what lives and removes the traces. */
  end(): Promise<void>;
}

/** Compiles the sources, so that a life begins fast, and chooses a port that all lives have in turn. */
export async function lives(env: Record<string, string> = {}): Promise<Lives> {
  const folder = mkdtempSync(join(tmpdir(), 'grapnel-lives-'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')]);
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  const [dataDir, port] = [join(folder, 'data'), await freePort()];
  const command = [process.execPath, '-r', join(__dirname, 'kill-at.cjs'), join(folder, 'dist/src/main.js')] as const;
  return {
    dataDir,
    url: `http://127.0.0.1:${port}`,
    async start(settings = {}) {
      const environment = {
        PORT: `${port}`,
        DATA_DIR: dataDir,
        BOOTSTRAP_API_KEY: OWNER_KEY,
        OUTBOUND_ALLOW: '127.0.0.1',
        LOG_LEVEL: 'error',
        ...env,
        ...settings,
      };
      const main = runMain([], environment, { command, isAsked: true });
      const [, endpoint = ''] = await main.said(/GraphQL +(http:\S+)/);
      const ask = askerOf(endpoint, OWNER_KEY);
      // The first use of a key is written down: not among the steps of what a test does.
      await ask('{ viewer { role } }');
      const steps = async (asked: object) => ((await main.asking(asked)) as { steps: string[] }).steps;
      return {
        url: endpoint.replace(/\/graphql$/, ''),
        ask,
        killAt: async (killAt) => void (await steps({ killAt })),
        steps: () => steps({}),
        async kill() {
          main.signal('SIGKILL');
          await main.ended;
        },
        gone: main.ended,
        pid: main.pid,
        said: (pattern) => main.said(pattern),
      };
    },
    command(name, args, settings, killAt) {
      const list = join(folder, 'steps');
      writeFileSync(list, '');
      const faults = { FAULT_STEPS: list, FAULT_KILL_AT: `${killAt}` };
      const main = runMain([name, ...args], { DATA_DIR: dataDir, ...settings, ...faults }, { command });
      return { ...main, steps: () => readFileSync(list, 'utf8').split('\n').slice(0, -1) };
    },
    async end() {
      await endAll();
      rmSync(folder, { recursive: true });
    },
  };
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((done) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    }),
  );
}

/** What is wrong with the database itself; empty when it is whole. */
export function damages(dataDir: string): unknown[] {
  const database = new Database(join(dataDir, 'grapnel.sqlite'), { readonly: true });
  try {
    const found = database.pragma('integrity_check') as { integrity_check: string }[];
    const broken = database.pragma('foreign_key_check') as unknown[];
    return [...found.flatMap(({ integrity_check }) => (integrity_check === 'ok' ? [] : integrity_check)), ...broken];
  } finally {
    database.close();
  }
}

/** Reads or changes what is kept, beside the server. */
export function inDatabase<T>(dataDir: string, work: (database: Database.Database) => T): T {
  const database = new Database(join(dataDir, 'grapnel.sqlite'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** So many of `all`, spread over them: the first and the last among them. */
export function spread<T>(all: readonly T[], count: number): T[] {
  if (count >= all.length) return [...all];
  return Array.from(
    { length: count },
    (_, at) => all[Math.round((at * (all.length - 1)) / Math.max(1, count - 1))] as T,
  );
}
