/** Several server processes on one Postgres and one Redis, behind a plain round-robin, for the tests of what they do together. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseSettings, dropDatabase } from '../support/database';
import { endAll, type MainProcess, runMain } from '../support/main-process';
import { type Ask, askerOf, OWNER_KEY } from '../support/server';

export interface Member {
  readonly url: string;
  /** Asks this process. */
  readonly ask: Ask;
  askAs(secret: string): Ask;
  readonly process: MainProcess;
  /** Kills it where it stands, and resolves when it is gone. */
  kill(): Promise<unknown>;
}

export interface Cluster {
  /** The balancer, which is where browsers and providers go: each request to the next process. */
  readonly url: string;
  /** Asks by way of the balancer. */
  readonly ask: Ask;
  readonly dataDir: string;
  readonly members: readonly Member[];
  /** Starts another process. */
  join(environment?: Record<string, string>): Promise<Member>;
  /** Has the balancer send everything to one process, as long as it lives; to the next one of all when left out. */
  prefer(member?: Member): void;
  close(): Promise<void>;
}

/** Starts `count` processes that may call 127.0.0.1. `environment`: more settings of each. */
export async function startCluster(count: number, environment: Record<string, string> = {}): Promise<Cluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'grapnel-cluster-'));
  const members: Member[] = [];
  let preferred: Member | undefined;
  const balancer = await startBalancer(() => {
    const one = members.find((member) => member === preferred);
    return (one ? [one] : members).map(({ url }) => new URL(url));
  });
  const settings = {
    ...(await databaseSettings(dataDir)),
    DATA_DIR: dataDir,
    PUBLIC_URL: balancer.url,
    BOOTSTRAP_API_KEY: OWNER_KEY,
    OUTBOUND_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'info',
    RATE_LIMIT: '0',
    // Several of these run beside each other on one Postgres, which takes a hundred in all.
    DATABASE_POOL_SIZE: '8',
    ...environment,
  };
  async function start(more: Record<string, string> = {}): Promise<Member> {
    const main = runMain([], { ...settings, ...more });
    const [, port] = await main.said(/"address":"http:\/\/[^"]*:(\d+)"/);
    const url = `http://127.0.0.1:${port}`;
    const member: Member = {
      url,
      ask: askerOf(`${url}/graphql`, OWNER_KEY),
      askAs: (secret) => askerOf(`${url}/graphql`, secret),
      process: main,
      kill() {
        members.splice(members.indexOf(member), 1);
        main.signal('SIGKILL');
        return main.ended;
      },
    };
    members.push(member);
    return member;
  }
  await Promise.all(Array.from({ length: count }, () => start()));
  return {
    url: balancer.url,
    ask: askerOf(`${balancer.url}/graphql`, OWNER_KEY),
    dataDir,
    members,
    join: start,
    prefer(member) {
      preferred = member;
    },
    async close() {
      await endAll();
      await balancer.close();
      await dropDatabase(dataDir);
      rmSync(dataDir, { recursive: true });
    },
  };
}

async function startBalancer(backends: () => URL[]): Promise<{ url: string; close(): Promise<void> }> {
  let turn = 0;
  const next = () => {
    const all = backends();
    turn += 1;
    return all[turn % all.length] as URL;
  };
  const server: Server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    const forwarded = request(new URL(url, next()), { method, headers }, (answer: IncomingMessage) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.headersSent || outgoing.writeHead(502).end());
    incoming.pipe(forwarded);
  });
  const tunnels = new Set<Socket>();
  server.on('upgrade', (incoming: IncomingMessage, client: Socket, head: Buffer) => {
    const { hostname, port } = next();
    const upstream = connect(Number(port), hostname, () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let at = 0; at < incoming.rawHeaders.length; at += 2)
        lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      tunnels.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          tunnels.delete(one);
          other.destroy();
        });
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
        for (const tunnel of tunnels) tunnel.destroy();
      }),
  };
}
