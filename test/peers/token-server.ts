/** A small OAuth 2 provider on loopback with an API behind it: it counts, rotates, detects reuse, and does as it is told. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request to the token or the revocation endpoint, or (empty form) to the API. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** Answers a request; `usual` answers as the server would by itself. */
export type Answerer = (asked: Asked, response: ServerResponse, usual: () => void) => unknown;

/** Answers with `body`: of an object its JSON. */
export const answering =
  (status: number, body: string | object = '', headers: Record<string, string> = {}): Answerer =>
  (_asked, response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));

interface Ways {
  readonly renewal?: Answerer;
  readonly revoke?: Answerer;
  readonly api?: Answerer;
}

/** What a spent refresh token is worth: nothing, and its family dies with it (ROTATE); or as much as ever (LENIENT, KEEP). */
type Rotation = 'ROTATE' | 'LENIENT' | 'KEEP';

interface Settings {
  /** In seconds; `null`: it is left out. */
  expiresIn: number | null;
  /** What is answered as `scope`; `null`: it is left out. */
  scope: string | null;
  /** KEEP: refresh answers have no new refresh token. */
  rotation: Rotation;
  /** Whether there are refresh tokens at all. */
  givesRefreshToken: boolean;
}

/** The tokens that come from one authorization. */
interface Family {
  access: string;
  refresh: string;
  readonly spent: Set<string>;
}

export interface TokenServer {
  readonly url: string;
  readonly host: string;
  readonly settings: Settings;
  /** Every request to the token endpoints, in order. */
  readonly asked: Asked[];
  /** Every request to the revocation endpoint. */
  readonly revocations: Asked[];
  /** The tokens that the API (any path under `/api`) was called with, in order, refused ones too. */
  readonly called: string[];
  /** The access token of the latest authorization or refresh. */
  readonly latest: () => string;
  /** Requests to refresh, or, of client credentials, for a token. */
  renewals(): Asked[];
  /** The next request to a token endpoint, once it has come in; it may not have been answered yet. */
  arrival(): Promise<Asked>;
  /** How renewals, revocations and API calls are answered from now on; left out: as usual. */
  answer(ways?: Ways): void;
  /** Told each connection that is opened, before anything is read from it. */
  onConnection(listener: ((socket: Socket) => void) | undefined): void;
  /** Takes every access token back; refresh tokens stay. */
  forgetAccessTokens(): void;
  isAlive(accessToken: string): boolean;
  close(): Promise<void>;
}

