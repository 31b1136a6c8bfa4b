/** A provider where people have accounts, for OAuth 1 and OAuth 2: codes and verifiers are bound as the RFCs want it, and it says whose account a token is. */
import { createHash, randomBytes } from 'node:crypto';
import type { Person } from '../../peers/person';
import { type PeerApi, type Received, startPeerApi } from '../../support/peer-api';

interface Given {
  readonly account: string;
  readonly client: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
}

export interface Accounts {
  readonly url: string;
  readonly host: string;
  /** Requests for tokens, in order. */
  readonly tokenRequests: Received[];
  /** The codes and verifiers that tokens were given for: each stands here once, if all is well. */
  readonly redeemed: string[];
  /** Logs a person in here. */
  logIn(person: Person, account: string): void;
  /** Adds to what people bring back, such as `iss`. */
  alsoSends: Record<string, string>;
  /** Sends people on to another address in place of their own redirect URI, as a dishonest provider may. */
  sendsTo: ((asked: URLSearchParams) => string) | undefined;
  /** Whether OAuth 1 callbacks are confirmed (RFC 5849 section 2.1). */
  confirmsCallbacks: boolean;
  close(): Promise<void>;
}

const COOKIE = 'account';
const secret = (prefix: string) => `${prefix}${randomBytes(12).toString('hex')}`;

/** The fields of a header as PLAINTEXT signatures have it. */
const oauthOf = ({ headers }: Received): Record<string, string> =>
  Object.fromEntries(
    [...(headers.authorization ?? '').matchAll(/(oauth_[a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [
      name,
      decodeURIComponent(value ?? ''),
    ]),
  );

export async function startAccounts(): Promise<Accounts> {
  const api: PeerApi = await startPeerApi();
  const codes = new Map<string, Given>();
  const temporary = new Map<string, { secret: string; callback: string; verifier?: string; account?: string }>();
  const tokens = new Map<string, string>();
  const tokenRequests: Received[] = [];
  const redeemed: string[] = [];

  const accountOf = ({ headers }: Received) => new RegExp(`${COOKIE}=(\\w+)`).exec(headers.cookie ?? '')?.[1];

  function token(account: string): string {
    const made = secret('at');
    tokens.set(made, account);
    return made;
  }

  /** RFC 6749 section 4.1: nobody is asked anything; whoever is logged in consents. */
  function authorize(received: Received, query: URLSearchParams): string | undefined {
    const account = accountOf(received);
    if (accounts.sendsTo) return accounts.sendsTo(query);
    if (!account) return undefined;
    const code = secret('code');
    codes.set(code, {
      account,
      client: query.get('client_id') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      challenge: query.get('code_challenge'),
    });
    const back = new URLSearchParams({ code, state: query.get('state') ?? '', ...accounts.alsoSends });
    return `${query.get('redirect_uri')}?${back}`;
  }

  /** RFC 6749 section 4.1.3 and RFC 7636 section 4.6. */
  function exchange({ body }: Received): [number, object] {
    const form = new URLSearchParams(body.toString());
    const code = form.get('code') ?? '';
    const given = codes.get(code);
    const verifier = form.get('code_verifier');
    const challenge = verifier === null ? null : createHash('sha256').update(verifier).digest('base64url');
    const isRight =
      given?.client === form.get('client_id') &&
      given?.redirectUri === form.get('redirect_uri') &&
      given?.challenge === challenge;
    if (!given || !isRight) return [400, { error: 'invalid_grant' }];
    codes.delete(code);
    redeemed.push(code);
    return [200, { access_token: token(given.account), token_type: 'Bearer', expires_in: 3600 }];
  }

  function initiate(received: Received): string {
    const [made, its] = [secret('tt'), secret('ts')];
    temporary.set(made, { secret: its, callback: oauthOf(received).oauth_callback ?? '' });
    const confirmed = accounts.confirmsCallbacks ? '&oauth_callback_confirmed=true' : '';
    return `oauth_token=${made}&oauth_token_secret=${its}${confirmed}`;
  }

  /** RFC 5849 section 2.2: the callback is that of the temporary token, whoever comes with it. */
  function authorizeOne(received: Received, query: URLSearchParams): string | undefined {
    const asked = temporary.get(query.get('oauth_token') ?? '');
    const account = accountOf(received);
    if (!asked || !account) return undefined;
    Object.assign(asked, { verifier: secret('v'), account });
    return `${asked.callback}&oauth_token=${query.get('oauth_token')}&oauth_verifier=${asked.verifier}`;
  }

  function exchangeOne(received: Received): [number, string] {
    const { oauth_token = '', oauth_verifier = '', oauth_signature = '' } = oauthOf(received);
    const asked = temporary.get(oauth_token);
    const isRight = asked?.verifier === oauth_verifier && oauth_signature.endsWith(`&${asked.secret}`);
    if (!asked?.account || !isRight) return [401, 'oauth_problem=token_rejected'];
    temporary.delete(oauth_token);
    redeemed.push(oauth_verifier);
    return [200, `oauth_token=${token(asked.account)}&oauth_token_secret=${secret('s')}`];
  }

  api.answer((received, response) => {
    const { pathname, searchParams } = new URL(received.target, api.url);
    const go = (location: string | undefined) =>
      location === undefined
        ? response.writeHead(403).end('Log in first.')
        : response.writeHead(302, { location }).end();
    if (pathname === '/authorize') return go(authorize(received, searchParams));
    if (pathname === '/one/authorize') return go(authorizeOne(received, searchParams));
    if (pathname === '/one/initiate') return response.end(initiate(received));
    if (pathname === '/token' || pathname === '/one/token') {
      tokenRequests.push(received);
      const [status, body] = pathname === '/token' ? exchange(received) : exchangeOne(received);
      response.writeHead(status, { 'content-type': 'application/json' });
      return response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }
    const { authorization = '' } = received.headers;
    const shown = oauthOf(received).oauth_token ?? authorization.replace(/^Bearer /, '');
    const account = tokens.get(shown) ?? null;
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ account }));
  });

  const accounts: Accounts = {
    url: api.url,
    host: api.host,
    tokenRequests,
    redeemed,
    alsoSends: {},
    sendsTo: undefined,
    confirmsCallbacks: true,
    logIn: (person, account) => void person.cookiesOf(api.url).set(COOKIE, account),
    close: api.close,
  };
  return accounts;
}
