/** The processes that a benchmark needs: started, asked, and all ended with their folders in the end, whatever happens. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a process may take to end by itself, in milliseconds. */
const PATIENCE = 15_000;

/** A process of ours that can be asked for what it was written to answer. */
export class Child {
  private readonly waiting = new Map<number, { resolve(answer: never): void; reject(error: Error): void }>();
  private asked = 0;
  private readonly exited: Promise<unknown>;
  private readonly output: string[] = [];

  constructor(
    readonly name: string,
    readonly process: ChildProcess,
  ) {
    this.exited = once(process, 'exit').then(() => {
      const error = new Error(`${name} ended: ${this.said.slice(-2000)}`);
      for (const { reject } of this.waiting.values()) reject(error);
    });
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.output.push(text));
    process.on('message', ({ id, error, answer }: { id: number; error?: string; answer?: never }) => {
      const asker = this.waiting.get(id);
      this.waiting.delete(id);
      if (error !== undefined) asker?.reject(new Error(`${name}: ${error}`));
      else asker?.resolve(answer as never);
    });
  }

  /** All it has printed. */
  get said(): string {
    return this.output.join('');
  }

  /** What the process answers to a question of the `answering` it was started with. */
  ask<Answer>(question: string, input: object = {}): Promise<Answer> {
    const id = this.asked++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.process.send({ id, question, input }, (error) => error && reject(error));
    });
  }

  /** Resolves to what `pattern` finds in its output. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.said);
      if (found) return found;
      const ended = this.exited.then(() => Promise.reject(new Error(`${this.name} ended: ${this.said}`)));
      await Promise.race([once(this.process.stdout ?? this.process, 'data'), ended]);
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGTERM');
    const forced = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE);
    await this.exited;
    clearTimeout(forced);
  }
}

export interface Start {
  /** Arguments of Node itself. */
  readonly node?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class Processes {
  private readonly children = new Set<Child>();
  private readonly folders: string[] = [];

  /** Starts a compiled file, seen from this folder, with nothing of the environment around. */
  start(file: string, { node = [], environment = {} }: Start = {}): Child {
    const child = fork(join(__dirname, file), {
      execArgv: [...node],
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const known = new Child(file, child);
    this.children.add(known);
    return known;
  }

  /** Starts one of `peers/`. */
  peer(name: string, start?: Start): Child {
    return this.start(`peers/${name}.js`, start);
  }

  /** A new folder that is gone in the end. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'grapnel-bench-'));
    this.folders.push(folder);
    return folder;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.children].map((child) => child.stop()));
    this.children.clear();
    for (const folder of this.folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Does `work` with processes that are all ended afterwards, or when a signal says so. */
export async function withProcesses<T>(work: (processes: Processes) => Promise<T>): Promise<T> {
  const processes = new Processes();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = () => void processes.stopAll().finally(() => process.exit(1));
  for (const signal of signals) process.once(signal, stop);
  try {
    return await work(processes);
  } finally {
    await processes.stopAll();
    for (const signal of signals) process.off(signal, stop);
  }
}
