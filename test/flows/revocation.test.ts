/** Giving grants back: the provider is told, whether it listens or not they are forgotten here, and nothing comes back to life. */
import { Grants } from '../../src/connections/grants';
import { startOidc } from '../peers/oidc';
import { Person } from '../peers/person';
import type { Answerer } from '../peers/token-server';
import { newConnection, oauthConnector, startLink } from '../support/oauth';
import { dataOf } from '../support/server';
import { connected } from '../support/story';
import {
  authorizeByPerson,
  call,
  clientCredentials,
  codeGrant,
  conditionOf,
  connectedAt,
  connectionAt,
  eventsOf,
  exists,
  remove,
  revoke,
  rowOf,
  stateOf,
} from './grants';
import { provider, provideServers, server } from './provided';

provideServers();

const withRevokeUrl = (more: object = {}) => codeGrant(provider, { revokeTokenUrl: `${provider.url}/revoke`, ...more });

/** A connection whose connector has a revoke URL, authorized; gives its id. */
const revocable = () => connectedAt(server.ask, provider, { authConfig: withRevokeUrl() });

const revokedTokens = () => provider.revocations.map(({ form }) => form.get('token'));

const revoked = (remoteRevoked: boolean | null) => ({
  connection: { status: 'REVOKED' },
  remoteRevoked,
  userErrors: [],
});

async function expectForgotten(id: string) {
  expect(await stateOf(server.ask, id)).toBe('REVOKED BROKEN AUTHORIZE');
  expect(await rowOf(server, id)).toMatchObject({ credentials: null, leaseUntil: null });
  expect(await conditionOf(server.ask, id)).toMatchObject({ expiresAt: null, nextRefreshAt: null });
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
}

test('at an oidc-provider the tokens are really dead (RFC 7009)', async () => {
  const oidc = await startOidc();
  const connector = await oauthConnector(
    server.ask,
    { name: 'Certified', scopes: ['openid', 'offline_access'], allowedHosts: [] },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'grapnel',
        clientSecret: 'secret-at-the-provider',
        authorizationUrl: `${oidc.url}/auth?prompt=consent`,
        tokenUrl: `${oidc.url}/token`,
        revokeTokenUrl: `${oidc.url}/token/revocation`,
        scopeDelimiter: ' ',
      },
    },
  );
  oidc.register({
    client_id: 'grapnel',
    client_secret: 'secret-at-the-provider',
    redirect_uris: [connector.redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'client_secret_post',
  });
  const id = await newConnection(server.ask, connector);
  const person = new Person();
  await person.consent(await person.press(await person.visit(await startLink(server.ask, id))));
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
  expect([oidc.store.all('AccessToken'), oidc.store.all('RefreshToken')].map(({ length }) => length)).toEqual([1, 1]);

  expect(await revoke(server.ask, id)).toEqual(revoked(true));
  expect([...oidc.store.all('AccessToken'), ...oidc.store.all('RefreshToken'), ...oidc.store.all('Grant')]).toEqual([]);
  await expectForgotten(id);
  await oidc.close();
});

test.each([
  ['in the form', 'CLIENT_SECRET_POST', undefined, 'secret-of-the-client'],
  ['as Basic', 'CLIENT_SECRET_BASIC', 'client-of-tests:secret-of-the-client', null],
])('the refresh token is given back, with client authentication %s', async (_name, method, authorization, secret) => {
  const authConfig = withRevokeUrl({ clientAuthentication: method });
  const id = await connectedAt(server.ask, provider, { authConfig });
  const events = eventsOf(id);
  expect(await revoke(server.ask, id)).toEqual(revoked(true));
  const [{ form, authorization: sent } = { form: new URLSearchParams() }] = provider.revocations;
  expect(form.get('token')).toMatch(/^rt_/);
  expect(form.get('client_secret')).toBe(secret);
  const basic = sent && Buffer.from(sent.replace(/^Basic /, ''), 'base64').toString();
  expect(basic && decodeURIComponent(basic)).toBe(authorization);
  expect(provider.revocations).toHaveLength(1);
  expect(provider.isAlive(provider.latest())).toBe(false);
  expect(events.kinds).toEqual(['REVOKED']);
  await expectForgotten(id);
});

test('without a refresh token the access token is given back', async () => {
  provider.settings.givesRefreshToken = false;
  const id = await revocable();
  expect(await revoke(server.ask, id)).toEqual(revoked(true));
  expect(revokedTokens()).toEqual([provider.latest()]);
});

test('a provider that refuses RFC 7009 is asked the older way, by the token itself', async () => {
  const id = await revocable();
  provider.answer({
    revoke: ({ authorization }, response) =>
      response.writeHead(authorization === `Bearer ${provider.latest()}` ? 200 : 400).end(),
  });
  expect(await revoke(server.ask, id)).toEqual(revoked(true));
  expect(provider.revocations).toHaveLength(2);
  await expectForgotten(id);
});

