/** What the tests of refreshing and revoking ask: a connection at a token server, calls through it, and how its grant is doing. */
import { EventEmitter, once } from 'node:events';
import { Sweeper } from '../../src/authorization/sweeper';
import { EventBus } from '../../src/events/bus';
import { isOfConnection } from '../../src/events/happening';
import { Person } from '../peers/person';
import type { TokenServer } from '../peers/token-server';
import { rowsOf } from '../support/database';
import { newConnection, oauthConnector, startLink } from '../support/oauth';
import { type Ask, dataOf, startTestServer, type TestOptions, type TestServer } from '../support/server';

/** A server that does nothing by itself, so that only what a test does makes a refresh. */
export async function startUnsweptServer(options: TestOptions = {}): Promise<TestServer> {
  const start = jest.spyOn(Sweeper.prototype, 'start').mockReturnValue();
  try {
    return await startTestServer(options);
  } finally {
    start.mockRestore();
  }
}

/** The configuration of a connector for `provider`: the code grant. `more`: other fields of `OAuth2AuthConfigInput`. */
export const codeGrant = ({ url }: TokenServer, more: object = {}) => ({
  oauth2: {
    grantType: 'AUTHORIZATION_CODE',
    clientId: 'client-of-tests',
    clientSecret: 'secret-of-the-client',
    authorizationUrl: `${url}/authorize`,
    tokenUrl: `${url}/token`,
    ...more,
  },
});

/** The same for client credentials. */
export const clientCredentials = ({ url }: TokenServer, more: object = {}) => ({
  oauth2: {
    grantType: 'CLIENT_CREDENTIALS',
    clientId: 'client-of-tests',
    clientSecret: 'secret-of-the-client',
    tokenUrl: `${url}/token`,
    ...more,
  },
});

let count = 0;

interface Wanted {
  /** An `AuthConfigInput`; the code grant when left out. */
  readonly authConfig?: object;
  readonly scopes?: readonly string[];
  /** More of a `ConnectionCreateInput`. */
  readonly connection?: object;
}

/** A connection at `provider` with a connector of its own, not authorized; gives its id. */
export async function connectionAt(ask: Ask, provider: TokenServer, wanted: Wanted = {}): Promise<string> {
  count += 1;
  const { authConfig = codeGrant(provider), scopes, connection } = wanted;
  const input = { name: `Provider ${count}`, allowedHosts: [provider.host], scopes };
  return newConnection(ask, await oauthConnector(ask, input, authConfig), connection);
}

/** Authorizes a connection by a person who follows the link to wherever it leads. */
export async function authorizeByPerson(ask: Ask, id: string, input: object = {}): Promise<void> {
  const person = new Person();
  const page = await person.press(await person.visit(await startLink(ask, id, input)));
  if (page.status !== 200) throw new Error(`The journey ended with status ${page.status} on ${page.url}: ${page.body}`);
}

/** A connection at `provider`, authorized by a person; gives its id. */
export async function connectedAt(ask: Ask, provider: TokenServer, wanted: Wanted = {}): Promise<string> {
  const id = await connectionAt(ask, provider, wanted);
  await authorizeByPerson(ask, id);
  return id;
}

export interface Called {
  /** The status that the API answered with; `undefined`: there was no answer. */
  readonly status: number | undefined;
  /** The codes of the user errors. */
  readonly codes: readonly string[];
  readonly message: string;
  readonly providerError?: string | null;
  readonly httpStatus?: number | null;
}

const ERRORS = 'userErrors { code path message ... on ProviderError { providerError httpStatus } }';

/** Calls the API of `provider` through a connection: GET unless `input` says otherwise. */
export async function call(ask: Ask, id: string, { url }: { url: string }, input: object = {}): Promise<Called> {
  const query = `mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { response { status } ${ERRORS} } }`;
  const variables = { input: { connection: { id }, method: 'GET', url: `${url}/api/things`, ...input } };
  const { response, userErrors } = (await dataOf(ask(query, variables))).invokeUrl;
  return { status: response?.status, ...inShort(userErrors) };
}

