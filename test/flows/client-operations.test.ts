/** The operations on connections that clients send: each is valid, and answers what it is named for. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { EventBus } from '../../src/events/bus';
import { Person } from '../peers/person';
import { type Sloppy, startSloppy } from '../peers/sloppy';
import { type OAuthConnector, oauthConnector } from '../support/oauth';
import { type Ask, dataOf, OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { createConnection, readyConnector, staticConfigs } from '../support/story';

const fragments = {
  UserErrorFields: 'fragment UserErrorFields on UserError { __typename message code path }',
  ScopeFields: 'fragment ScopeFields on Scope { id name value }',
  ConnectionFields: `fragment ConnectionFields on Connection {
    id name linkName authorizationLevel status
    health { state reason remedy since lastSuccessAt lastErrorAt expiresAt nextRefreshAt }
    scopes { ...ScopeFields }
    grantedScopes
    variables { name value }
    connector { id linkName }
    createdAt updatedAt
  }`,
  AuthorizationFlowFields: `fragment AuthorizationFlowFields on AuthorizationFlow {
    id status authorizationUrl
    error { code message providerError providerErrorDescription }
    userId expiresAt
    connection { id status }
  }`,
};

/** An operation with the fragments that it uses. */
function withFragments(operation: string): string {
  let text = operation;
  for (const [name, fragment] of Object.entries(fragments).reverse())
    if (text.includes(`...${name}`)) text = `${text}\n${fragment}`;
  return text.includes('...ScopeFields') && !text.includes('fragment ScopeFields')
    ? `${text}\n${fragments.ScopeFields}`
    : text;
}

const APP = 'https://app.example.com/done';

let server: TestServer;
let sloppy: Sloppy;
let connector: OAuthConnector;
let ask: Ask;

beforeAll(async () => {
  [server, sloppy] = await Promise.all([startTestServer(), startSloppy()]);
  ask = (operation, variables) => server.ask(withFragments(operation), variables);
  connector = await oauthConnector(
    server.ask,
    {
      name: 'Dropbox',
      scopes: ['files.read', 'files.write'],
      connectionFields: [{ name: 'subdomain', label: 'Subdomain' }],
    },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'acme',
        clientSecret: 'secret',
        authorizationUrl: `${sloppy.url}/authorize`,
        tokenUrl: `${sloppy.url}/token`,
        revokeTokenUrl: `${sloppy.url}/revoke`,
      },
    },
  );
  const query =
    'mutation ($urls: [String!]) { workspaceUpdate(input: { returnToUrls: $urls }) { userErrors { code } } }';
  expect((await dataOf(server.ask(query, { urls: [APP] }))).workspaceUpdate.userErrors).toEqual([]);
});
afterAll(() => Promise.all([server.remove(), sloppy.close()]));
beforeEach(() => {
  sloppy.reset();
  sloppy.answer({ body: { access_token: 'token-of-alice', refresh_token: 'refresh-of-alice', expires_in: 3600 } });
});

const subdomain = [{ name: 'subdomain', value: 'acme' }];
const isMoment = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

const authorize = `mutation ConnectionAuthorize($input: ConnectionAuthorizeInput!) {
  connectionAuthorize(input: $input) {
    flow { ...AuthorizationFlowFields }
    connection { ...ConnectionFields }
    userErrors { ...UserErrorFields }
  }
}`;

/** A connection under a name of its own, authorized by a person where `authorized`. */
async function made(
  name: string,
  { authorized = true, ...input }: { authorized?: boolean; authorizationLevel?: string } = {},
) {
  const id = await createConnection(server.ask, {
    connector: { id: connector.id },
    name,
    variables: subdomain,
    ...input,
  });
  if (authorized) await go(id);
  return id;
}

async function go(id: string, userId?: string): Promise<void> {
  const { flow } = (await dataOf(ask(authorize, { input: { connection: { id }, userId } }))).connectionAuthorize;
  const person = new Person();
  expect((await person.press(await person.visit(flow.authorizationUrl))).status).toBe(200);
}

