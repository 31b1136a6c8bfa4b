/** A whole server for a test, on a free port with a data folder of its own, and a client that speaks GraphQL to it over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../src/config';
import { createLog } from '../../src/log';
import { type Surroundings, startServer } from '../../src/server';
import { databaseSettings, dropDatabase } from './database';

export const OWNER_KEY = 'owner-key-of-the-tests-0123456789abcdef';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
  readonly data: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly errors?: any[];
}

export type Ask = (query: string, variables?: object) => Promise<Answer>;

export interface TestServer {
  readonly url: string;
  readonly dataDir: string;
  /** The owner's key, when this start generated it. */
  readonly generatedKey: string | undefined;
  /** Every line that was logged, at the level trace. */
  readonly logLines: string[];
  /** Asks as the owner. */
  readonly ask: Ask;
  /** Asks with another key or session token; `undefined` for none. */
  askAs(secret: string | undefined): Ask;
  /** Stops the server; the data folder stays until `remove`. */
  close(): Promise<void>;
  remove(): Promise<void>;
}

export interface TestOptions extends Surroundings {
  /** Environment variables in place of those of the tests. */
  readonly env?: Record<string, string>;
  /** The data folder of a server that was closed. */
  readonly dataDir?: string;
}

/** Starts a server that may call 127.0.0.1. */
export async function startTestServer({ env = {}, dataDir, ...surroundings }: TestOptions = {}): Promise<TestServer> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'grapnel-test-'));
  const logLines: string[] = [];
  const config: Config = readConfig({
    ...(await databaseSettings(folder)),
    PORT: '0',
    DATA_DIR: folder,
    BOOTSTRAP_API_KEY: OWNER_KEY,
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'trace',
    // Most tests are about something else, and ask more often than people do.
    RATE_LIMIT: '0',
    ...env,
  });
  const log = createLog(config.logLevel, { write: (line) => void logLines.push(line) });
  const server = await startServer(config, log, surroundings);
  const askAs = (secret: string | undefined) => askerOf(`${server.url}/graphql`, secret);
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= server.close());
  return {
    url: server.url,
    dataDir: folder,
    generatedKey: server.generatedKey,
    logLines,
    ask: askAs(OWNER_KEY),
    askAs,
    close,
    async remove() {
      await close();
      await dropDatabase(folder);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Asks at `endpoint` with a key or session token; `undefined` for none. */
export function askerOf(endpoint: string, secret: string | undefined): Ask {
  return async (query, variables) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(secret && { authorization: `Bearer ${secret}` }) },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as { data: unknown; errors?: unknown[] }) };
  };
}

/** The data of an answer without errors; fails the test with the errors otherwise. */
export async function dataOf(answer: Promise<Answer>) {
  const { data, errors } = await answer;
  if (errors) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
  return data;
}
