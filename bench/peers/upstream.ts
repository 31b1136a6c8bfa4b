/** An API that answers small JSON to whoever shows a token, and the provider of its tokens, in two speeds. */
import { createServer, type ServerResponse } from 'node:http';
import { answering } from './answering';
import { listening } from './listening';
import { moment } from './moment';

/** How long the slow token endpoint takes, in milliseconds, and how many requests it works on at once. */
const SLOW = { takes: 50, atOnce: 100 };

const ECHO = Buffer.from(JSON.stringify({ accepted: true, id: 'ord_4711', total: { amount: 1999, currency: 'EUR' } }));
const tokens = { count: 0, lastAt: 0 };
const queue: (() => void)[] = [];
let busy = 0;

function answer(response: ServerResponse, status: number, bytes: Buffer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes);
}

function giveToken(response: ServerResponse): void {
  tokens.count += 1;
  tokens.lastAt = moment();
  const token = { access_token: `token-${tokens.count}`, token_type: 'Bearer', expires_in: 86_400 };
  answer(response, 200, Buffer.from(JSON.stringify({ ...token, refresh_token: `refresh-${tokens.count}` })));
}

/** One after the other where too many come at once: that is the provider's limit. */
function giveSlowly(response: ServerResponse): void {
  const begin = () => {
    busy += 1;
    setTimeout(() => {
      giveToken(response);
      busy -= 1;
      queue.shift()?.();
    }, SLOW.takes);
  };
  if (busy < SLOW.atOnce) begin();
  else queue.push(begin);
}

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url === '/token') giveToken(response);
    else if (request.url === '/slow-token') giveSlowly(response);
    else if (request.headers.authorization?.startsWith('Bearer ')) answer(response, 200, ECHO);
    else answer(response, 401, Buffer.from('{}'));
  });
});

answering({
  start: () => listening(server),
  tokens: () => tokens,
  forget: () => Object.assign(tokens, { count: 0, lastAt: 0 }),
});
