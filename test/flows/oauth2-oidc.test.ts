/** OAuth 2 with a certified server (`oidc-provider`), which verifies everything it is sent: every kind of client and grant. */
import { type OidcServer, startOidc } from '../peers/oidc';
import { Person, type Seen } from '../peers/person';
import {
  authorizing,
  begin,
  flowOf,
  grantsOf,
  invoke,
  linkIn,
  newConnection,
  type OAuthConnector,
  oauthConnector,
} from '../support/oauth';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../support/server';

let server: TestServer;
let oidc: OidcServer;
let api: PeerApi;

beforeAll(async () => {
  [server, oidc, api] = await Promise.all([startTestServer(), startOidc(), startPeerApi()]);
});
afterAll(() => Promise.all([server.remove(), oidc.close(), api.close()]));

/** Punctuation that a form, a header or a URL would read as something else. */
const SECRET = 'a:b+c%20d&e=f/g?h#i~j*k\'l(m)n o"p<q>r`s{t}u|v\\w^x@y[z],;$.-_';

let count = 0;

/** A connector, and the client at the provider that it is; `client`: what the provider knows differently. */
async function connectorFor(config: object = {}, client: object = {}): Promise<OAuthConnector & { clientId: string }> {
  count += 1;
  const clientId = `client:${count}+%/&`;
  const made = await oauthConnector(
    server.ask,
    { name: `Drive ${count}`, scopes: ['files.read', 'files.write'], allowedHosts: [api.host] },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId,
        clientSecret: SECRET,
        authorizationUrl: `${oidc.url}/auth`,
        tokenUrl: `${oidc.url}/token`,
        revokeTokenUrl: `${oidc.url}/token/revocation`,
        scopeDelimiter: ' ',
        ...config,
      },
    },
  );
  oidc.register({
    client_id: clientId,
    client_secret: SECRET,
    redirect_uris: [made.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
    ...client,
  });
  return { ...made, clientId };
}

const clientCredentials = {
  config: {
    grantType: 'CLIENT_CREDENTIALS',
    authorizationUrl: undefined,
    revokeTokenUrl: undefined,
  },
  client: {
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: 'files.read files.write',
  },
};

/** From the start page to the consent page of the provider. */
async function toConsent(connectionId: string) {
  const flow = await begin(server.ask, connectionId);
  const person = new Person();
  const page = await person.press(await person.visit(linkIn(flow)));
  return { flow, person, page };
}

const ours = (url: URL) => url.pathname.startsWith('/authorization/callback/');

/** A journey whose way back the test changes. */
async function journey(connectionId: string, changed: (callback: URL) => void = () => undefined) {
  const { flow, person, page } = await toConsent(connectionId);
  const callback = new URL((await person.consent(page, { stopBefore: ours })).url);
  changed(callback);
  return { page: await person.visit(callback.href), flow: await flowOf(server.ask, flow.id) };
}

/** The token that invokeUrl sends. */
async function tokenSent(connectionId: string): Promise<string> {
  await invoke(server.ask, connectionId, `${api.url}/files`);
  return /^Bearer (.+)$/.exec(api.received.at(-1)?.headers.authorization ?? '')?.[1] ?? '';
}

const expectPage = ({ status, body }: Seen, expected: number, words: string) => {
  expect(body).toContain(words);
  expect(status).toBe(expected);
};

