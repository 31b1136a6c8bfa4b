/** A certified OAuth 2 server (`oidc-provider`) on loopback; people log in and consent by one form, or decline by a link. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Provider from 'oidc-provider';
import type { Client, Context } from 'oidc-provider';
import { OidcStore } from './oidc-store';

/** A request to the token or the revocation endpoint. */
export interface Asked {
  readonly path: string;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

export interface OidcServer {
  /** The issuer, without a slash at the end. */
  readonly url: string;
  readonly asked: Asked[];
  readonly provider: Provider;
  readonly store: OidcStore;
  /** Makes a client known. */
  register(client: Client): void;
  /** How token requests are answered from now on: `usual` does what is usual. */
  answerTokens(answer: (usual: () => Promise<void>) => Promise<void>): void;
  /** Lets every authorization code that is not used expire. */
  expireCodes(): void;
  close(): Promise<void>;
}

const SCOPES = ['openid', 'offline_access', 'files.read', 'files.write'];
const ACCOUNT = 'alice';

/** Starts a server that knows `clients`; its access tokens are opaque and live `accessTokenSeconds`. */
export async function startOidc(
  clients: readonly Client[] = [],
  { accessTokenSeconds = 3600 } = {},
): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked: Asked[] = [];
  const store = new OidcStore();
  const provider = await createProvider(url, clients, store, accessTokenSeconds);
  let answerToken = (usual: () => Promise<void>) => usual();
  provider.on('server_error', (_context, error) => console.error(error));
  provider.use(async (context, next) => {
    if (context.path.startsWith('/interaction/')) return interact(provider, context);
    await (context.path.startsWith('/token') ? answerToken(next) : next());
    const { path, oidc, headers } = context;
    if (path.startsWith('/token'))
      asked.push({ path, form: new URLSearchParams(oidc?.body ?? {}), authorization: headers.authorization });
  });
  server.on('request', provider.callback());
  return {
    url,
    asked,
    provider,
    store,
    register: (client) => store.put('Client', client.client_id, client),
    answerTokens(answer) {
      answerToken = answer;
    },
    expireCodes() {
      for (const code of store.all('AuthorizationCode')) code.exp = 1;
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function createProvider(
  url: string,
  clients: readonly Client[],
  store: OidcStore,
  accessTokenSeconds: number,
): Promise<Provider> {
  const { default: Oidc } = await withoutNotices(() => import('oidc-provider'));
  const day = 86_400;
  return new Oidc(url, {
    clients,
    adapter: (kind: string) => store.adapter(kind),
    jwks: { keys: [signingKey] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    scopes: SCOPES,
    pkce: { required: () => false },
    findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      clientCredentials: { enabled: true },
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      RefreshToken: day,
      Session: day,
      Grant: day,
      Interaction: 600,
      AuthorizationCode: 60,
      IdToken: 3600,
    },
    rotateRefreshToken: true,
    issueRefreshToken: async (_context: unknown, client: { grantTypeAllowed(type: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    renderError: async (context: Context, out: { error: string; error_description: string }) => {
      context.type = 'text/plain';
      context.body = `${out.error}: ${out.error_description}`;
    },
  });
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'test' };

/** GET shows the form; POST logs in and consents, to the scopes in the body only if it names any; `/abort` declines. */
async function interact(provider: Provider, context: Context): Promise<void> {
  const { req, res, path } = context;
  const { uid, params } = await provider.interactionDetails(req, res);
  if (path.endsWith('/abort')) {
    context.respond = false;
    const error_description = 'End-User aborted interaction';
    return provider.interactionFinished(req, res, { error: 'access_denied', error_description });
  }
  if (context.method === 'GET') {
    context.type = 'text/html';
    context.body = `<!doctype html><title>Consent</title><form method="post" action="/interaction/${uid}">
      <button>Allow</button></form><a class="abort" href="/interaction/${uid}/abort">Decline</a>`;
    return;
  }
  const wanted = (params.scope ?? '').split(' ').filter((scope) => SCOPES.includes(scope));
  const only = new URLSearchParams(await textOf(req)).getAll('only');
  const grant = new provider.Grant({ accountId: ACCOUNT, clientId: params.client_id ?? '' });
  for (const scope of wanted)
    if (only.length === 0 || only.includes(scope)) grant.addOIDCScope(scope);
    else grant.rejectOIDCScope(scope);
  context.respond = false;
  await provider.interactionFinished(req, res, {
    login: { accountId: ACCOUNT },
    consent: { grantId: await grant.save() },
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Loads the package without its word on the version of Node, which no setting turns off. */
async function withoutNotices<T>(work: () => Promise<T>): Promise<T> {
  const spy = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    return await work();
  } finally {
    spy.mockRestore();
  }
}
