/** A client on a socket (graphql-ws) for tests: operations of every kind, and subscriptions that are known to have begun. */
import { EventEmitter, once } from 'node:events';
import type { ExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { EventBus } from '../../src/events/bus';

/** The server runs in this process, so that the moment it begins to listen for a subscription can be seen. */
const listening = new EventEmitter();
for (const way of ['ofFlow', 'ofConnection', 'ofWorkspace'] as const) {
  const original = EventBus.prototype[way] as (topic: never) => never;
  EventBus.prototype[way] = function (this: EventBus, topic: never): never {
    const mailbox = original.call(this, topic);
    listening.emit('begun');
    return mailbox;
  };
}

/** Resolves when the server next begins to listen for a subscription; rejects when `signal` ends the wait. */
export const subscriptionBegun = (signal?: AbortSignal): Promise<unknown> => once(listening, 'begun', { signal });

/** What `untilBegun` is told when a subscription began. */
export const BEGUN = Symbol('begun');

/** Does `work`, which may wait for the server to begin to listen for a subscription, or for something else. */
export async function untilBegun<T>(work: (begun: Promise<typeof BEGUN>) => Promise<T>): Promise<T> {
  const waiting = new AbortController();
  const begun = subscriptionBegun(waiting.signal).then((): typeof BEGUN => BEGUN);
  // Nobody waits any more when the wait is ended.
  begun.catch(() => undefined);
  try {
    return await work(begun);
  } finally {
    waiting.abort();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
type Data = any;

export interface Watch {
  /** The data of what was told so far. */
  readonly told: readonly Data[];
  /** The data of the next event that was not taken yet; rejects with what ended the subscription before it. */
  next(): Promise<Data>;
  /** How the subscription ended: `undefined` when it completed, else the errors or the closing of the socket. */
  readonly ended: Promise<unknown>;
  /** Completes it from our side. */
  stop(): void;
}

export interface Socket {
  /** Runs a query or a mutation; gives its result. */
  ask(query: string, variables?: Record<string, unknown>): Promise<ExecutionResult<Data>>;
  /** Subscribes; resolves when the server listens. */
  watch(query: string, variables?: Record<string, unknown>): Promise<Watch>;
  /** Subscribes without knowing whether the server will. */
  subscribe(query: string, variables?: Record<string, unknown>): Watch;
  /** The code that the socket was closed with. */
  readonly closed: Promise<number>;
  close(): void;
}

/** Opens a socket to `url` (of the server) when something is asked. `secret`: a key or a session token. */
export function openSocket(
  url: string,
  secret: string | undefined,
  authorization: string | undefined = secret && `Bearer ${secret}`,
): Socket {
  const closed = new EventEmitter();
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
    lazy: true,
    // A refused key closes the socket; the operations tell it, the console need not.
    onNonLazyError: () => undefined,
    on: { closed: (event) => closed.emit('closed', (event as { code: number }).code) },
  });
  const subscribe = (query: string, variables?: Record<string, unknown>) => watchOf(client, query, variables);
  return {
    subscribe,
    async ask(query, variables) {
      let result: ExecutionResult<Data> | undefined;
      await new Promise<void>((resolve, reject) => {
        const next = (given: ExecutionResult<Data>) => {
          result = given;
        };
        client.subscribe({ query, variables }, { next, error: reject, complete: resolve });
      });
      if (!result) throw new Error('The operation had no result.');
      return result;
    },
    async watch(query, variables) {
      const begun = subscriptionBegun();
      const watch = subscribe(query, variables);
      const end = await Promise.race([begun.then(() => 'begun'), watch.ended]);
      if (end !== 'begun') throw new Error(`The subscription did not begin: ${JSON.stringify(end)}`);
      return watch;
    },
    closed: once(closed, 'closed').then(([code]) => code as number),
    close: () => void client.dispose(),
  };
}

/** The codes of all errors that a subscription told or ended with. */
export async function codesOf({ ended, told }: Watch): Promise<string[]> {
  const end = await ended;
  const errors = [...told.flatMap((result) => result.errors ?? []), ...(Array.isArray(end) ? end : [])];
  return errors.map(({ extensions }) => extensions.code);
}

function watchOf(client: Client, query: string, variables?: Record<string, unknown>): Watch {
  const told: Data[] = [];
  const news = new EventEmitter();
  let taken = 0;
  let over: { readonly error: unknown } | undefined;
  let stop: () => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => {
    const end = (error?: unknown) => {
      over = { error };
      news.emit('news');
      resolve(error);
    };
    stop = client.subscribe(
      { query, variables },
      {
        next: (result) => {
          told.push(result.errors ? result : result.data);
          news.emit('news');
        },
        error: end,
        complete: () => end(),
      },
    );
  });
  return {
    told,
    ended,
    stop: () => stop(),
    async next() {
      while (taken >= told.length) {
        if (over) throw new Error(`The subscription ended: ${JSON.stringify(over.error)}`);
        await once(news, 'news');
      }
      taken += 1;
      return told[taken - 1];
    },
  };
}
