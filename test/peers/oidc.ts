/** A certified OAuth 2 server (`oidc-provider`) on loopback, with people who log in and consent as they are told. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

export interface OidcServer {
  readonly url: string;
  /** Every request to the token and revocation endpoints: path and decoded body. */
  readonly asked: { path: string; form: URLSearchParams; authorization: string | undefined }[];
  readonly provider: Provider;
  close(): Promise<void>;
}

/** Starts a server that knows `clients`; its access tokens are opaque and live `accessTokenSeconds`. */
export async function startOidc(clients: Configuration['clients'], { accessTokenSeconds = 3600 } = {}): Promise<OidcServer> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked: OidcServer['asked'] = [];
  const provider = new Provider(url, {
    clients,
    scopes: ['openid', 'offline_access', 'files.read', 'files.write'],
    pkce: { required: () => false },
    features: { revocation: { enabled: true }, clientCredentials: { enabled: true }, devInteractions: { enabled: true } },
    ttl: { AccessToken: accessTokenSeconds, ClientCredentials: accessTokenSeconds, RefreshToken: 86_400, Session: 3600, Grant: 86_400, Interaction: 600, AuthorizationCode: 60, IdToken: 3600 },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    cookies: { keys: ['a-key-for-tests'] },
    jwks: undefined,
  });
  provider.on('server_error', (_ctx, error) => console.error(error));
  provider.use(async (ctx, next) => {
    await next();
    const { body } = ctx.oidc ?? {};
    if (ctx.path.startsWith('/token')) asked.push({ path: ctx.path, form: new URLSearchParams((body ?? {}) as Record<string, string>), authorization: ctx.headers.authorization });
  });
  server.on('request', provider.callback());
  return {
    url,
    asked,
    provider,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