test('a connection is created, with the literal input of a client', async () => {
  const operation = `mutation ConnectionCreateLiteral($scopeIds: [ID!]) {
    connectionCreate(
      input: {
        connector: { linkName: "dropbox" }
        name: "My Dropbox"
        linkName: "my_dropbox"
        authorizationLevel: LOGGED_IN_USER
        scopeIds: $scopeIds
        variables: [{ name: "subdomain", value: "acme" }]
      }
    ) { connection { id } userErrors { code } }
  }`;
  const { connectionCreate } = await dataOf(ask(operation, { scopeIds: [connector.scopeIds[1]] }));
  expect(connectionCreate).toEqual({ connection: { id: expect.stringMatching(/^cnn_/) }, userErrors: [] });

  const byLinkName = `query ConnectionByLinkName($userId: String) {
    connection(by: { linkName: "my_dropbox" }) {
      id
      grant(userId: $userId) { status health { state reason } grantedScopes expiresAt authorizedAt userId }
      grants(first: 10) { nodes { userId status } totalCount }
    }
  }`;
  const before = (await dataOf(ask(byLinkName, { userId: 'user-7' }))).connection;
  expect(before).toEqual({ id: connectionCreate.connection.id, grant: null, grants: { nodes: [], totalCount: 0 } });
  await go(before.id, 'user-7');
  const { connection } = await dataOf(ask(byLinkName, { userId: 'user-7' }));
  expect(connection).toEqual({
    id: before.id,
    grant: {
      status: 'CONNECTED',
      health: { state: 'OK', reason: expect.any(String) },
      grantedScopes: ['files.write'],
      expiresAt: isMoment,
      authorizedAt: isMoment,
      userId: 'user-7',
    },
    grants: { nodes: [{ userId: 'user-7', status: 'CONNECTED' }], totalCount: 1 },
  });
});

test('a connection is created, read, listed, updated', async () => {
  const create = `mutation ConnectionCreate($input: ConnectionCreateInput!) {
    connectionCreate(input: $input) {
      connection { ...ConnectionFields }
      userErrors { ...UserErrorFields ... on StageError { stage requiredStage } }
    }
  }`;
  const input = { connector: { id: connector.id }, name: 'Read me', variables: subdomain };
  const { connectionCreate } = await dataOf(ask(create, { input }));
  const connection = {
    id: expect.stringMatching(/^cnn_/),
    name: 'Read me',
    linkName: 'Read_me',
    authorizationLevel: 'ADMIN',
    status: 'UNAUTHORIZED',
    health: {
      state: 'UNKNOWN',
      reason: expect.any(String),
      remedy: 'AUTHORIZE',
      since: isMoment,
      lastSuccessAt: null,
      lastErrorAt: null,
      expiresAt: null,
      nextRefreshAt: null,
    },
    scopes: ['files.read', 'files.write'].map((value, index) => ({
      id: connector.scopeIds[index],
      name: `Permission ${index + 1}`,
      value,
    })),
    grantedScopes: [],
    variables: subdomain,
    connector: { id: connector.id, linkName: 'Dropbox' },
    createdAt: isMoment,
    updatedAt: isMoment,
  };
  expect(connectionCreate).toEqual({ connection, userErrors: [] });
  const { id } = connectionCreate.connection;

  const read = 'query Connection($by: ConnectionRef!) { connection(by: $by) { ...ConnectionFields } }';
  expect((await dataOf(ask(read, { by: { id } }))).connection).toEqual(connection);
  expect((await dataOf(ask(read, { by: { linkName: 'READ_ME' } }))).connection).toEqual(connection);

  const list = `query Connections($filter: ConnectionFilter, $first: Int, $after: String) {
    connections(filter: $filter, first: $first, after: $after) {
      nodes { ...ConnectionFields }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }`;
  expect((await dataOf(ask(list, { filter: { search: 'read m' }, first: 5 }))).connections).toEqual({
    nodes: [connection],
    pageInfo: { hasNextPage: false, endCursor: expect.any(String) },
    totalCount: 1,
  });

  const update = `mutation ConnectionUpdate($id: ID!, $input: ConnectionUpdateInput!) {
    connectionUpdate(id: $id, input: $input) { connection { ...ConnectionFields } userErrors { ...UserErrorFields } }
  }`;
  const { connectionUpdate } = await dataOf(ask(update, { id, input: { scopeIds: [connector.scopeIds[0]] } }));
  expect(connectionUpdate).toEqual({
    connection: { ...connection, scopes: connection.scopes.slice(0, 1) },
    userErrors: [],
  });
  const literal = `mutation ConnectionUpdateLiteral($id: ID!) {
    connectionUpdate(id: $id, input: { name: "Renamed" }) { userErrors { code } }
  }`;
  expect((await dataOf(ask(literal, { id }))).connectionUpdate).toEqual({ userErrors: [] });
  expect((await dataOf(ask(read, { by: { id } }))).connection.name).toBe('Renamed');
});

test('connections are counted by a filter', async () => {
  const operation = `query ConnectionsFiltered($connectorId: ID!) {
    connections(filter: { connectorId: $connectorId, status: CONNECTED, needsAttention: false, search: "x" }) { totalCount }
  }`;
  const count = async () => (await dataOf(ask(operation, { connectorId: connector.id }))).connections.totalCount;
  const before = await count();
  await made('Box one');
  await made('Box two', { authorized: false });
  await made('Another');
  expect((await count()) - before).toBe(1);
});

