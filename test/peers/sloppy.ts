/** A provider that answers as it is told, right or wrong: it sends people back at once, and keeps everything it was asked. */
import type { ServerResponse } from 'node:http';
import { type Received, startPeerApi } from '../support/peer-api';

/** How a token request is answered. */
export interface TokenAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of an object its JSON, else as it is; of a function what it makes of the request. */
  readonly body: unknown;
}

export interface Sloppy {
  readonly url: string;
  readonly host: string;
  /** Where people were sent: path and query, byte for byte. */
  readonly visits: string[];
  readonly tokenRequests: Received[];
  /** How token requests are answered from now on; a function answers by itself. */
  answer(answer: TokenAnswer | ((received: Received, response: ServerResponse) => void)): void;
  /** What people bring back from now on, instead of a code that nobody else has, and the state. */
  sendBack(change: (parameters: URLSearchParams) => void): void;
  /** Answers as it did at first, and forgets what it was asked. */
  reset(): void;
  close(): Promise<void>;
}

const usual: TokenAnswer = { body: { access_token: 'token-of-alice', token_type: 'Bearer', expires_in: 3600 } };

export async function startSloppy(): Promise<Sloppy> {
  const api = await startPeerApi();
  const visits: string[] = [];
  const tokenRequests: Received[] = [];
  let answer: Parameters<Sloppy['answer']>[0] = usual;
  let change: Parameters<Sloppy['sendBack']>[0] = () => undefined;

  function sendBack(target: string, response: ServerResponse): void {
    visits.push(target);
    const { searchParams } = new URL(target, api.url);
    const parameters = new URLSearchParams({
      code: `code-${visits.length}-4/0A`,
      state: searchParams.get('state') ?? '',
    });
    change(parameters);
    response.writeHead(302, { location: `${searchParams.get('redirect_uri')}?${parameters}` }).end();
  }

  function reply(received: Received, response: ServerResponse): void {
    tokenRequests.push(received);
    if (typeof answer === 'function') {
      answer(received, response);
      return;
    }
    const { status = 200, type = 'application/json', headers = {} } = answer;
    const body = typeof answer.body === 'function' ? answer.body(received) : answer.body;
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  }

  api.answer((received, response) => {
    if (/^[^?]*authorize/.test(received.target)) sendBack(received.target, response);
    else reply(received, response);
  });

  return {
    url: api.url,
    host: api.host,
    visits,
    tokenRequests,
    answer: (next) => {
      answer = next;
    },
    sendBack: (next) => {
      change = next;
    },
    reset() {
      answer = usual;
      change = () => undefined;
      visits.length = 0;
      tokenRequests.length = 0;
    },
    close: api.close,
  };
}

/** The fields of a form that was sent. */
export const formOf = ({ body }: Received): URLSearchParams => new URLSearchParams(body.toString());