/** Refreshes on request. */
export async function refresh(ask: Ask, id: string, userId?: string): Promise<Omit<Called, 'status'>> {
  const query = `mutation ($id: ID!, $userId: String) { connectionRefresh(id: $id, userId: $userId) { ${ERRORS} } }`;
  return inShort((await dataOf(ask(query, { id, userId }))).connectionRefresh.userErrors);
}

function inShort(errors: { code: string; message: string; providerError?: string; httpStatus?: number }[]) {
  const { providerError, httpStatus } = errors[0] ?? {};
  return {
    codes: errors.map(({ code }) => code),
    message: errors.map(({ message }) => message).join(' '),
    providerError,
    httpStatus,
  };
}

export interface Condition {
  readonly grantId: string;
  readonly status: string;
  /** State and remedy. */
  readonly health: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
  readonly nextRefreshAt: string | null;
  readonly grantedScopes: readonly string[];
}

/** How the grant of a connection is doing; fails the test when the connection, having one grant, tells it differently. */
export async function conditionOf(ask: Ask, id: string, userId?: string): Promise<Condition> {
  const health = 'health { state reason remedy since expiresAt nextRefreshAt }';
  const query = `query ($id: ID!, $userId: String) { connection(by: { id: $id }) {
    status ${health} grant(userId: $userId) { id status ${health} grantedScopes }
  } }`;
  const { connection } = await dataOf(ask(query, { id, userId }));
  const { grant } = connection;
  if (userId === undefined) expect([connection.status, connection.health]).toEqual([grant.status, grant.health]);
  const { state, remedy, ...rest } = grant.health;
  const { id: grantId, status, grantedScopes } = grant;
  return { grantId, status, health: `${state} ${remedy}`, grantedScopes, ...rest };
}

/** Status and health in one line. */
export async function stateOf(ask: Ask, id: string): Promise<string> {
  const { status, health } = await conditionOf(ask, id);
  return `${status} ${health}`;
}

const REMOTE = 'remoteRevoked userErrors { code path }';

/** Revokes the grant of a user, or of all; gives the payload. */
export async function revoke(ask: Ask, id: string, userId?: string) {
  const query = `mutation ($id: ID!, $userId: String) {
    connectionRevoke(id: $id, userId: $userId) { connection { status } ${REMOTE} }
  }`;
  return (await dataOf(ask(query, { id, userId }))).connectionRevoke;
}

/** Deletes a connection; gives the payload. */
export async function remove(ask: Ask, id: string) {
  const query = `mutation ($id: ID!) { connectionDelete(id: $id) { deletedId ${REMOTE} } }`;
  return (await dataOf(ask(query, { id }))).connectionDelete;
}

/** Whether there is such a connection. */
export async function exists(ask: Ask, id: string): Promise<boolean> {
  return (await dataOf(ask('query ($id: ID!) { connection(by: { id: $id }) { id } }', { id }))).connection !== null;
}

/** What the database keeps of the grant of a connection; moments in milliseconds. */
export async function rowOf({ dataDir }: { dataDir: string }, id: string) {
  const columns = 'id, credentials, "leaseUntil", "refreshFailures"';
  const [row] = await rowsOf(dataDir, `SELECT ${columns} FROM connection_grant WHERE "connectionId" = ?`, id);
  return row as { id: string; credentials: string | null; leaseUntil: number | null; refreshFailures: number };
}

/** What is heard of a connection. */
export interface Heard {
  readonly kinds: readonly string[];
  /** Resolves when there are so many. */
  count(number: number): Promise<void>;
}

/** Before any spy: one that is set on another gets that one for the original. */
const { deliver } = EventBus.prototype;

/** Listens to the events of a connection from now on, until the mocks are restored. */
export function eventsOf(id: string): Heard {
  const kinds: string[] = [];
  const news = new EventEmitter();
  const told = new Set<string>();
  jest.spyOn(EventBus.prototype, 'deliver').mockImplementation(function (this: EventBus, event) {
    if (event.connectionId === id && isOfConnection(event) && !told.has(event.id)) kinds.push(event.kind);
    told.add(event.id);
    news.emit('news');
    deliver.call(this, event);
  });
  return {
    kinds,
    async count(number) {
      while (kinds.length < number) await once(news, 'news');
    },
  };
}
