/** One request and its whole answer over undici, without the deadline. */
import type { Agent, Dispatcher } from 'undici';
import { decodersFor, readBody } from './decode';
import { OutboundError } from './errors';

export interface Exchange {
  readonly url: URL;
  readonly method: string;
  /** Name, value, name, value. */
  readonly headers: string[];
  readonly body?: Uint8Array;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: [name: string, value: string][];
  readonly body: Buffer;
}

/** Rejects with `TOO_LARGE`, with the reason of the signal or with an error of undici. */
export async function exchange(
  agent: Agent,
  { url, method, headers, body, maxBytes, signal }: Exchange,
): Promise<Answer> {
  const answer = await agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method: method as Dispatcher.HttpMethod,
    headers,
    body,
    signal,
    responseHeaders: 'raw',
  });
  answer.body.on('error', () => undefined); // also comes out of `readBody`; here it would end the process
  try {
    const status = answer.statusCode;
    const received = headerList(answer.headers as unknown as string[]);
    if (method === 'HEAD' || status === 204 || status === 304)
      return { status, headers: received, body: Buffer.alloc(0) };

    const decoders = decodersFor(status, received);
    const message = `The answer of ${url.host} has more than ${maxBytes} bytes (decoded).`;
    const bytes = await readBody(
      answer.body,
      decoders ?? [],
      maxBytes,
      () => new OutboundError('TOO_LARGE', url.host, message),
    );
    return { status, headers: decoders?.length ? withoutCoding(received) : received, body: bytes };
  } finally {
    answer.body.destroy(); // an answer that was not read to its end takes its connection with it
  }
}

// undici answers the raw list under a type that says object.
function headerList(raw: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at < raw.length; at += 2) list.push([raw[at]!.toLowerCase(), withoutSpaceBehind(raw[at + 1]!)]);
  return list;
}

/** RFC 9112 section 5.1: white space around a value is not part of it. undici leaves what stands behind. */
function withoutSpaceBehind(value: string): string {
  let end = value.length;
  while (value[end - 1] === ' ' || value[end - 1] === '\t') end -= 1;
  return value.slice(0, end);
}

/** They described the bytes before they were decoded (RFC 9110 sections 8.4 and 8.6). */
function withoutCoding(headers: readonly [string, string][]): [string, string][] {
  return headers.filter(([name]) => name !== 'content-encoding' && name !== 'content-length');
}