const down: Answerer = (_asked, response) => response.destroy();
const refusing: Answerer = (_asked, response) => response.writeHead(400).end('{"error":"unsupported_token_type"}');
const broken: Answerer = (_asked, response) => response.writeHead(503).end();
const redirecting: Answerer = (_asked, response) => response.writeHead(302, { location: '/' }).end();

test.each([
  ['is down', down],
  ['refuses', refusing],
  ['is in trouble', broken],
  ['sends elsewhere', redirecting],
])('a provider that %s is told of, and the grant is forgotten all the same', async (_name, answer) => {
  const [one, other] = [await revocable(), await revocable()];
  provider.answer({ revoke: answer });
  expect(await revoke(server.ask, one)).toEqual(revoked(false));
  await expectForgotten(one);
  expect(await remove(server.ask, other)).toEqual({ deletedId: other, remoteRevoked: false, userErrors: [] });
  expect(await exists(server.ask, other)).toBe(false);
});

test('an error of our own keeps nobody from forgetting either', async () => {
  const id = await revocable();
  jest.spyOn(Grants.prototype, 'open').mockImplementation(() => {
    throw new Error('the key is gone');
  });
  expect(await revoke(server.ask, id)).toEqual(revoked(false));
  expect(await remove(server.ask, id)).toEqual({ deletedId: id, remoteRevoked: null, userErrors: [] });
  expect(server.logLines.join()).toContain('the key is gone');
});

test('where there is no revoke URL, nobody is told, and the answer says so', async () => {
  const person = await connectedAt(server.ask, provider);
  expect(await revoke(server.ask, person)).toEqual(revoked(null));
  const machine = await connectionAt(server.ask, provider, { authConfig: clientCredentials(provider) });
  await dataOf(
    server.ask(`mutation { connectionAuthorize(input: { connection: { id: "${machine}" } }) { flow { id } } }`),
  );
  expect(await revoke(server.ask, machine)).toEqual(revoked(null));
  const fixed = await connected(server.ask, 'bearerToken', provider.host);
  expect(await revoke(server.ask, fixed)).toEqual(revoked(null));
  expect(provider.revocations).toEqual([]);
});

test('delete revokes first, then forgets everything', async () => {
  const id = await revocable();
  const seen: boolean[] = [];
  provider.answer({
    async revoke(_asked, _response, usual) {
      seen.push(await exists(server.ask, id));
      usual();
    },
  });
  expect(await remove(server.ask, id)).toEqual({ deletedId: id, remoteRevoked: true, userErrors: [] });
  expect(seen).toEqual([true]);
  expect(await exists(server.ask, id)).toBe(false);
  expect(await rowOf(server, id)).toBeUndefined();
});

test('of several users one is revoked, then all that are left', async () => {
  const connection = { authorizationLevel: 'LOGGED_IN_USER' };
  const id = await connectionAt(server.ask, provider, { authConfig: withRevokeUrl(), connection });
  for (const userId of ['anna', 'bert', 'cleo']) await authorizeByPerson(server.ask, id, { userId });
  expect(await revoke(server.ask, id, 'bert')).toMatchObject({
    connection: { status: 'CONNECTED' },
    remoteRevoked: true,
  });
  expect(provider.revocations).toHaveLength(1);
  expect(await call(server.ask, id, provider, { userId: 'anna' })).toMatchObject({ status: 200 });
  expect(await call(server.ask, id, provider, { userId: 'bert' })).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  // The next is refused, both ways.
  provider.answer({
    revoke: ({ form }, response, usual) =>
      provider.revocations.length === 2 || !form.has('token') ? response.writeHead(400).end() : usual(),
  });
  expect(await revoke(server.ask, id)).toEqual(revoked(false));
  expect(new Set(revokedTokens().filter((token) => token !== null)).size).toBe(3);
  for (const userId of ['anna', 'cleo'])
    expect(await call(server.ask, id, provider, { userId })).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
});

test('what is revoked is not revoked again, and can be authorized anew: the same grant', async () => {
  const id = await revocable();
  const { grantId } = await conditionOf(server.ask, id);
  await revoke(server.ask, id);
  expect(await revoke(server.ask, id)).toEqual({
    connection: null,
    remoteRevoked: null,
    userErrors: [{ code: 'NOT_AUTHORIZED', path: ['id'] }],
  });
  expect(provider.revocations).toHaveLength(1);
  await authorizeByPerson(server.ask, id);
  expect(await conditionOf(server.ask, id)).toMatchObject({ grantId, status: 'CONNECTED', health: 'OK NONE' });
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
});
