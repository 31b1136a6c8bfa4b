/** The usual way to a connection that is authorized at a provider, and what is asked of its flows. */
import { type Answer, type Ask, dataOf } from './server';
import { createConnection, createConnector, markReady, setAuthConfig, succeeded } from './story';

export interface OAuthConnector {
  readonly id: string;
  readonly redirectUri: string;
  /** By value, in the order they were given. */
  readonly scopeIds: readonly string[];
}

/** Makes a connector and marks it Ready. `authConfig`: an `AuthConfigInput`. */
export async function oauthConnector(
  ask: Ask,
  {
    scopes = [],
    ...input
  }: {
    name: string;
    scopes?: readonly string[];
    allowedHosts?: readonly string[];
    connectionFields?: readonly object[];
  },
  authConfig: object,
): Promise<OAuthConnector> {
  const id = await createConnector(ask, input);
  await setAuthConfig(ask, id, authConfig);
  const query = 'query ($id: ID!) { connector(by: { id: $id }) { redirectUri } }';
  const { redirectUri } = (await dataOf(ask(query, { id }))).connector;
  const scopeIds = scopes.length > 0 ? await addScopes(ask, id, scopes) : [];
  await markReady(ask, id);
  return { id, redirectUri, scopeIds };
}

async function addScopes(ask: Ask, id: string, values: readonly string[]): Promise<string[]> {
  const query = `mutation ($id: ID!, $scopes: [ScopeInput!]!) {
    scopesAdd(connectorId: $id, scopes: $scopes) { scopes { id } userErrors { code message path } }
  }`;
  const scopes = values.map((value, index) => ({ name: `Permission ${index + 1}`, value }));
  const { scopesAdd } = await dataOf(ask(query, { id, scopes }));
  return succeeded<{ userErrors: unknown[]; scopes: { id: string }[] }>(scopesAdd).scopes.map((scope) => scope.id);
}

export interface Flow {
  readonly id: string;
  readonly status: string;
  readonly authorizationUrl: string | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly providerError: string | null;
    readonly providerErrorDescription: string | null;
  } | null;
  readonly userId: string | null;
  readonly expiresAt: string;
}

export const FLOW_FIELDS =
  'id status authorizationUrl error { code message providerError providerErrorDescription } userId expiresAt';

/** Begins to authorize a connection. `input`: more of a `ConnectionAuthorizeInput`. */
export async function begin(ask: Ask, connectionId: string, input: object = {}): Promise<Flow> {
  const { connectionAuthorize } = await dataOf(authorizing(ask, connectionId, input));
  return succeeded<{ userErrors: unknown[]; flow: Flow }>(connectionAuthorize).flow;
}

/** The answer of `connectionAuthorize`, whatever it is. */
export function authorizing(ask: Ask, connectionId: string, input: object = {}): Promise<Answer> {
  const query = `mutation ($input: ConnectionAuthorizeInput!) {
    connectionAuthorize(input: $input) {
      flow { ${FLOW_FIELDS} }
      userErrors { __typename code message path ... on ProviderError { providerError httpStatus } }
    }
  }`;
  return ask(query, { input: { connection: { id: connectionId }, ...input } });
}

/** The link to the start page of a flow that begins now. */
export async function startLink(ask: Ask, connectionId: string, input: object = {}): Promise<string> {
  return linkIn(await begin(ask, connectionId, input));
}

export function linkIn({ authorizationUrl }: Flow): string {
  if (authorizationUrl === null) throw new Error('The flow has no start link.');
  return authorizationUrl;
}

export async function flowOf(ask: Ask, id: string): Promise<Flow> {
  const query = `query ($id: ID!) { authorizationFlow(id: $id) { ${FLOW_FIELDS} } }`;
  return (await dataOf(ask(query, { id }))).authorizationFlow;
}

export interface GrantFacts {
  readonly userId: string | null;
  readonly status: string;
  readonly grantedScopes: readonly string[];
  readonly expiresAt: string | null;
  readonly health: { readonly state: string; readonly reason: string; readonly remedy: string };
}

/** Everybody's grants of a connection. */
export async function grantsOf(ask: Ask, connectionId: string): Promise<GrantFacts[]> {
  const query = `query ($id: ID!) {
    connection(by: { id: $id }) {
      grants(first: 100) { nodes { userId status grantedScopes expiresAt health { state reason remedy } } }
    }
  }`;
  return (await dataOf(ask(query, { id: connectionId }))).connection.grants.nodes;
}

/** Calls `url` through a connection; gives the status of the answer. */
export async function invoke(ask: Ask, connectionId: string, url: string, userId?: string): Promise<number> {
  const query = `mutation ($input: InvokeUrlInput!) {
    invokeUrl(input: $input) { response { status } userErrors { code message path } }
  }`;
  const { invokeUrl } = await dataOf(
    ask(query, { input: { connection: { id: connectionId }, userId, method: 'GET', url } }),
  );
  return succeeded<{ userErrors: unknown[]; response: { status: number } }>(invokeUrl).response.status;
}

let count = 0;

/** A connection of a connector, under a name of its own. */
export function newConnection(ask: Ask, connector: OAuthConnector, input: object = {}): Promise<string> {
  count += 1;
  return createConnection(ask, { connector: { id: connector.id }, name: `Connection ${count}`, ...input });
}
