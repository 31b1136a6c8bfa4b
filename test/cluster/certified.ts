/** A connection at an oidc-provider, which kills a grant when a refresh token is used twice, and an API that takes its tokens. */
import { type OidcServer, startOidc } from '../peers/oidc';
import { Person } from '../peers/person';
import { newConnection, oauthConnector, startLink } from '../support/oauth';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import type { Ask } from '../support/server';

export interface Certified {
  readonly oidc: OidcServer;
  readonly api: PeerApi;
  /** A connector for it; makes it known there. */
  connector(ask: Ask): ReturnType<typeof oauthConnector>;
  /** A person who consents, from the start link to the last page. */
  consent(link: string): Promise<void>;
  /** A connection with a connector of its own, authorized; gives its id. */
  connected(ask: Ask): Promise<string>;
  close(): Promise<void>;
}

let count = 0;

export async function startCertified(): Promise<Certified> {
  const [oidc, api] = await Promise.all([startOidc(), startPeerApi()]);
  api.answer(({ headers }, response) => {
    const token = headers.authorization?.replace('Bearer ', '');
    response.writeHead(oidc.store.all('AccessToken').some(({ jti }) => jti === token) ? 200 : 401).end();
  });
  async function connector(ask: Ask) {
    count += 1;
    const client = { clientId: `grapnel-${count}`, clientSecret: 'secret-at-the-provider' };
    const made = await oauthConnector(
      ask,
      { name: `Certified ${count}`, scopes: ['openid', 'offline_access'], allowedHosts: [api.host] },
      {
        oauth2: {
          ...{ ...client, grantType: 'AUTHORIZATION_CODE', scopeDelimiter: ' ' },
          ...{ authorizationUrl: `${oidc.url}/auth?prompt=consent`, tokenUrl: `${oidc.url}/token` },
        },
      },
    );
    oidc.register({
      client_id: client.clientId,
      client_secret: client.clientSecret,
      redirect_uris: [made.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
    });
    return made;
  }
  async function consent(link: string): Promise<void> {
    const person = new Person();
    const page = await person.consent(await person.press(await person.visit(link)));
    if (page.status !== 200) throw new Error(`The journey ended with status ${page.status}: ${page.body}`);
  }
  return {
    oidc,
    api,
    connector,
    consent,
    async connected(ask) {
      const id = await newConnection(ask, await connector(ask));
      await consent(await startLink(ask, id));
      return id;
    },
    async close() {
      await Promise.all([oidc.close(), api.close()]);
    },
  };
}
