/** Runs the command as a process of its own, and watches what it says. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';

const root = resolve(__dirname, '../..');

export interface MainProcess {
  readonly pid: number | undefined;
  /** All it has said so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves as soon as its standard output matches; rejects when it ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  signal(name: NodeJS.Signals): void;
  /** Says something to a program that was started with `isAsked`, and resolves to what it says to that; rejects when it ends before. */
  asking(message: object): Promise<unknown>;
  /** Its exit code; `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
}

const running = new Set<MainProcess>();

/** How the program is started: the sources as they are, unless told otherwise. */
interface Started {
  readonly command?: readonly [string, ...string[]];
  /** Whether the test talks to it, as to a part that it was made to load. */
  readonly isAsked?: boolean;
}

const sources = [process.execPath, '-r', resolve(__dirname, 'swc-register.cjs'), resolve(root, 'src/main.ts')] as const;

/** Starts the command with `environment` and nothing else of ours, on any free port. */
export function runMain(
  args: string[] = [],
  environment: Record<string, string> = {},
  { command = sources, isAsked = false }: Started = {},
): MainProcess {
  const [program, ...before] = command;
  const child = spawn(program, [...before, ...args], {
    env: { PATH: process.env.PATH, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(isAsked ? (['ipc'] as const) : [])],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let [stdout, stderr] = ['', ''];
  const told: (() => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const tell of told.splice(0)) tell();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((done) => {
    child.on('close', (code) => {
      running.delete(main);
      done(code);
    });
  });
  const main: MainProcess = {
    pid: child.pid,
    stdout: () => stdout,
    stderr: () => stderr,
    async said(pattern) {
      for (;;) {
        const match = pattern.exec(stdout);
        if (match) return match;
        const more = new Promise<boolean>((heard) => told.push(() => heard(true)));
        if (!(await Promise.race([more, ended.then(() => false)])) && !pattern.test(stdout))
          throw new Error(`It ended without saying ${pattern}: ${stdout}${stderr}`);
      }
    },
    signal: (name) => void child.kill(name),
    async asking(message) {
      const answer = new Promise((hear) => child.once('message', hear));
      child.send(message);
      const silence = ended.then(() => Promise.reject(new Error(`It ended without an answer: ${stdout}${stderr}`)));
      return Promise.race([answer, silence]);
    },
    ended,
  };
  running.add(main);
  return main;
}

/** Ends what a failed test left running. */
export async function endAll(): Promise<void> {
  for (const main of running) main.signal('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
}