describe('the code grant brings a token that the provider knows', () => {
  test.each<[string, object, object, { sent: string[]; notSent: string[]; basic: boolean }]>([
    [
      'with PKCE on the plain code grant',
      {},
      {},
      { sent: ['code_verifier', 'client_secret', 'client_id'], notSent: [], basic: false },
    ],
    [
      'without PKCE, for a provider that refuses it',
      { sendPkce: false },
      {},
      { sent: ['client_secret'], notSent: ['code_verifier'], basic: false },
    ],
    [
      'with PKCE as the grant type',
      { grantType: 'AUTHORIZATION_CODE_WITH_PKCE' },
      {},
      { sent: ['code_verifier', 'client_secret'], notSent: [], basic: false },
    ],
    [
      'with PKCE as the grant type, whatever sendPkce says',
      { grantType: 'AUTHORIZATION_CODE_WITH_PKCE', sendPkce: false },
      {},
      { sent: ['code_verifier'], notSent: [], basic: false },
    ],
    [
      'for a public client, without a secret',
      { grantType: 'AUTHORIZATION_CODE_WITH_PKCE', clientSecret: null },
      { client_secret: undefined, token_endpoint_auth_method: 'none' },
      { sent: ['client_id', 'code_verifier'], notSent: ['client_secret'], basic: false },
    ],
    [
      'with the secret in the Authorization header only',
      { clientAuthentication: 'CLIENT_SECRET_BASIC' },
      { token_endpoint_auth_method: 'client_secret_basic' },
      { sent: ['code_verifier'], notSent: ['client_secret', 'client_id'], basic: true },
    ],
  ])('%s', async (_name, config, client, { sent, notSent, basic }) => {
    const connector = await connectorFor(config, client);
    const connection = await newConnection(server.ask, connector);
    const { page, flow } = await journey(connection);
    expectPage(page, 200, 'Connected');
    expect(flow).toMatchObject({ status: 'AUTHORIZED', error: null, authorizationUrl: null });

    const { form, authorization } = oidc.asked.at(-1)!;
    expect(form.get('redirect_uri')).toBe(connector.redirectUri);
    expect(sent.filter((name) => !form.get(name))).toEqual([]);
    expect(notSent.filter((name) => form.has(name))).toEqual([]);
    expect(authorization?.startsWith('Basic ') ?? false).toBe(basic);

    const kept = oidc.store.get('AccessToken', await tokenSent(connection));
    expect(kept).toMatchObject({ clientId: connector.clientId, scope: 'files.read files.write', accountId: 'alice' });
    expect(await grantsOf(server.ask, connection)).toMatchObject([
      {
        status: 'CONNECTED',
        grantedScopes: ['files.read', 'files.write'],
        health: { state: 'OK', remedy: 'NONE' },
      },
    ]);
  });
});

test('the expiry of a grant is the one the provider gave', async () => {
  const connection = await newConnection(server.ask, await connectorFor());
  const before = Date.now();
  await journey(connection);
  const [grant] = await grantsOf(server.ask, connection);
  const lifetime = Date.parse(grant?.expiresAt ?? '') - 3600 * 1000;
  expect(lifetime).toBeGreaterThanOrEqual(before);
  expect(lifetime).toBeLessThanOrEqual(Date.now());
});

describe('a client secret that the provider does not know', () => {
  test.each([
    ['CLIENT_SECRET_POST', 'client_secret_post'],
    ['CLIENT_SECRET_BASIC', 'client_secret_basic'],
  ])('ends the flow without a grant (%s)', async (clientAuthentication, token_endpoint_auth_method) => {
    const connector = await connectorFor({ clientAuthentication }, { token_endpoint_auth_method, client_secret: 'x' });
    const connection = await newConnection(server.ask, connector);
    const { page, flow } = await journey(connection);
    expectPage(page, 400, 'That did not work');
    expect(flow).toMatchObject({
      status: 'FAILED',
      error: { code: 'PROVIDER_REFUSED', providerError: 'invalid_client' },
    });
    expect(flow.error?.providerErrorDescription).toBeTruthy();
    expect(await grantsOf(server.ask, connection)).toEqual([]);
  });

  test('is told at once with client credentials', async () => {
    const { config, client } = clientCredentials;
    const connector = await connectorFor(config, { ...client, client_secret: 'x' });
    const connection = await newConnection(server.ask, connector);
    const { connectionAuthorize } = await dataOf(authorizing(server.ask, connection));
    expect(connectionAuthorize).toMatchObject({
      flow: null,
      userErrors: [
        {
          __typename: 'ProviderError',
          code: 'PROVIDER_ERROR',
          path: ['connection'],
          providerError: 'invalid_client',
          httpStatus: 401,
        },
      ],
    });
    expect(await grantsOf(server.ask, connection)).toEqual([]);
  });
});