test('a person authorizes: the flow has its link, then its end', async () => {
  const id = await made('Journey', { authorized: false });
  const { connectionAuthorize } = await dataOf(ask(authorize, { input: { connection: { linkName: 'journey' } } }));
  expect(connectionAuthorize).toMatchObject({
    flow: {
      id: expect.stringMatching(/^flw_/),
      status: 'PENDING',
      authorizationUrl: expect.stringMatching(new RegExp(`^${server.url}/authorization/start/`)),
      error: null,
      userId: null,
      expiresAt: isMoment,
      connection: { id, status: 'UNAUTHORIZED' },
    },
    connection: { id, status: 'UNAUTHORIZED' },
    userErrors: [],
  });
  const read = 'query Flow($id: ID!) { authorizationFlow(id: $id) { ...AuthorizationFlowFields } }';
  const { flow } = connectionAuthorize;
  expect((await dataOf(ask(read, { id: flow.id }))).authorizationFlow).toEqual(flow);

  const watch = `subscription AuthorizationFlowChanges($id: ID!) {
    authorizationFlow(id: $id) { ...AuthorizationFlowFields }
  }`;
  const told = subscribe(watch, { id: flow.id });
  expect(await told.next()).toEqual({ authorizationFlow: flow });
  const person = new Person();
  await person.press(await person.visit(flow.authorizationUrl));
  const end = {
    ...flow,
    status: 'AUTHORIZED',
    authorizationUrl: null,
    expiresAt: isMoment,
    connection: { id, status: 'CONNECTED' },
  };
  expect(await told.next()).toEqual({ authorizationFlow: end });
  expect(await told.next()).toBeUndefined();
  expect((await dataOf(ask(read, { id: flow.id }))).authorizationFlow).toEqual(end);
  await told.close();
});

test('a person authorizes for a user and comes back to the application, which confirms', async () => {
  const id = await made('Confirmed', { authorized: false, authorizationLevel: 'LOGGED_IN_USER' });
  const operation = `mutation AuthorizeOAuth($by: ConnectionRef!) {
    connectionAuthorize(input: { connection: $by, userId: "user-7", returnTo: "https://app.example.com/done" }) {
      flow { id status authorizationUrl expiresAt }
    }
  }`;
  const { flow } = (await dataOf(ask(operation, { by: { id } }))).connectionAuthorize;
  expect(flow).toMatchObject({ status: 'PENDING', authorizationUrl: expect.any(String), expiresAt: isMoment });
  const person = new Person();
  const { url } = await person.press(await person.visit(flow.authorizationUrl), {
    stopBefore: ({ host }) => host === 'app.example.com',
  });
  const confirm = `mutation AuthorizationConfirm($token: String!) {
    authorizationConfirm(token: $token) { flow { ...AuthorizationFlowFields } userErrors { ...UserErrorFields } }
  }`;
  const token = new URL(url).searchParams.get('confirmationToken');
  expect((await dataOf(ask(confirm, { token }))).authorizationConfirm).toEqual({
    flow: {
      id: flow.id,
      status: 'AUTHORIZED',
      authorizationUrl: null,
      error: null,
      userId: 'user-7',
      expiresAt: isMoment,
      connection: { id, status: 'CONNECTED' },
    },
    userErrors: [],
  });
  expect((await dataOf(ask(confirm, { token }))).authorizationConfirm).toEqual({
    flow: null,
    userErrors: [{ __typename: 'NotFoundError', message: expect.any(String), code: 'NOT_FOUND', path: ['token'] }],
  });
});

test.each([
  [
    'basic',
    `mutation AuthorizeBasic($id: ID!) {
      connectionAuthorize(input: { connection: { id: $id }, credentials: { basic: { username: "u", password: "p" } } }) { flow { status } }
    }`,
  ],
  [
    'apiKey',
    `mutation AuthorizeApiKey($id: ID!) {
      connectionAuthorize(input: { connection: { id: $id }, credentials: { apiKey: { values: [{ key: "X-Api-Key", value: "abc" }] } } }) { flow { status } }
    }`,
  ],
  [
    'bearerToken',
    `mutation AuthorizeBearer($id: ID!) {
      connectionAuthorize(input: { connection: { id: $id }, credentials: { bearerToken: { token: "t" } } }) { flow { status } }
    }`,
  ],
  [
    'aws',
    `mutation AuthorizeAws($id: ID!) {
      connectionAuthorize(
        input: { connection: { id: $id }, credentials: { aws: { accessKey: "AKID", secretKey: "s", sessionToken: null } } }
      ) { flow { status } }
    }`,
  ],
] as const)('credentials authorize at once: %s', async (type, operation) => {
  const of = await readyConnector(server.ask, { name: `Static ${type}` }, staticConfigs[type]);
  const id = await createConnection(server.ask, { connector: { id: of }, name: `Static ${type}` });
  expect((await dataOf(ask(operation, { id }))).connectionAuthorize).toEqual({ flow: { status: 'AUTHORIZED' } });
});

