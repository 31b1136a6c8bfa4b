/** Our server as a process, and its API as a client uses it. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Target } from './load';
import type { Child, Processes, Start } from './processes';

/** What is told of the settings that differ from those of a server as it comes. */
export const settings = { RATE_LIMIT: '0', SUBSCRIPTION_LIMIT: '0', SOCKET_LIMIT: '0', LOG_LEVEL: 'warn' } as const;

// biome-ignore lint/suspicious/noExplicitAny: a client that generates no types takes what it asked for.
type Data = any;

export interface Grapnel {
  readonly url: string;
  readonly key: string;
  readonly folder: string;
  readonly child: Child;
  /** The data of an operation; throws at errors of every kind. */
  ask(query: string, variables?: object): Promise<Data>;
  /** A target of load. */
  target(query: string, variables: readonly object[]): Target;
}

export interface GrapnelStart extends Start {
  /** Whether it can be asked for what goes on inside; see `peers/inspect.ts`. */
  readonly isInspected?: boolean;
  readonly folder?: string;
}

/** The key that seals, known here so that secrets can be put into the database without the API. */
export const encryptionKey = { id: 'bench', bytes: randomBytes(32) };

const KEY = randomBytes(24).toString('hex');

export async function startGrapnel(
  processes: Processes,
  { isInspected = false, folder = processes.folder(), node = [], environment = {} }: GrapnelStart = {},
): Promise<Grapnel> {
  const inspect = isInspected ? ['--expose-gc', '-r', join(__dirname, 'peers/inspect.js')] : [];
  const child = processes.start('../src/main.js', {
    node: [...inspect, ...node],
    environment: {
      ...settings,
      PORT: '0',
      DATA_DIR: folder,
      BOOTSTRAP_API_KEY: KEY,
      OUTBOUND_ALLOW: '127.0.0.1',
      ENCRYPTION_KEYS: `${encryptionKey.id}:${encryptionKey.bytes.toString('base64')}`,
      ...environment,
    },
  });
  const [, url = ''] = await child.prints(/GraphQL\s+(\S+)\/graphql/);
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${KEY}` };
  const endpoint = `${url}/graphql`;
  return {
    url,
    key: KEY,
    folder,
    child,
    target: (query, variables) => ({
      url: endpoint,
      headers,
      bodies: variables.map((each) => JSON.stringify({ query, variables: each })),
    }),
    async ask(query, variables = {}) {
      const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      const { data, errors } = (await response.json()) as Data;
      const payload = Object.values(data ?? {})[0] as Data;
      const refused = errors ?? (payload?.userErrors?.length > 0 ? payload.userErrors : undefined);
      if (refused) throw new Error(`Refused: ${JSON.stringify(refused)} of ${query}`);
      return data;
    },
  };
}