describe('client credentials', () => {
  test.each([
    ['CLIENT_SECRET_POST', 'client_secret_post'],
    ['CLIENT_SECRET_BASIC', 'client_secret_basic'],
  ])('are obtained without a person (%s)', async (clientAuthentication, token_endpoint_auth_method) => {
    const connector = await connectorFor(
      { ...clientCredentials.config, clientAuthentication },
      { ...clientCredentials.client, token_endpoint_auth_method },
    );
    const connection = await newConnection(server.ask, connector, { scopeIds: [connector.scopeIds[0]] });
    const flow = await begin(server.ask, connection);
    expect(flow).toMatchObject({ status: 'AUTHORIZED', authorizationUrl: null, error: null });
    expect(oidc.store.get('ClientCredentials', await tokenSent(connection))).toMatchObject({
      clientId: connector.clientId,
      scope: 'files.read',
    });
    expect(await grantsOf(server.ask, connection)).toMatchObject([{ grantedScopes: ['files.read'] }]);
  });

  test('refuse a returnTo, because nobody is sent anywhere', async () => {
    const connector = await connectorFor(clientCredentials.config, clientCredentials.client);
    const connection = await newConnection(server.ask, connector);
    const { connectionAuthorize } = await dataOf(
      authorizing(server.ask, connection, { returnTo: 'https://app.example.com/' }),
    );
    expect(connectionAuthorize.userErrors).toMatchObject([{ code: 'NOT_ACCEPTED', path: ['returnTo'] }]);
  });
});

const refresh = async (id: string) => {
  const query = 'mutation ($id: ID!) { connectionRefresh(id: $id) { userErrors { code providerError: __typename } } }';
  return (await dataOf(server.ask(query, { id }))).connectionRefresh.userErrors;
};

test('a refresh token that the provider rotates is replaced each time', async () => {
  const connection = await newConnection(server.ask, await connectorFor());
  await journey(connection);
  const tokens = [await tokenSent(connection)];
  const asked = oidc.asked.length;
  for (const _ of [1, 2]) {
    expect(await refresh(connection)).toEqual([]);
    tokens.push(await tokenSent(connection));
  }
  const forms = oidc.asked.slice(asked).map(({ form }) => form);
  expect(forms.map((form) => form.get('grant_type'))).toEqual(['refresh_token', 'refresh_token']);
  expect(new Set(forms.map((form) => form.get('refresh_token'))).size).toBe(2);
  // A refresh token used twice would have made the provider end the grant: the last token lives.
  expect(new Set(tokens).size).toBe(3);
  expect(oidc.store.get('AccessToken', tokens[2] ?? '')).toBeDefined();
});

test('a revocation is told to the provider, which forgets the grant', async () => {
  const connection = await newConnection(server.ask, await connectorFor());
  await journey(connection);
  const token = await tokenSent(connection);
  expect(oidc.store.get('AccessToken', token)).toBeDefined();
  const query =
    'mutation ($id: ID!) { connectionRevoke(id: $id) { connection { status } remoteRevoked userErrors { code } } }';
  expect((await dataOf(server.ask(query, { id: connection }))).connectionRevoke).toEqual({
    connection: { status: 'REVOKED' },
    remoteRevoked: true,
    userErrors: [],
  });
  expect(oidc.store.get('AccessToken', token)).toBeUndefined();
});

test('a person who declines ends the flow as DENIED, without a grant', async () => {
  const connection = await newConnection(server.ask, await connectorFor());
  const { flow, person, page } = await toConsent(connection);
  expectPage(await person.decline(page), 400, 'Not connected');
  expect(await flowOf(server.ask, flow.id)).toMatchObject({
    status: 'DENIED',
    error: {
      code: 'DENIED',
      providerError: 'access_denied',
      providerErrorDescription: 'End-User aborted interaction',
    },
  });
  expect(await grantsOf(server.ask, connection)).toEqual([]);
});