test('credentials are refreshed, and a refusal of the provider is told', async () => {
  const id = await made('Refreshed');
  const operation = `mutation ConnectionRefresh($id: ID!, $userId: String) {
    connectionRefresh(id: $id, userId: $userId) {
      connection { ...ConnectionFields }
      userErrors { ...UserErrorFields ... on ProviderError { providerError httpStatus } }
    }
  }`;
  const fine = (await dataOf(ask(operation, { id }))).connectionRefresh;
  expect(fine).toMatchObject({ connection: { id, status: 'CONNECTED', health: { state: 'OK' } }, userErrors: [] });
  sloppy.answer({ status: 400, body: { error: 'invalid_grant' } });
  expect((await dataOf(ask(operation, { id }))).connectionRefresh).toMatchObject({
    connection: null,
    userErrors: [
      { __typename: 'ProviderError', code: 'PROVIDER_ERROR', providerError: 'invalid_grant', httpStatus: 400 },
    ],
  });
});

test('credentials are revoked, and a connection is deleted, here and at the provider', async () => {
  const id = await made('Revoked', { authorizationLevel: 'LOGGED_IN_USER', authorized: false });
  await go(id, 'user-7');
  await go(id, 'user-8');
  const revoke = `mutation ConnectionRevoke($id: ID!, $userId: String) {
    connectionRevoke(id: $id, userId: $userId) { connection { id status } remoteRevoked userErrors { ...UserErrorFields } }
  }`;
  const revoked = async (userId?: string) => (await dataOf(ask(revoke, { id, userId }))).connectionRevoke;
  const connection = { id, status: 'CONNECTED' };
  expect(await revoked('user-7')).toEqual({ connection, remoteRevoked: true, userErrors: [] });
  expect(await revoked()).toEqual({
    connection: { ...connection, status: 'REVOKED' },
    remoteRevoked: true,
    userErrors: [],
  });
  expect(sloppy.tokenRequests.filter(({ target }) => target === '/revoke').length).toBe(2);

  const remove = `mutation ConnectionDelete($id: ID!) {
    connectionDelete(id: $id) { deletedId remoteRevoked userErrors { ...UserErrorFields } }
  }`;
  await go(id, 'user-9');
  const deleted = async () => (await dataOf(ask(remove, { id }))).connectionDelete;
  expect(await deleted()).toEqual({ deletedId: id, remoteRevoked: true, userErrors: [] });
  expect(await deleted()).toMatchObject({ deletedId: null, userErrors: [{ code: 'NOT_FOUND', path: ['id'] }] });
});

test('events of connections are told, all of them or those of one', async () => {
  const id = await made('Eventful', { authorized: false });
  const begun = Promise.all([listening('ofWorkspace'), listening('ofConnection')]);
  const all = subscribe(
    `subscription ConnectionEvents($filter: ConnectionEventFilter) {
      connectionEvents(filter: $filter) { id kind at connection { id status } userId }
    }`,
    { filter: null },
  );
  const ofOne = subscribe(
    'subscription ConnectionEventsOfOne($id: ID!) { connectionEvents(filter: { connectionId: $id }) { kind } }',
    { id },
  );
  await begun;
  await made('Not this one', { authorized: false });
  await go(id);
  expect(await all.next()).toMatchObject({ connectionEvents: { kind: 'CREATED' } });
  expect(await all.next()).toEqual({
    connectionEvents: {
      id: expect.stringMatching(/^evt_/),
      kind: 'AUTHORIZED',
      at: isMoment,
      connection: { id, status: 'CONNECTED' },
      userId: null,
    },
  });
  expect(await ofOne.next()).toEqual({ connectionEvents: { kind: 'AUTHORIZED' } });
  await Promise.all([all.close(), ofOne.close()]);
});

/** Resolved when the server, which runs in this process, listens in this way. */
function listening(way: 'ofWorkspace' | 'ofConnection'): Promise<void> {
  return new Promise((resolve) => {
    const spy = jest.spyOn(EventBus.prototype, way).mockImplementation(function (this: EventBus, id: string) {
      spy.mockRestore();
      resolve();
      return this[way](id);
    });
  });
}

/** A subscription on a socket of its own. */
function subscribe(operation: string, variables: Record<string, unknown>) {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${OWNER_KEY}` },
    retryAttempts: 0,
  });
  const told = client.iterate({ query: withFragments(operation), variables });
  return {
    async next() {
      const { value, done } = await told.next();
      if (!done && value.errors) throw new Error(JSON.stringify(value.errors));
      return done ? undefined : value.data;
    },
    close: () => client.dispose(),
  };
}
