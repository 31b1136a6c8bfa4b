/** OAuth 1 providers that nobody here wrote the signatures of, behind one face: oauthlib in Python, and one on node:crypto alone. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createProvider } from './oauth1-node';
import type { Message } from './oauth1-verifier';

export interface OAuth1Provider {
  readonly url: string;
  /** Makes clients (key → secret) and tokens (token → key of the client, secret) known. */
  know(known: { clients?: Record<string, string>; tokens?: Record<string, [string, string]> }): Promise<void>;
  /** Whether each request is accepted, and whether its signature is right: `null` when it did not come to that. */
  verify(requests: readonly Message[]): Promise<{ accepted: boolean; signature: boolean | null }[]>;
  close(): Promise<void>;
}

/** The Python that has oauthlib; `undefined`: there is none on this machine. */
const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import oauthlib.oauth1']).status === 0,
);

/** The providers that can be had on this machine, by name. */
export const providers: [name: string, start: () => Promise<OAuth1Provider>][] = [
  ['the verifier on node:crypto', startNode],
  ...(python === undefined ? [] : [['oauthlib', () => startPython(python)] as [string, () => Promise<OAuth1Provider>]]),
];

/** Why oauthlib is not among them; `undefined`: it is. */
export const withoutOauthlib =
  python === undefined ? 'no python3 here can import oauthlib (Debian: apt-get install python3-oauthlib)' : undefined;

async function startNode(): Promise<OAuth1Provider> {
  const server = createProvider();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return face((server.address() as AddressInfo).port, async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
}

async function startPython(command: string): Promise<OAuth1Provider> {
  const child: ChildProcess = spawn(command, [join(__dirname, 'oauth1_server.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [port] = await Promise.race([
    once(createInterface(child.stdout!), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`The Python provider ended with ${code} before it was ready.`))),
  ]);
  return face(Number(port), async () => {
    child.stdin!.end();
    await ended;
  });
}

function face(port: number, close: () => Promise<void>): OAuth1Provider {
  const url = `http://127.0.0.1:${port}`;
  const post = async (path: string, value: unknown) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(value) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  return {
    url,
    know: async (known) => void (await post('/known', known)),
    verify: async (requests) => (await (await post('/verify', requests)).json()) as never,
    close,
  };
}
