/** The HTTP server, with how long it waits for a request: whoever sends slowly must not keep a connection for long. */
import { createServer, type RequestListener, type Server } from 'node:http';

export interface Patience {
  /** How long the head of a request may take, in milliseconds. */
  readonly headersTimeout: number;
  /** How long a whole request may take to come, in milliseconds: 16 MiB on a slow line need most of it. */
  readonly requestTimeout: number;
  /** How long a connection may wait for its next request, in milliseconds. */
  readonly keepAliveTimeout: number;
  /** How often the two above are looked after, in milliseconds. */
  readonly connectionsCheckingInterval: number;
}

const patience: Patience = {
  headersTimeout: 15_000,
  requestTimeout: 60_000,
  // Longer than proxies keep a connection, usually a minute: who closes first must not be the one that gets requests.
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};

/** The most bytes of the head of a request; what is beyond is answered 431. */
export const maxHeaderBytes = 16 * 1024;

/** Answers 408 to whoever is too slow. How long an answer takes is not limited: streams of events go on for days. */
export function createHttpServer(listener: RequestListener, waits: Partial<Patience> = {}): Server {
  return createServer({ ...patience, ...waits, maxHeaderSize: maxHeaderBytes }, listener);
}
