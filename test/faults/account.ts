/** An account at a certified provider (`oidc-provider`: it rotates refresh tokens, and ends what a spent one came from), and the way to it. */
import type { OidcServer } from '../peers/oidc';
import { Person, type Seen } from '../peers/person';
import { begin, type Flow, linkIn, newConnection, oauthConnector } from '../support/oauth';
import type { Ask } from '../support/server';

const SECRET = 'secret-of-the-client';

let count = 0;

/** A connection of a connector that the provider knows, not authorized; gives its id. */
export async function connectionTo(ask: Ask, oidc: OidcServer): Promise<string> {
  const clientId = `client-${++count}`;
  const made = await oauthConnector(
    ask,
    { name: `Account ${count}`, scopes: ['openid'], allowedHosts: [new URL(oidc.url).host] },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId,
        clientSecret: SECRET,
        authorizationUrl: `${oidc.url}/auth`,
        tokenUrl: `${oidc.url}/token`,
        revokeTokenUrl: `${oidc.url}/token/revocation`,
        scopeDelimiter: ' ',
      },
    },
  );
  oidc.register({
    client_id: clientId,
    client_secret: SECRET,
    redirect_uris: [made.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
  });
  return newConnection(ask, made);
}

/** What a person does who follows the link of a flow; `stopBefore`: where they halt. */
export async function follow(flow: Flow, person: Person, stopBefore?: (url: URL) => boolean): Promise<Seen> {
  return person.consent(await person.press(await person.visit(linkIn(flow))), { stopBefore });
}

/** Authorizes a connection. */
export async function authorizeAt(ask: Ask, id: string): Promise<void> {
  const { status, url, body } = await follow(await begin(ask, id), new Person());
  if (status !== 200) throw new Error(`The journey ended with status ${status} on ${url}: ${body}`);
}

/** How often the provider was asked to renew something. */
export const renewalsAt = ({ asked }: OidcServer): number =>
  asked.filter(({ form }) => form.get('grant_type') === 'refresh_token').length;
