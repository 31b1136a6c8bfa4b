/** The refusal of an upgrade, byte by byte, and to a peer that is gone. */
import { PassThrough } from 'node:stream';
import { refuseUpgrade } from '../../src/http/upgrade';

test('is a whole answer of HTTP', async () => {
  const socket = new PassThrough();
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  refuseUpgrade(socket, 403, 'Not fröm there.');
  await closed;
  expect(text.split('\r\n')).toEqual([
    'HTTP/1.1 403 Forbidden',
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    'Content-Length: 16',
    '',
    'Not fröm there.',
  ]);
});

test('does not end the process when the peer is gone', async () => {
  const socket = new PassThrough({ transform: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  refuseUpgrade(socket, 404, 'Gone.');
  await closed;
  expect(socket.destroyed).toBe(true);
});
