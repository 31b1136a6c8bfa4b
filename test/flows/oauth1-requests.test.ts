/** What OAuth 1 sends to a provider, how it gives tokens back, and what of it is kept secret. */
import { words } from '../../src/auth-types/provider-failure';
import { Verifier } from '../peers/oauth1-verifier';
import type { Answerer } from '../support/peer-api';
import { dataOf } from '../support/server';
import { SECRETS, StandIn, says, TEMPORARY, TOKENS, VERIFIER } from './oauth1-stand-in';
import { CONSUMER_KEY, CONSUMER_SECRET, everythingKept, flowOf } from './oauth1-steps';

let standIn: StandIn;
beforeAll(async () => {
  standIn = await StandIn.start();
});
afterAll(() => standIn.close());

describe('what is sent', () => {
  test('carries its own query, the variables of the connection, and signatures that hold', async () => {
    const fields = [
      { name: 'tenant', label: 'Tenant' },
      { name: 'region', label: 'Region', secret: true },
    ];
    const base = `${standIn.url}/{tenant}`;
    const tenant = '/M%C3%BCller%20%26%20Co%2F1';
    const region = 'region=eu%3Dwest%2B1';
    standIn.answers({
      [`${tenant}/initiate`]: says(TEMPORARY),
      [`${tenant}/token`]: says(TOKENS),
      [`${tenant}/authorize`]: says('Consent?'),
    });
    const { connection, redirectUri } = await standIn.connect({
      config: {
        requestTokenUrl: `${base}/initiate?region={region}&a=1`,
        authorizationUrl: `${base}/authorize?region={region}`,
        tokenUrl: `${base}/token?region={region}`,
        revokeTokenUrl: `${base}/revoke?region={region}`,
        signatureMethod: 'HMAC_SHA256',
      },
      fields,
      variables: [
        { name: 'tenant', value: 'Müller & Co/1' },
        { name: 'region', value: 'eu=west+1' },
      ],
    });
    const { flow } = await standIn.attempt(connection);
    expect(await flowOf(standIn.ask, flow)).toEqual({ status: 'AUTHORIZED', error: null });
    const revoke = 'mutation ($id: ID!) { connectionRevoke(id: $id) { remoteRevoked } }';
    await dataOf(standIn.ask(revoke, { id: connection }));

    expect(standIn.peer.received.map(({ method, target }) => `${method} ${target}`)).toEqual([
      `POST ${tenant}/initiate?${region}&a=1`,
      `GET ${tenant}/authorize?${region}&oauth_token=temporary%20token`,
      `POST ${tenant}/token?${region}`,
      `POST ${tenant}/revoke?${region}`,
    ]);
    const verifier = new Verifier();
    verifier.clients.set(CONSUMER_KEY, CONSUMER_SECRET);
    const secrets = new Map([
      ['', ''],
      ['temporary token', 'temporary secret/1'],
      ['the token', 'the secret/2'],
    ]);
    const signed = standIn.peer.received.filter(({ method }) => method === 'POST');
    const checked = signed.map(({ method, target, body, headers }) =>
      verifier.check(
        [`${standIn.url}${target}`, method, body.toString(), headers as Record<string, string>],
        (_client, token) => secrets.get(token),
      ),
    );
    expect(checked.map(({ accepted, of }) => [accepted, of('token'), of('verifier'), of('signature_method')])).toEqual([
      [true, '', '', 'HMAC-SHA256'],
      [true, 'temporary token', VERIFIER, 'HMAC-SHA256'],
      [true, 'the token', '', 'HMAC-SHA256'],
    ]);
    expect(new Set(checked.map(({ of }) => of('nonce'))).size).toBe(3);
    expect(checked[0]?.of('callback')).toMatch(new RegExp(`^${redirectUri}\\?state=gt_[A-Za-z0-9_-]{43}$`));
  });
});