test('a code that has expired ends the flow without a grant', async () => {
  const connection = await newConnection(server.ask, await connectorFor());
  const { page, flow } = await journey(connection, () => oidc.expireCodes());
  expectPage(page, 400, 'That did not work');
  expect(flow).toMatchObject({ status: 'FAILED', error: { code: 'PROVIDER_REFUSED', providerError: 'invalid_grant' } });
  expect(await grantsOf(server.ask, connection)).toEqual([]);
});

test('a code of another flow does not serve this one', async () => {
  const connector = await connectorFor();
  const [mine, other] = [await newConnection(server.ask, connector), await newConnection(server.ask, connector)];
  let stolen = '';
  await journey(other, (callback) => {
    stolen = callback.searchParams.get('code') ?? '';
    callback.searchParams.set('code', 'nothing');
  });
  const { flow } = await journey(mine, (callback) => callback.searchParams.set('code', stolen));
  expect(flow).toMatchObject({ status: 'FAILED', error: { code: 'PROVIDER_REFUSED', providerError: 'invalid_grant' } });
  expect([...(await grantsOf(server.ask, mine)), ...(await grantsOf(server.ask, other))]).toEqual([]);
});

test('the scopes that were granted are recorded, and health names those that were not', async () => {
  const connection = await newConnection(server.ask, await connectorFor());
  const { person, page } = await toConsent(connection);
  expectPage(await person.consent(page, { only: ['files.read'] }), 200, 'Connected');
  expect(await grantsOf(server.ask, connection)).toMatchObject([
    {
      status: 'CONNECTED',
      grantedScopes: ['files.read'],
      health: { state: 'DEGRADED', reason: expect.stringContaining('files.write'), remedy: 'REAUTHORIZE' },
    },
  ]);
});

describe('the issuer that comes back (RFC 9207)', () => {
  const right = () => ({ issuer: oidc.url });
  const other = 'https://other.example.com';
  test.each<[string, () => object, (callback: URL) => void, boolean]>([
    ['right', right, () => undefined, true],
    ['right and promised', () => ({ ...right(), issuerPromised: true }), () => undefined, true],
    ['sent, but not configured', () => ({}), () => undefined, true],
    [
      'sent by somebody else, but not configured',
      () => ({}),
      ({ searchParams }) => searchParams.set('iss', other),
      true,
    ],
    ['missing, and not promised', right, ({ searchParams }) => searchParams.delete('iss'), true],
    [
      'missing, although promised',
      () => ({ ...right(), issuerPromised: true }),
      ({ searchParams }) => searchParams.delete('iss'),
      false,
    ],
    ['of another provider', right, ({ searchParams }) => searchParams.set('iss', other), false],
    ['with a slash more', right, ({ searchParams }) => searchParams.set('iss', `${oidc.url}/`), false],
    ['empty', right, ({ searchParams }) => searchParams.set('iss', ''), false],
    ['given twice', right, ({ searchParams }) => searchParams.append('iss', oidc.url), false],
    ['another than the configured one', () => ({ issuer: other }), () => undefined, false],
  ])('%s', async (_name, config, change, isAccepted) => {
    const connection = await newConnection(server.ask, await connectorFor(config()));
    const asked = oidc.asked.length;
    const { flow } = await journey(connection, change);
    expect(flow).toMatchObject(
      isAccepted ? { status: 'AUTHORIZED' } : { status: 'FAILED', error: { code: 'PROVIDER_ANSWER_UNUSABLE' } },
    );
    expect((await grantsOf(server.ask, connection)).length).toBe(isAccepted ? 1 : 0);
    // The code goes to nobody whose name is in doubt.
    expect(oidc.asked.length - asked).toBe(isAccepted ? 1 : 0);
  });

  test('is compared before an error is believed', async () => {
    const connection = await newConnection(server.ask, await connectorFor(right()));
    const { flow } = await journey(connection, ({ searchParams }) => {
      searchParams.delete('code');
      searchParams.set('error', 'access_denied');
      searchParams.set('iss', other);
    });
    expect(flow).toMatchObject({ status: 'FAILED', error: { code: 'PROVIDER_ANSWER_UNUSABLE', providerError: null } });
  });
});
