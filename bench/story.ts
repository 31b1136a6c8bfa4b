/** The usual way to a connection, and the operations that are measured. */
import type { Grapnel } from './grapnel';

/** What is asked of one connection. */
export const STATUS = `query ($id: ID!) {
  connection(by: { id: $id }) { id name linkName status authorizationLevel health { state reason remedy } }
}`;

export const INVOKE = `mutation ($input: InvokeUrlInput!) {
  invokeUrl(input: $input) { response { status json } userErrors { code message path } }
}`;

export const WATCH = 'subscription ($id: ID!) { authorizationFlow(id: $id) { id status } }';

const userErrors = 'userErrors { code message path }';
const SMALL = { order: 4711, item: 'anchor', quantity: 2 };

/** Variables of an `INVOKE` that posts a small JSON body. */
export const invocation = (connectionId: string, upstream: string) => ({
  input: { connection: { id: connectionId }, method: 'POST', url: `${upstream}/echo`, body: { json: SMALL } },
});

/** The same body as a caller of a proxy sends it. */
export const smallBody = JSON.stringify(SMALL);

/** An OAuth 2 connector of `upstream` that is READY; gives its id. */
export async function oauthConnector(
  { ask }: Grapnel,
  upstream: string,
  { grantType = 'CLIENT_CREDENTIALS', tokenPath = '/token' }: { grantType?: string; tokenPath?: string } = {},
): Promise<string> {
  const isCode = grantType === 'AUTHORIZATION_CODE';
  const input = { name: `API ${tokenPath} ${grantType}`, allowedHosts: ['127.0.0.1'] };
  const create = `mutation ($input: ConnectorCreateInput!) {
    connectorCreate(input: $input) { connector { id } ${userErrors} }
  }`;
  const { id } = (await ask(create, { input: { ...input, name: input.name.replaceAll('/', ' ') } })).connectorCreate
    .connector;
  const oauth2 = {
    grantType,
    clientId: 'bench',
    clientSecret: 'secret-of-bench',
    tokenUrl: `${upstream}${tokenPath}`,
    ...(isCode && { authorizationUrl: `${upstream}/authorize` }),
  };
  await ask(
    `mutation ($id: ID!, $authConfig: AuthConfigInput!) {
      connectorSetAuthConfig(id: $id, authConfig: $authConfig) { ${userErrors} }
    }`,
    { id, authConfig: { oauth2 } },
  );
  await ask(`mutation ($id: ID!) { connectorMarkReady(id: $id) { ${userErrors} } }`, { id });
  return id;
}

/** A connection; gives its id. */
export async function connection({ ask }: Grapnel, connectorId: string, name = 'Connection'): Promise<string> {
  const create = `mutation ($input: ConnectionCreateInput!) {
    connectionCreate(input: $input) { connection { id } ${userErrors} }
  }`;
  const { connectionCreate } = await ask(create, { input: { connector: { id: connectorId }, name } });
  return connectionCreate.connection.id;
}

export interface Begun {
  readonly id: string;
  readonly authorizationUrl: string | null;
}

/** Begins to authorize; where nobody has to be asked, that is all. */
export async function authorize({ ask }: Grapnel, connectionId: string): Promise<Begun> {
  const begin = `mutation ($input: ConnectionAuthorizeInput!) {
    connectionAuthorize(input: $input) { flow { id authorizationUrl } ${userErrors} }
  }`;
  return (await ask(begin, { input: { connection: { id: connectionId } } })).connectionAuthorize.flow;
}

/** A connection whose token was obtained by client credentials; gives its id. */
export async function connected(grapnel: Grapnel, upstream: string, tokenPath = '/token'): Promise<string> {
  const id = await connection(grapnel, await oauthConnector(grapnel, upstream, { tokenPath }));
  await authorize(grapnel, id);
  return id;
}

/** Goes the way of a browser to the provider; gives what calls back from there. */
export async function toCallback({ url, authorizationUrl }: { url: string; authorizationUrl: string | null }) {
  const page = await fetch(`${authorizationUrl}`, { headers: { accept: 'text/html' } });
  const cookie = page.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');
  const [, href = ''] = /<a class="button" href="([^"]+)"/.exec(await page.text()) ?? [];
  const away = await fetch(new URL(href.replaceAll('&amp;', '&'), url), { redirect: 'manual', headers: { cookie } });
  const { searchParams } = new URL(away.headers.get('location') ?? '');
  const back = new URL(searchParams.get('redirect_uri') ?? '');
  back.searchParams.set('code', 'code-of-bench');
  back.searchParams.set('state', searchParams.get('state') ?? '');
  return async () => {
    const end = await fetch(back, { headers: { cookie } });
    const text = await end.text();
    if (!end.ok) throw new Error(`The callback answered ${end.status}: ${text}`);
  };
}
