/** Refuses a request to upgrade to a WebSocket: node:http hands over the bare connection, so the answer is written by hand. */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers with `status` and a sentence, and closes the connection. */
export function refuseUpgrade(socket: Duplex, status: number, sentence: string): void {
  // The peer may be gone already; an error without listener would end the process.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${Buffer.byteLength(sentence)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${sentence}`);
}
