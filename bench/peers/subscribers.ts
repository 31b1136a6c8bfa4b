/** Subscribers on sockets (graphql-transport-ws, written by hand to cost little): many idle ones, and one whose messages are timed. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { answering } from './answering';
import { moment } from './moment';

interface Where {
  readonly url: string;
  readonly key: string;
  readonly query: string;
}

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: { readonly data?: { readonly authorizationFlow: { readonly status: string } } };
}

const held: WebSocket[] = [];

async function open({ url, key }: Where): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', {
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }));
  await once(socket, 'message');
  return socket;
}

/** Subscribes to each of `ids`; `told` is given what comes. Resolves when each was told its state. */
async function subscribe(
  socket: WebSocket,
  query: string,
  ids: readonly string[],
  told?: (status: string) => void,
): Promise<void> {
  let missing = ids.length;
  await new Promise<void>((resolve, reject) => {
    socket.on('close', (code, reason) => reject(new Error(`The socket closed: ${code} ${reason}`)));
    socket.on('message', (bytes) => {
      const { type, payload } = JSON.parse(`${bytes}`) as Message;
      if (type === 'ping') socket.send('{"type":"pong"}');
      if (type === 'error') reject(new Error(`A subscription was refused: ${bytes}`));
      if (type !== 'next') return;
      told?.(payload?.data?.authorizationFlow.status ?? `${bytes}`);
      missing -= 1;
      if (missing === 0) resolve();
    });
    for (const [index, id] of ids.entries())
      socket.send(JSON.stringify({ id: `${index}`, type: 'subscribe', payload: { query, variables: { id } } }));
  });
}

let watched: Promise<number> | undefined;

answering({
  /** Holds a subscription to each of `ids`, so many on a socket. */
  async hold({ ids, perSocket, ...where }: Where & { ids: string[]; perSocket: number }) {
    const shares = Array.from({ length: Math.ceil(ids.length / perSocket) }, (_, share) =>
      ids.slice(share * perSocket, (share + 1) * perSocket),
    );
    // Some at a time: a server has room for only so many handshakes in a row.
    const worker = async () => {
      for (let share = shares.shift(); share; share = shares.shift()) {
        const socket = await open(where);
        held.push(socket);
        await subscribe(socket, where.query, share);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    return held.length;
  },
  /** Watches a flow from now on. */
  async watch({ id, ...where }: Where & { id: string }) {
    const socket = await open(where);
    let arrived: (at: number) => void;
    watched = new Promise((resolve) => {
      arrived = resolve;
    });
    await subscribe(socket, where.query, [id], (status) => {
      if (status !== 'AUTHORIZED') return;
      arrived(moment());
      socket.close();
    });
    return true;
  },
  /** The moment at which the flow that is watched was told to be authorized. */
  arrival: () => watched,
  release() {
    for (const socket of held.splice(0)) socket.terminate();
  },
});
