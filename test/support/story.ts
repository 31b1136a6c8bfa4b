/** The usual way to a connection, step by step, for tests that are about what comes after. */
import { type Ask, dataOf } from './server';

/** Literals of a `AuthConfigInput`, complete for Ready, one for each static auth type. */
export const staticConfigs = {
  basic: { basic: { username: { name: 'User', key: 'user' }, password: { name: 'Password', key: 'password' } } },
  apiKey: { apiKey: { parameters: [{ name: 'Key', key: 'X-Api-Key', location: 'HEADER' }] } },
  bearerToken: { bearerToken: { tokenPrefix: 'Bearer' } },
  aws: { aws: { serviceName: 'execute-api', region: 'eu-west-1' } },
} as const;

/** Fitting `CredentialsInput`s. */
export const staticCredentials = {
  basic: { basic: { username: 'alice', password: 'correct horse' } },
  apiKey: { apiKey: { values: [{ key: 'X-Api-Key', value: 'key-of-alice' }] } },
  bearerToken: { bearerToken: { token: 'token-of-alice' } },
  aws: { aws: { accessKey: 'AKIDEXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } },
} as const;

/** Fails the test when a payload has user errors; else gives the payload. */
export function succeeded<T extends { userErrors: unknown[] }>(payload: T): T {
  if (payload.userErrors.length > 0) throw new Error(`User errors: ${JSON.stringify(payload.userErrors)}`);
  return payload;
}

/** Makes a connector; gives its id. */
export async function createConnector(ask: Ask, input: object): Promise<string> {
  const query = `mutation ($input: ConnectorCreateInput!) {
    connectorCreate(input: $input) { connector { id } userErrors { code message path } }
  }`;
  const { connectorCreate } = await dataOf(ask(query, { input }));
  return succeeded<{ userErrors: unknown[]; connector: { id: string } }>(connectorCreate).connector.id;
}

/** Configures the authentication of a connector. */
export async function setAuthConfig(ask: Ask, id: string, authConfig: object): Promise<void> {
  const query = `mutation ($id: ID!, $authConfig: AuthConfigInput!) {
    connectorSetAuthConfig(id: $id, authConfig: $authConfig) { userErrors { code message path } }
  }`;
  succeeded((await dataOf(ask(query, { id, authConfig }))).connectorSetAuthConfig);
}

export async function markReady(ask: Ask, id: string): Promise<void> {
  const query = 'mutation ($id: ID!) { connectorMarkReady(id: $id) { userErrors { code message path } } }';
  succeeded((await dataOf(ask(query, { id }))).connectorMarkReady);
}

/** Makes a connector that is READY; gives its id. */
export async function readyConnector(ask: Ask, input: object, authConfig: object): Promise<string> {
  const id = await createConnector(ask, input);
  await setAuthConfig(ask, id, authConfig);
  await markReady(ask, id);
  return id;
}

/** Makes a connection; gives its id. */
export async function createConnection(ask: Ask, input: object): Promise<string> {
  const query = `mutation ($input: ConnectionCreateInput!) {
    connectionCreate(input: $input) { connection { id } userErrors { code message path } }
  }`;
  const { connectionCreate } = await dataOf(ask(query, { input }));
  return succeeded<{ userErrors: unknown[]; connection: { id: string } }>(connectionCreate).connection.id;
}

/** Authorizes a connection with credentials; gives the id of the flow. */
export async function authorize(ask: Ask, id: string, credentials: object, userId?: string): Promise<string> {
  const query = `mutation ($input: ConnectionAuthorizeInput!) {
    connectionAuthorize(input: $input) { flow { id } userErrors { code message path } }
  }`;
  const { connectionAuthorize } = await dataOf(ask(query, { input: { connection: { id }, credentials, userId } }));
  return succeeded<{ userErrors: unknown[]; flow: { id: string } }>(connectionAuthorize).flow.id;
}

/** A connection of a static type that may call `host`, authorized; gives its id. */
export async function connected(
  ask: Ask,
  type: keyof typeof staticConfigs,
  host: string,
  name = `My ${type}`,
): Promise<string> {
  const connector = await readyConnector(ask, { name, allowedHosts: [host] }, staticConfigs[type]);
  const id = await createConnection(ask, { connector: { id: connector }, name });
  await authorize(ask, id, staticCredentials[type]);
  return id;
}
