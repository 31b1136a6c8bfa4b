/** A line to Postgres that tests can interfere with: it stops each COMMIT until it is said what becomes of it. */
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';

/** A COMMIT that Postgres has not got yet, and never gets unless it is passed on. */
export interface HeldCommit {
  /** Resolves when Postgres has answered; the client has the answer only if it is still there. */
  pass(): Promise<void>;
  /** Cuts the client off; Postgres does not learn of it. */
  cutClient(): void;
  /** Cuts Postgres off too, which learns of it. */
  cut(): void;
}

export interface PostgresLine {
  /** Where clients connect. */
  readonly url: string;
  /** The next COMMIT that comes; all are let go that nobody waits for. */
  nextCommit(): Promise<HeldCommit>;
  /** Resolves when a client has asked for what contains `text`. */
  asked(text: string): Promise<void>;
  /** Cuts everybody off, and turns away whoever connects, until `open`. */
  shut(): void;
  /** Resolves when somebody was turned away. */
  refused(): Promise<void>;
  open(): void;
  close(): Promise<void>;
}

const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');
/** ReadyForQuery, outside of a transaction: the end of the answer to COMMIT. */
const READY = Buffer.from('Z\0\0\0\x05I', 'latin1');

/** Leads to the Postgres at `target`. */
export async function openLine(target: string): Promise<PostgresLine> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  let isShut = false;
  const waiting: ((commit: HeldCommit) => void)[] = [];
  const refusals: (() => void)[] = [];
  let watchers: { text: string; seen: () => void }[] = [];

  const server = createServer((client) => {
    if (isShut) {
      client.destroy();
      for (const tell of refusals.splice(0)) tell();
      return;
    }
    const upstream = dial(Number(port || 5432), hostname);
    for (const socket of [client, upstream])
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    client.on('close', () => isHeld || upstream.destroy());
    upstream.on('close', () => client.destroy());
    let isHeld = false;
    const answered: (() => void)[] = [];
    upstream.on('data', (answer) => {
      if (!isHeld) client.write(answer);
      if (answer.includes(READY)) for (const tell of answered.splice(0)) tell();
    });
    client.on('data', (question) => {
      for (const { seen } of watchers.filter(({ text }) => question.includes(text))) seen();
      watchers = watchers.filter(({ text }) => !question.includes(text));
      const take = question.equals(COMMIT) ? waiting.shift() : undefined;
      if (!take) {
        upstream.write(question);
        return;
      }
      isHeld = true;
      take({
        pass: () =>
          new Promise((resolve) => {
            answered.push(resolve);
            upstream.write(question);
          }),
        cutClient: () => void client.destroy(),
        cut() {
          client.destroy();
          upstream.destroy();
        },
      });
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    nextCommit: () => new Promise((resolve) => waiting.push(resolve)),
    asked: (text) => new Promise((seen) => watchers.push({ text, seen })),
    shut() {
      isShut = true;
      cutAll();
    },
    refused: () => new Promise((resolve) => refusals.push(resolve)),
    open() {
      isShut = false;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        cutAll();
      }),
  };
}
