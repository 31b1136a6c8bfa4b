/** A provider of both protocols that gives canaries, and that, when it is to refuse, quotes all that it was sent and ever gave. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Canary, issued } from './canaries';

export interface ChattyProvider {
  readonly url: string;
  readonly host: string;
  /** What it gave and was sent that is secret, by what it is. */
  readonly canaries: Canary[];
  /** Everything it was sent: targets, headers and bodies. */
  readonly sent: string[];
  /** Refuses from now on, with quotations; or no more. */
  refuse(refuses: boolean): void;
  close(): Promise<void>;
}

export async function startChattyProvider(): Promise<ChattyProvider> {
  const canaries: Canary[] = [];
  const sent: string[] = [];
  let refuses = false;
  const give = (name: string): string => {
    const text = issued();
    canaries.push({ name, text });
    return text;
  };
  const note = (name: string, text: string | null): void => {
    if (text && !canaries.some((canary) => canary.text === text)) canaries.push({ name, text });
  };
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { headers, url = '' } = request;
    const { pathname, searchParams } = new URL(url, 'http://any');
    const given = new URLSearchParams(body);
    sent.push([url, ...request.rawHeaders, body].join('\n'));
    note('PKCE verifier', given.get('code_verifier'));
    note('state', searchParams.get('state'));
    if (refuses && pathname !== '/authorize') {
      const quoted = `You sent ${headers.authorization ?? ''} ${[...given.values()].join(' ')} ${body} and ${url}`;
      response.writeHead(400, {
        'content-type': 'application/json',
        'www-authenticate': quoted.replace(/[^ -~]/g, ''),
      });
      response.end(JSON.stringify({ error: 'invalid_grant', error_description: quoted }));
      return;
    }
    const answers: Record<string, () => string> = {
      '/token': () =>
        JSON.stringify({
          access_token: give('access token'),
          refresh_token: give('refresh token'),
          token_type: 'Bearer',
          expires_in: 3600,
          scope: '',
        }),
      '/oauth1/initiate': () =>
        form({
          oauth_token: 'temporary',
          oauth_token_secret: give('temporary token secret'),
          oauth_callback_confirmed: 'true',
        }),
      '/oauth1/token': () => form({ oauth_token: give('OAuth 1 token'), oauth_token_secret: give('token secret') }),
    };
    if (pathname === '/authorize') {
      const back = new URL(searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', give('code'));
      back.searchParams.set('state', searchParams.get('state') ?? '');
      return void response.writeHead(302, { location: back.href }).end();
    }
    if (pathname === '/oauth1/initiate')
      callbacks.set(
        'temporary',
        decodeURIComponent(/oauth_callback="([^"]*)"/.exec(`${headers.authorization}`)?.[1] ?? ''),
      );
    if (pathname === '/oauth1/authorize') {
      const back = new URL(callbacks.get('temporary') ?? '');
      note('state', back.searchParams.get('state'));
      back.searchParams.set('oauth_token', 'temporary');
      back.searchParams.set('oauth_verifier', give('verifier'));
      return void response.writeHead(302, { location: back.href }).end();
    }
    response.writeHead(200).end(answers[pathname]?.() ?? 'ok');
  });
  const callbacks = new Map<string, string>();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    canaries,
    sent,
    refuse: (now) => {
      refuses = now;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
