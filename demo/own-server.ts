/** A Grapnel of the demo's own: a child process on a free port, with its data in a temporary folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { DemoFailure } from './failure';

export interface OwnServer {
  readonly url: string;
  readonly key: string;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

export async function startOwnServer(): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'grapnel-demo-'));
  const key = randomBytes(24).toString('hex');
  const child = spawn(process.execPath, [...process.execArgv, require.resolve('../src/main')], {
    // Nothing of the environment around: its settings are those of another server.
    env: {
      PORT: '0',
      DATA_DIR: folder,
      BOOTSTRAP_API_KEY: key,
      OUTBOUND_ALLOW: '127.0.0.1',
      LOG_LEVEL: 'silent',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url: await urlOf(child), key, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address that the server prints when it listens. */
async function urlOf({ stdout, stderr }: ChildProcess): Promise<string> {
  if (!stdout || !stderr) throw new Error('The streams of the child are pipes.');
  const complaint = text(stderr);
  for await (const line of createInterface({ input: stdout })) {
    const [, url] = /^\s*GraphQL\s+(\S+)\/graphql$/.exec(line) ?? [];
    if (url) return url;
  }
  throw new DemoFailure(`Grapnel did not start: ${(await complaint).trim()}`);
}