describe('giving back', () => {
  test.each<[string, boolean, Answerer, boolean | null]>([
    ['a provider without a place for it is not told', false, says(''), null],
    ['a provider that agrees', true, says('', 204), true],
    ['a provider that refuses', true, says('Who are you?', 401), false],
    ['a provider in trouble', true, says('', 503), false],
    ['a provider that sends elsewhere', true, says('', 302, { location: '/api' }), false],
    ['a provider that is gone', true, (_, response) => void response.destroy(), false],
  ])('%s: forgotten in any case', async (_, hasPlace, answerer, remoteRevoked) => {
    for (const mutation of ['connectionRevoke', 'connectionDelete']) {
      standIn.answers({});
      const revokeTokenUrl = hasPlace ? `${standIn.url}/revoke` : null;
      const { connection } = await standIn.connect({ config: { revokeTokenUrl } });
      await standIn.attempt(connection);
      standIn.answers({ '/revoke': answerer });
      const query = `mutation ($id: ID!) { ${mutation}(id: $id) { remoteRevoked userErrors { code } } }`;
      const payload = (await dataOf(standIn.ask(query, { id: connection })))[mutation];
      expect(payload).toEqual({ remoteRevoked, userErrors: [] });
      expect(standIn.peer.received.map(({ target }) => target)).toEqual(hasPlace ? ['/revoke'] : []);
      const look = 'query ($id: ID!) { connection(by: { id: $id }) { status } }';
      const left = (await dataOf(standIn.ask(look, { id: connection }))).connection;
      expect(left?.status).toBe(mutation === 'connectionRevoke' ? 'REVOKED' : undefined);
    }
  });
});

test('a 401 of the API is handed on: tokens of OAuth 1 cannot be renewed', async () => {
  standIn.answers({ '/api': says('', 401) });
  const { connection } = await standIn.connect();
  await standIn.attempt(connection);
  expect(await standIn.invoke(connection)).toBe(401);
  expect(standIn.received('/api')).toHaveLength(1);
  const query = 'query ($id: ID!) { connection(by: { id: $id }) { status health { state remedy } } }';
  expect((await dataOf(standIn.ask(query, { id: connection }))).connection).toEqual({
    status: 'CONNECTED',
    health: { state: 'DEGRADED', remedy: 'REAUTHORIZE' },
  });
  const refresh = 'mutation ($id: ID!) { connectionRefresh(id: $id) { userErrors { code } } }';
  expect((await dataOf(standIn.ask(refresh, { id: connection }))).connectionRefresh.userErrors).toEqual([
    { code: 'NOT_ACCEPTED' },
  ]);
});

describe('secrets', () => {
  const SECRET_VARIABLE = 'key/of alice';
  const secrets = [CONSUMER_SECRET, SECRET_VARIABLE, ...SECRETS];
  const spellings = secrets.flatMap((secret) => {
    const once = encodeURIComponent(secret);
    return [secret, once, encodeURIComponent(once), secret.replaceAll(' ', '+'), once.replaceAll('%20', '+')];
  });
  const echo: Answerer = ({ headers }, response) =>
    void response.writeHead(403).end(`You said: ${headers.authorization}`);

  test.each(['/initiate', '/token'])('that %s repeats are kept out of the words of the provider', async (path) => {
    standIn.answers({ [path]: echo });
    const { connection } = await standIn.connect();
    const { flow, page } = await standIn.attempt(connection);
    const { status, error } = await flowOf(standIn.ask, flow);
    expect([status, error.providerError]).toEqual(['FAILED', expect.stringContaining('oauth_signature="***')]);
    const told = [error.providerError, page.body].join('\n');
    expect(spellings.filter((spelling) => told.includes(spelling))).toEqual([]);
  });

  test('in the variables of a connection are kept out as well', async () => {
    standIn.answers({ '/initiate': ({ target }, response) => void response.writeHead(400).end(`${target} is wrong.`) });
    const { connection } = await standIn.connect({
      config: { requestTokenUrl: `${standIn.url}/initiate?key={key}` },
      fields: [{ name: 'key', label: 'Key', secret: true }],
      variables: [{ name: 'key', value: SECRET_VARIABLE }],
    });
    const { flow } = await standIn.attempt(connection);
    expect((await flowOf(standIn.ask, flow)).error.providerError).toBe('/initiate?key=*** is wrong.');
  });

  test('that a provider gives with an error take its words with them', async () => {
    standIn.answers({ '/token': says('hello=1&oauth_token=new+token&oauth_token_secret=new%2fsecret', 400) });
    const { connection } = await standIn.connect();
    const { flow } = await standIn.attempt(connection);
    const error = { code: 'PROVIDER_REFUSED', providerError: null, providerErrorDescription: null };
    expect(await flowOf(standIn.ask, flow)).toEqual({ status: 'FAILED', error });
  });

  test('are hidden whole where one begins another', () => {
    expect(words('abcd/efgh or abcd', ['abcd', 'abcd/efgh'])).toBe('*** or ***');
  });

  test('stand readable neither in the database nor in the log', async () => {
    const kept = await everythingKept(standIn.server);
    expect(kept).toContain(CONSUMER_KEY);
    expect(spellings.filter((spelling) => kept.includes(spelling))).toEqual([]);
  });
});
