/** Puts the parts together: what may be asked, one deadline for the whole exchange, errors rebuilt. */
import { promises as dns } from 'node:dns';
import { setMaxListeners } from 'node:events';
import { Agent } from 'undici';
import { parseAllowList } from './allow-list';
import { createConnector, type Resolve } from './connector';
import { OutboundError, toOutboundError } from './errors';
import { type Answer, exchange } from './exchange';
import { checkMethod, requestHeaders } from './request-headers';
import { parseTarget } from './target';

export interface OutboundRequest {
  readonly method: string;
  readonly url: string | URL;
  /** Sent in this order; `accept-encoding` and `user-agent` are added when missing. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
  /** For the whole exchange, from resolving the name to the last byte. */
  readonly timeoutMs: number;
  /** Of the decoded body. */
  readonly maxBytes: number;
}

/**
 * Headers are in the order received, repeated ones kept, names in lower case; those of a decoded body lack its coding and length.
 * The body is decoded unless one of its codings is unknown: then it is as received, and `content-encoding` says so.
 */
export interface OutboundResponse extends Answer {
  readonly durationMs: number;
}

export interface Outbound {
  /** Rejects with an `OutboundError` and nothing else. Redirects are answers like any other. */
  send(request: OutboundRequest): Promise<OutboundResponse>;
  /** Waits for the requests under way (each has its deadline), then closes every connection. */
  close(): Promise<void>;
}

export interface OutboundOptions {
  /** OUTBOUND_ALLOW: host names, addresses and ranges that may be called although private. */
  readonly allow: readonly string[];
  readonly requireHttps: boolean;
  /** PEM certificates to trust instead of the built-in ones. */
  readonly ca?: string;
  /** How names become addresses, when not by the system. */
  readonly resolve?: Resolve;
}

const MAX_HEADER_BYTES = 32 * 1024;
// A server may ask for longer (`Keep-Alive: timeout=`), but not make us hold its socket for as long as it likes.
const LONGEST_IDLE_MS = 30_000;

/** The one door out. Throws when an entry of `allow` cannot be read. */
export function createOutbound(options: OutboundOptions): Outbound {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one for each connection being opened; Node warns of a leak at eleven
  const agent = new Agent({
    connect: createConnector({
      allow: parseAllowList(options.allow),
      resolve: options.resolve ?? ((hostname) => dns.lookup(hostname, { all: true, verbatim: true })),
      ca: options.ca,
      signal: closing.signal,
    }),
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveMaxTimeout: LONGEST_IDLE_MS,
    // The deadline of each request stands for these.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const underWay = new Set<Promise<unknown>>();

  return {
    send(request) {
      const response = send(agent, request, options.requireHttps);
      const settled = response.catch(() => undefined).finally(() => underWay.delete(settled));
      underWay.add(settled);
      return response;
    },
    async close() {
      await Promise.all(underWay);
      closing.abort();
      await agent.destroy();
    },
  };
}

async function send(agent: Agent, request: OutboundRequest, requireHttps: boolean): Promise<OutboundResponse> {
  const started = performance.now();
  const url = parseTarget(request.url, requireHttps);
  checkMethod(request.method, url.host);
  const headers = requestHeaders(request, url.host);
  const answer = await withDeadline(url.host, request.timeoutMs, (signal) =>
    exchange(agent, { ...request, url, headers, signal }),
  );
  return { ...answer, durationMs: Math.round(performance.now() - started) };
}

async function withDeadline<T>(host: string, timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const expired = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener('abort', () => reject(deadline.signal.reason));
  });
  const timer = setTimeout(() => {
    const message = `${host} did not finish its answer within ${timeoutMs} ms.`;
    deadline.abort(new OutboundError('TIMED_OUT', host, message));
  }, timeoutMs);
  try {
    // A race because undici does not hear the signal before there is a connection.
    return await Promise.race([work(deadline.signal), expired]);
  } catch (error) {
    throw toOutboundError(error, host);
  } finally {
    clearTimeout(timer);
  }
}
