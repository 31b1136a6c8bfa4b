/** The three ways to ask for an operation (HTTP, WebSocket, server-sent events), with answers that can be compared. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TestServer } from '../../support/server';

export const CHAPTER = 'Limits on every transport';

export interface Told {
  /** The status over HTTP; undefined on a socket. */
  readonly status?: number;
  readonly retryAfter?: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
  readonly data?: any;
  readonly codes: readonly string[];
  readonly messages: readonly string[];
  /** How the socket was closed, when it was. */
  readonly closed?: readonly [number, string];
}

type Way = (server: TestServer, secret: string, query: string, variables?: object) => Promise<Told>;

interface Result {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

export const readResult = ({ data, errors = [] }: Result) => ({
  data,
  codes: errors.map(({ extensions }) => extensions.code),
  messages: errors.map(({ message }) => message),
});

/** The HTTP request behind two of the ways. */
export const post = (
  { url }: TestServer,
  secret: string,
  body: string | object,
  accept: string,
  signal?: AbortSignal,
): Promise<Response> =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { accept, authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal,
  });

export const JSON_TYPE = 'application/graphql-response+json';
export const EVENTS_TYPE = 'text/event-stream';

/** What an answer over HTTP says, be it JSON or a stream of events that has ended. */
export async function toldBy(response: Response): Promise<Told> {
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith(EVENTS_TYPE);
  const [, data = '{}'] = isStream ? (/^data: (.+)$/m.exec(text) ?? []) : ['', text];
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, ...readResult(JSON.parse(data) as Result) };
}

/** A socket that has said who it is, or was closed for it. */
export async function openSocket({ url }: TestServer, secret: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  // Each answer that is waited for listens.
  socket.setMaxListeners(0);
  const closed = once(socket, 'close').then(([code, reason]) => [Number(code), String(reason)] as const);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${secret}` } }));
  const refused = await Promise.race([closed, once(socket, 'message').then(() => undefined)]);
  return { socket, closed, refused };
}

type Message = { readonly id: string; readonly type: string; readonly payload: unknown };

/** The first answer to an operation on a socket. */
export async function answerOn(
  socket: WebSocket,
  closed: Promise<readonly [number, string]>,
  id: string,
): Promise<Told> {
  const answer = new Promise<Told>((resolve) => {
    socket.on('message', function listen(text) {
      const message = JSON.parse(String(text)) as Message;
      if (message.id !== id || message.type === 'complete') return;
      socket.off('message', listen);
      resolve(
        readResult(message.type === 'error' ? { errors: message.payload as never } : (message.payload as Result)),
      );
    });
  });
  return Promise.race([answer, closed.then((how) => ({ codes: [], messages: [], closed: how }))]);
}

export const ways: Record<'HTTP' | 'WebSocket' | 'SSE', Way> = {
  HTTP: async (server, secret, query, variables) => toldBy(await post(server, secret, { query, variables }, JSON_TYPE)),
  SSE: async (server, secret, query, variables) =>
    toldBy(await post(server, secret, { query, variables }, EVENTS_TYPE)),
  WebSocket: async (server, secret, query, variables) => {
    const { socket, closed, refused } = await openSocket(server, secret);
    if (refused) return { codes: [], messages: [], closed: refused };
    const answer = answerOn(socket, closed, 'only');
    socket.send(JSON.stringify({ type: 'subscribe', id: 'only', payload: { query, variables } }));
    const told = await answer;
    socket.close();
    await closed;
    return told;
  },
};

export const wayNames = Object.keys(ways) as (keyof typeof ways)[];

/** Whether an answer is an error of ours: a status of 5xx, or INTERNAL. */
export const isOurFault = ({ status = 200, codes, closed }: Told): boolean =>
  status >= 500 || codes.includes('INTERNAL') || closed?.[0] === 4500 || closed?.[0] === 1011;
