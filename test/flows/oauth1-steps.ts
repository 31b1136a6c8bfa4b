/** The steps of an OAuth 1 dance through the server, and what can be seen of it from outside. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Person, type Seen } from '../peers/person';
import { contentOf } from '../support/database';
import { type Ask, dataOf, OWNER_KEY, type TestServer } from '../support/server';
import { createConnection, createConnector, markReady, setAuthConfig, succeeded } from '../support/story';

export const CONSUMER_KEY = 'consumer key 1';
/** With characters that each encoding changes. */
export const CONSUMER_SECRET = 'consumer secret+of/Grapnel=1%2';

export const signatureMethods = ['HMAC_SHA1', 'HMAC_SHA256', 'PLAINTEXT'] as const;

export interface Wish {
  readonly provider: string;
  /** Fields of the configuration in place of the usual ones. */
  readonly config?: object;
  readonly fields?: readonly object[];
  readonly variables?: readonly object[];
}

let count = 0;

/** A connection of a new OAuth 1 connector, which is READY and may call the provider. */
export async function newConnection(ask: Ask, { provider, config = {}, fields = [], variables = [] }: Wish) {
  const name = `OAuth 1 ${++count}`;
  const host = new URL(provider).host;
  const connector = await createConnector(ask, { name, allowedHosts: [host], connectionFields: fields });
  const usual = {
    consumerKey: CONSUMER_KEY,
    consumerSecret: CONSUMER_SECRET,
    requestTokenUrl: `${provider}/initiate`,
    authorizationUrl: `${provider}/authorize`,
    tokenUrl: `${provider}/token`,
  };
  await setAuthConfig(ask, connector, { oauth1: { ...usual, ...config } });
  // A provider has to be told it, so that it is known while the connector is DRAFT.
  const { redirectUri } = (
    await dataOf(ask('query ($id: ID!) { connector(by: { id: $id }) { redirectUri } }', { id: connector }))
  ).connector;
  await markReady(ask, connector);
  const connection = await createConnection(ask, { connector: { id: connector }, name, variables });
  return { connector, connection, redirectUri: redirectUri as string };
}

/** Begins to authorize; gives the flow and the link to its start page. */
export async function authorizeConnection(ask: Ask, id: string): Promise<{ flow: string; link: string }> {
  const query = `mutation ($input: ConnectionAuthorizeInput!) {
    connectionAuthorize(input: $input) { flow { id status authorizationUrl } userErrors { code message path } }
  }`;
  const payload = succeeded((await dataOf(ask(query, { input: { connection: { id } } }))).connectionAuthorize);
  const { flow } = payload as unknown as { flow: { id: string; authorizationUrl: string } };
  return { flow: flow.id, link: flow.authorizationUrl };
}

const flowFields = 'status error { code providerError providerErrorDescription }';

export async function flowOf(ask: Ask, id: string) {
  return (await dataOf(ask(`query ($id: ID!) { authorizationFlow(id: $id) { ${flowFields} } }`, { id })))
    .authorizationFlow;
}

export async function statusOf(ask: Ask, id: string): Promise<string> {
  return (await dataOf(ask('query ($id: ID!) { connection(by: { id: $id }) { status } }', { id }))).connection.status;
}

/** Watches a flow over a socket: the states, one by one, as long as there are any. */
export function watchFlow({ url }: TestServer, id: string) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${OWNER_KEY}` },
    retryAttempts: 0,
  });
  const query = `subscription ($id: ID!) { authorizationFlow(id: $id) { ${flowFields} } }`;
  const states = client.iterate<{ authorizationFlow: object }>({ query, variables: { id } });
  return {
    /** The next state; `undefined` when it has completed. */
    async next() {
      const { done, value } = await states.next();
      return done ? undefined : value.data?.authorizationFlow;
    },
    close: () => client.dispose(),
  };
}

/** Follows the start link as far as the page of the provider. */
export async function toProvider(person: Person, link: string, going = {}): Promise<Seen> {
  return person.press(await person.visit(link), going);
}

const isCallback = ({ pathname }: URL) => pathname.startsWith('/authorization/callback/');

/** Decides on the page of a provider, and stops before our callback: the URL with all that the provider sends along. */
export async function decide(person: Person, { url }: Seen, decision = 'consent'): Promise<URL> {
  const token = new URL(url).searchParams.get('oauth_token') ?? '';
  const body = new URLSearchParams({ oauth_token: token, decision });
  const seen = await person.visit(new URL('/authorize', url).href, { method: 'POST', body, stopBefore: isCallback });
  return new URL(seen.url);
}

/** The whole dance; gives the flow and the page it ends on. */
export async function dance(ask: Ask, connection: string, decision = 'consent') {
  const person = new Person();
  const { flow, link } = await authorizeConnection(ask, connection);
  const callback = await decide(person, await toProvider(person, link), decision);
  return { flow, callback, person, page: await person.visit(callback.href) };
}

/** All that the server keeps or tells on its own: its files and its log, as text. */
export async function everythingKept({ dataDir, logLines }: TestServer): Promise<string> {
  return [await contentOf(dataDir), ...logLines].join('\n');
}
