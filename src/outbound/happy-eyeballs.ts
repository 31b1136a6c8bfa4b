/** Connects to the first of several addresses that answers (RFC 8305), given how to open a socket to one. */
import { isIP, type Socket } from 'node:net';

// RFC 8305 section 8 recommends 250 ms between attempts; the others are limits of ours.
const ATTEMPT_DELAY_MS = 250;
const CONNECT_TIMEOUT_MS = 10_000;
const MOST_ATTEMPTS = 8;

export interface Dialling {
  readonly addresses: readonly string[];
  readonly open: (address: string) => Socket;
  /** Emitted by the socket when it can be used. */
  readonly ready: 'connect' | 'secureConnect';
  /** Ends the attempts. */
  readonly signal: AbortSignal;
}

/**
 * Opens sockets one after the other, the next when one fails or is slow, and resolves with the first that is ready. Rejects with
 * the error of the first address when all fail.
 */
export function firstToConnect({ addresses, open, ready, signal }: Dialling): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const waiting = interleaved(addresses).slice(0, MOST_ATTEMPTS);
    const opened = new Set<Socket>();
    let firstError: Error | undefined;
    let delay: NodeJS.Timeout | undefined;

    const end = (winner: Socket | undefined) => {
      clearTimeout(delay);
      clearTimeout(limit);
      signal.removeEventListener('abort', stop);
      if (winner) opened.delete(winner);
      for (const socket of opened) socket.destroy();
      opened.clear();
    };
    const fail = (error: Error) => {
      end(undefined);
      reject(error);
    };
    const stop = () => fail(codedError('UND_ERR_DESTROYED'));
    const tryNext = () => {
      clearTimeout(delay);
      const address = waiting.shift();
      if (address === undefined) {
        if (opened.size === 0) fail(firstError ?? codedError('ENOTFOUND'));
        return;
      }
      const socket = open(address);
      opened.add(socket);
      socket.once(ready, () => {
        if (!opened.has(socket)) return;
        end(socket);
        resolve(socket);
      });
      // Stays for the life of the socket: an error that nobody listens to would end the process.
      socket.on('error', (error) => {
        if (!opened.delete(socket)) return;
        firstError ??= error;
        tryNext();
      });
      delay = setTimeout(tryNext, ATTEMPT_DELAY_MS);
    };

    const limit = setTimeout(() => fail(codedError('ETIMEDOUT')), CONNECT_TIMEOUT_MS);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    else tryNext();
  });
}

/** RFC 8305 section 4: families in turns, beginning with that of the first address, so that one broken family costs one delay. */
function interleaved(addresses: readonly string[]): string[] {
  const family = isIP(addresses[0] ?? '');
  const same = addresses.filter((address) => isIP(address) === family);
  const other = addresses.filter((address) => isIP(address) !== family);
  return addresses.flatMap((_, turn) => [...same.slice(turn, turn + 1), ...other.slice(turn, turn + 1)]);
}

function codedError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
