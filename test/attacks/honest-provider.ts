/** An honest provider of OAuth 1 and 2 with an API beside it; it can be told to send whoever asks elsewhere. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';

/** A request as it came in. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  /** Names and values by turns, byte for byte. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** An answer in place of the usual one: a status and header lines, which are sent as they are. */
export interface Astray {
  readonly status: number;
  readonly lines: readonly string[];
  readonly body?: string;
}

/** What is given out, in the fields of the protocols. */
export interface Secrets {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly oauth_token: string;
  readonly oauth_token_secret: string;
}

export interface HonestProvider {
  readonly server: Server;
  readonly seen: Seen[];
  /** How requests that are not a person's are answered, from now on; without: as usual. */
  lead(astray?: Astray): void;
}

const usualSecrets: Secrets = {
  access_token: 'access',
  refresh_token: 'refresh',
  oauth_token: 'token',
  oauth_token_secret: 'secret',
};

/** Every answer ends its connection, so that each request has to find the way anew. */
export function honestProvider(secrets: Secrets = usualSecrets): HonestProvider {
  const seen: Seen[] = [];
  let astray: Astray | undefined;
  let callback = '';

  const { access_token, refresh_token, oauth_token, oauth_token_secret } = secrets;
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
  const usual: Record<string, (one: Seen) => [status: number, type: string, body: string]> = {
    '/token': () => [
      200,
      'application/json',
      JSON.stringify({ access_token, refresh_token, token_type: 'Bearer', expires_in: 3600 }),
    ],
    '/revoke': () => [400, 'application/json', '{"error":"unsupported_token_type"}'],
    '/initiate': ({ rawHeaders }) => {
      const [, text = ''] = /oauth_callback="([^"]*)"/.exec(rawHeaders.join(' ')) ?? [];
      callback = decodeURIComponent(text);
      const temporary = { oauth_token: 'temporary', oauth_token_secret, oauth_callback_confirmed: 'true' };
      return [200, 'application/x-www-form-urlencoded', form(temporary)];
    },
    '/access': () => [200, 'application/x-www-form-urlencoded', form({ oauth_token, oauth_token_secret })],
  };

  /** Nobody is asked anything. */
  function backFrom({ searchParams }: URL): string {
    if (searchParams.has('oauth_token'))
      return `${callback}&${form({ oauth_token: 'temporary', oauth_verifier: 'verifier' })}`;
    return `${searchParams.get('redirect_uri')}?${form({ code: 'code', state: searchParams.get('state') ?? '' })}`;
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://any');
    if (url.pathname === '/authorize') return void response.writeHead(302, { location: backFrom(url) }).end();
    void textOf(request).then((body) => {
      const one = { method: request.method ?? '', target: request.url ?? '', rawHeaders: request.rawHeaders, body };
      seen.push(one);
      if (astray) return answerRaw(request.socket, astray);
      const [status, type, text] = usual[url.pathname]?.(one) ?? [200, 'application/json', '{"ok":true}'];
      response.writeHead(status, { 'content-type': type, connection: 'close' }).end(text);
    });
  });
  return {
    server,
    seen,
    lead: (next) => {
      astray = next;
    },
  };
}

/** Written by hand, because Node would refuse what an attacker may well send. */
function answerRaw(socket: Socket, { status, lines, body = '' }: Astray): void {
  const head = [
    `HTTP/1.1 ${status} Astray`,
    ...lines,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
