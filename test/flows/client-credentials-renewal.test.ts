/** Client credentials renew by themselves: the same request again, with the same promises as a refresh. */
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { clockAt } from '../support/clock';
import { begin } from '../support/oauth';
import type { TestServer } from '../support/server';
import { call, clientCredentials, conditionOf, connectionAt, refresh, startUnsweptServer, stateOf } from './grants';

const clock = clockAt('2030-01-01T00:00:00.000Z');
let server: TestServer;
let provider: TokenServer;

beforeAll(async () => {
  server = await startUnsweptServer({ now: clock.now });
});
afterAll(() => server.remove());
beforeEach(async () => {
  provider = await startTokenServer();
});
afterEach(() => provider.close());

/** A connection that is authorized without a person; gives its id. */
async function connected({ scopes, more = {} }: { scopes?: readonly string[]; more?: object } = {}): Promise<string> {
  const id = await connectionAt(server.ask, provider, { authConfig: clientCredentials(provider, more), scopes });
  expect((await begin(server.ask, id)).status).toBe('AUTHORIZED');
  return id;
}

test('calls on an expired token make one request for a new one, like the first, and succeed with it', async () => {
  const tokenParameters = [{ name: 'audience', value: 'the api' }];
  const id = await connected({ scopes: ['read', 'write'], more: { tokenParameters, scopeDelimiter: ' ' } });
  clock.pass(3600);
  const calls = await Promise.all(Array.from({ length: 100 }, () => call(server.ask, id, provider)));
  expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(provider.called)).toEqual(new Set([provider.latest()]));
  expect(provider.asked).toHaveLength(2);
  const [first, second] = provider.asked.map(({ path, form }) => [path, Object.fromEntries(form)]);
  expect(second).toEqual(first);
  expect(second).toEqual([
    '/token',
    {
      grant_type: 'client_credentials',
      scope: 'read write',
      audience: 'the api',
      client_id: 'client-of-tests',
      client_secret: 'secret-of-the-client',
    },
  ]);
  expect(await conditionOf(server.ask, id)).toMatchObject({ health: 'OK NONE', expiresAt: clock.in(3600) });
});

test('a new token is asked for at the token URL: the refresh URL is for refresh tokens', async () => {
  const id = await connected({ more: { refreshTokenUrl: `${provider.url}/token/again` } });
  await refresh(server.ask, id);
  expect(provider.asked.map(({ path }) => path)).toEqual(['/token', '/token']);
});

test('without expires_in they live as long as the connector says', async () => {
  provider.settings.expiresIn = null;
  const id = await connected({ more: { expiryTime: 900 } });
  expect((await conditionOf(server.ask, id)).expiresAt).toBe(clock.in(900));
  clock.pass(900);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect((await conditionOf(server.ask, id)).expiresAt).toBe(clock.in(900));
});

test('a 401 of the API makes one request for a new token and one retry', async () => {
  const id = await connected();
  const old = provider.latest();
  provider.forgetAccessTokens();
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.called).toEqual([old, provider.latest()]);
  expect(provider.asked).toHaveLength(2);
});

test.each([
  ['invalid_client', 401, 'CONNECTED DEGRADED FIX_CONFIGURATION'],
  ['oops', 500, 'CONNECTED DEGRADED WAIT'],
])('trouble (%s) keeps the grant and is told, and a later try mends it', async (error, status, state) => {
  const id = await connected();
  clock.pass(3600);
  provider.answer({ renewal: (_asked, response) => response.writeHead(status).end(JSON.stringify({ error })) });
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['PROVIDER_ERROR'] });
  expect(await stateOf(server.ask, id)).toBe(state);
  provider.answer();
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['PROVIDER_ERROR'] });
  expect(provider.asked).toHaveLength(2);
  clock.pass(5);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
});
