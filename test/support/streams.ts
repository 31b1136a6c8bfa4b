/** A client of server-sent events for tests: what an operation is answered there, and subscriptions that can be watched. */
import { EventEmitter, once } from 'node:events';

export interface Streamed {
  /** The status of the answer; a refusal has no events but a body. */
  readonly status: number;
  readonly headers: Headers;
  /** What was told so far, as results. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
  readonly told: readonly any[];
  /** The next result that was not taken yet; `undefined` when it has ended. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  next(): Promise<any>;
  /** Every byte of the body, when it has ended. */
  readonly ended: Promise<string>;
  stop(): void;
}

/** Sends an operation that wants its answer as server-sent events. `secret`: a key or session token; `undefined` for none. */
export async function openStream(
  url: string,
  secret: string | undefined,
  query: string,
  variables?: object,
): Promise<Streamed> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(secret && { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: leaving.signal,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const told: unknown[] = [];
  const news = new EventEmitter();
  let [text, taken, over] = ['', 0, false];
  async function read(): Promise<string> {
    const decoder = new TextDecoder();
    let seen = 0;
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        for (let end = text.indexOf('\n\n', seen); end >= 0; end = text.indexOf('\n\n', seen)) {
          const data = /^event: next\ndata: (.*)$/s.exec(text.slice(seen, end).trim())?.[1];
          if (data) told.push(JSON.parse(data));
          seen = end + 2;
        }
        news.emit('news');
      }
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    }
    if (!isStream && text) told.push(JSON.parse(text));
    over = true;
    news.emit('news');
    return text;
  }
  const ended = read();
  return {
    status: response.status,
    headers: response.headers,
    told,
    ended,
    async next() {
      while (taken >= told.length && !over) await once(news, 'news');
      taken += 1;
      return told[taken - 1];
    },
    stop: () => leaving.abort(),
  };
}
