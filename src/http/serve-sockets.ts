/** Puts the protocol of `graphql-ws` on the sockets of `ws`: as its own adapter does, but what goes wrong is told to us, not to the console. */
import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import type { Extra } from 'graphql-ws/use/ws';
import type { WebSocket, WebSocketServer } from 'ws';

type Params = Record<string, unknown>;

/** `onTrouble` is told of what nobody expected while a message was dealt with; its socket is closed. */
export function serveSockets(
  options: ServerOptions<Params, Extra>,
  sockets: WebSocketServer,
  keepAliveMs: number,
  onTrouble: (error: unknown) => void,
): { dispose(): Promise<void> } {
  const protocol = makeServer<Params, Extra>(options);
  sockets.options.handleProtocols = handleProtocols;
  sockets.on('connection', (socket, request) => {
    const stopPinging = keepAlive(socket, keepAliveMs);
    const fail = (error: unknown) => {
      // An answer that cannot be sent any more is nobody's fault.
      if (socket.readyState !== socket.OPEN) return;
      // The library throws at a message that only a server may send.
      if (error instanceof Error && error.message.startsWith('Unexpected message of type'))
        return socket.close(CloseCode.BadRequest, 'Unexpected message received');
      onTrouble(error);
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => send(socket, data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => {
          socket.on('message', (data) => void take(String(data)).catch(fail));
        },
      },
      { socket, request },
    );
    socket.once('close', (code, reason) => {
      stopPinging();
      closed(code, String(reason)).catch(onTrouble);
    });
  });
  return {
    async dispose() {
      for (const socket of sockets.clients) socket.close(1001, 'Going away');
      sockets.removeAllListeners();
      await new Promise<void>((resolve, reject) => sockets.close((error) => (error ? reject(error) : resolve())));
    },
  };
}

function send(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(data, (error) => (error ? reject(error) : resolve()));
  });
}

/** Pings every `everyMs`, and drops a socket that has not answered until the next ping. */
function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let isAnswered = true;
  socket.on('pong', () => {
    isAnswered = true;
  });
  const timer = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    if (!isAnswered) return socket.terminate();
    isAnswered = false;
    socket.ping();
  }, everyMs);
  return () => clearInterval(timer);
}