export async function startTokenServer(): Promise<TokenServer> {
  const settings: Settings = { expiresIn: 3600, scope: null, rotation: 'ROTATE', givesRefreshToken: true };
  const [asked, revocations, called]: [Asked[], Asked[], string[]] = [[], [], []];
  const codes = new Set<string>();
  const families = new Set<Family>();
  const waiting: ((asked: Asked) => void)[] = [];
  let latest = '';
  let ways: Ways = {};
  let connected: ((socket: Socket) => void) | undefined;

  const isAlive = (token: string) => [...families].some(({ access }) => access === token);

  function tokens(family: Family, isNew: boolean) {
    families.add(family);
    latest = family.access;
    const { expiresIn, scope, rotation, givesRefreshToken } = settings;
    return {
      access_token: family.access,
      token_type: 'Bearer',
      ...(expiresIn !== null && { expires_in: expiresIn }),
      ...(scope !== null && { scope }),
      ...(givesRefreshToken && (isNew || rotation !== 'KEEP') && { refresh_token: family.refresh }),
    };
  }

  function token({ form }: Asked): [number, object] {
    const type = form.get('grant_type');
    if (type === 'client_credentials') {
      const { refresh_token: _, ...answer } = tokens(newFamily(), true);
      return [200, answer];
    }
    if (type === 'authorization_code') {
      if (!codes.delete(form.get('code') ?? '')) return [400, { error: 'invalid_grant' }];
      return [200, tokens(newFamily(), true)];
    }
    const given = form.get('refresh_token') ?? '';
    const family = [...families].find(({ refresh, spent }) => refresh === given || spent.has(given));
    if (!family) return [400, { error: 'invalid_grant' }];
    if (family.spent.has(given) && settings.rotation === 'ROTATE') {
      families.delete(family);
      return [400, { error: 'invalid_grant', error_description: 'The refresh token was used before.' }];
    }
    family.access = secret('at');
    if (settings.rotation !== 'KEEP') {
      family.spent.add(family.refresh);
      family.refresh = secret('rt');
    }
    return [200, tokens(family, false)];
  }

  /** RFC 7009: the end of either token is the end of its family. */
  function revoke({ form }: Asked): [number, object] {
    const given = form.get('token') ?? '';
    for (const family of families)
      if ([family.access, family.refresh, ...family.spent].includes(given)) families.delete(family);
    return [200, {}];
  }

  function api({ authorization }: Asked): [number, object] {
    const given = bearerOf(authorization);
    return isAlive(given) ? [200, { token: given }] : [401, { error: 'invalid_token' }];
  }

  /** RFC 6749 section 4.1.2: nobody is asked anything. */
  function authorize(url: URL, response: ServerResponse) {
    const code = secret('code');
    codes.add(code);
    const back = new URL(url.searchParams.get('redirect_uri') ?? '');
    back.searchParams.set('code', code);
    back.searchParams.set('state', url.searchParams.get('state') ?? '');
    response.writeHead(302, { location: back.href }).end();
  }

  const rooms = [
    { prefix: '/token', log: asked, usual: token, way: (one: Asked) => (isRenewal(one) ? ways.renewal : undefined) },
    { prefix: '/revoke', log: revocations, usual: revoke, way: () => ways.revoke },
    { prefix: '/api', log: [] as Asked[], usual: api, way: () => ways.api },
  ];

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://any');
    if (url.pathname === '/authorize') return authorize(url, response);
    void readBody(request).then((body) => {
      const { authorization } = request.headers;
      const one = { method: request.method ?? '', path: url.pathname, form: formOf(request, body), authorization };
      const room = rooms.find(({ prefix }) => url.pathname.startsWith(prefix));
      if (!room) return void response.writeHead(404).end();
      room.log.push(one);
      if (room.prefix === '/token') for (const tell of waiting.splice(0)) tell(one);
      if (room.prefix === '/api') called.push(bearerOf(authorization));
      const usual = () => {
        const [status, answer] = room.usual(one);
        // Each token request has a connection of its own, so that a test can tell when one is about to be made.
        const connection = room.prefix === '/token' ? 'close' : 'keep-alive';
        response.writeHead(status, { 'content-type': 'application/json', connection }).end(JSON.stringify(answer));
      };
      const way = room.way(one);
      if (way) way(one, response, usual);
      else usual();
    });
  });
  server.on('connection', (socket) => connected?.(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    settings,
    asked,
    revocations,
    called,
    latest: () => latest,
    renewals: () => asked.filter(isRenewal),
    arrival: () => new Promise((resolve) => waiting.push(resolve)),
    answer: (next = {}) => {
      ways = next;
    },
    onConnection: (listener) => {
      connected = listener;
    },
    forgetAccessTokens() {
      for (const family of families) family.access = secret('at');
    },
    isAlive,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

const secret = (prefix: string) => `${prefix}_${randomBytes(12).toString('hex')}`;

const isRenewal = ({ form }: Asked) => form.get('grant_type') !== 'authorization_code';

const newFamily = (): Family => ({ access: secret('at'), refresh: secret('rt'), spent: new Set() });

const bearerOf = (authorization: string | undefined) => authorization?.replace(/^Bearer /, '') ?? '';

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function formOf({ headers }: IncomingMessage, body: string): URLSearchParams {
  const isJson = headers['content-type']?.startsWith('application/json');
  return new URLSearchParams(isJson ? (JSON.parse(body || '{}') as Record<string, string>) : body);
}
