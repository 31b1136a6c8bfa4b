/** When the API answers 401: at most one refresh and one retry, for requests safe to repeat; everything else is data. */
import type { Answerer } from '../peers/token-server';
import { startPeerApi } from '../support/peer-api';
import { connected } from '../support/story';
import { authorizeByPerson, call, conditionOf, connectedAt, connectionAt, eventsOf, refresh, stateOf } from './grants';
import { clock, provider, provideServers, server } from './provided';

provideServers();

const refusing: Answerer = (_asked, response) => response.writeHead(401).end();
const unavailable: Answerer = (_asked, response) => response.writeHead(500).end();

test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('%s is sent once more with a new token', async (method) => {
  const id = await connectedAt(server.ask, provider);
  const events = eventsOf(id);
  const old = provider.latest();
  provider.forgetAccessTokens();
  const body = method === 'PUT' ? { body: { form: [{ name: 'a', value: 'b' }] } } : {};
  const bodies: string[] = [];
  provider.answer({
    api(asked, _response, usual) {
      bodies.push(`${asked.method} ${asked.form}`);
      usual();
    },
  });
  expect(await call(server.ask, id, provider, { method, ...body })).toMatchObject({ status: 200, codes: [] });
  expect(provider.called).toEqual([old, provider.latest()]);
  expect(bodies[1]).toBe(bodies[0]);
  expect(provider.renewals()).toHaveLength(1);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
  expect(events.kinds).toEqual([]);
});

test.each(['POST', 'PATCH'])('%s is not sent again, and nothing is refreshed; health tells it', async (method) => {
  const id = await connectedAt(server.ask, provider);
  const events = eventsOf(id);
  provider.forgetAccessTokens();
  expect(await call(server.ask, id, provider, { method })).toMatchObject({ status: 401, codes: [] });
  expect(provider.called).toHaveLength(1);
  expect(provider.renewals()).toEqual([]);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED REAUTHORIZE');
  expect(events.kinds).toEqual(['TROUBLED']);
});

test.each([400, 403, 404, 429, 500])('the status %i is data and makes no refresh', async (status) => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ api: (_asked, response) => response.writeHead(status).end() });
  expect(await call(server.ask, id, provider)).toMatchObject({ status, codes: [] });
  expect(provider.called).toHaveLength(1);
  expect(provider.renewals()).toEqual([]);
});

test('a second 401 is answered as data; further calls refresh no more until something has changed', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ api: refusing });
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 401, codes: [] });
  expect(provider.called).toHaveLength(2);
  expect(provider.renewals()).toHaveLength(1);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED REAUTHORIZE');

  for (const method of ['GET', 'POST', 'GET']) await call(server.ask, id, provider, { method });
  expect(provider.called).toHaveLength(5);
  expect(provider.renewals()).toHaveLength(1);

  // The API takes them again: that is well, and a later 401 is a new one.
  provider.answer();
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
  provider.forgetAccessTokens();
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.renewals()).toHaveLength(2);
});

test('new credentials, however they came, are renewed once again after a 401', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ api: refusing });
  await call(server.ask, id, provider);
  for (const renew of [() => refresh(server.ask, id), () => authorizeByPerson(server.ask, id)]) {
    await renew();
    const before = provider.renewals().length;
    await call(server.ask, id, provider);
    await call(server.ask, id, provider);
    expect(provider.renewals()).toHaveLength(before + 1);
  }
});

test('concurrent 401s make one refresh, and every call is sent once more', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.forgetAccessTokens();
  const calls = 50;
  // All of them get their 401 before any is sent again.
  const held: (() => void)[] = [];
  provider.answer({
    api(_asked, _response, usual) {
      held.push(usual);
      if (held.length === calls) for (const release of held) release();
      if (held.length > calls) usual();
    },
  });
  const answers = await Promise.all(Array.from({ length: calls }, () => call(server.ask, id, provider)));
  expect(answers.map(({ status }) => status)).toEqual(Array(calls).fill(200));
  expect(provider.renewals()).toHaveLength(1);
  expect(provider.called).toHaveLength(2 * calls);
});

test('when the refresh is refused for good, the 401 is answered, and the connection needs attention', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({
    api: refusing,
    renewal: (_asked, response) => response.writeHead(400).end('{"error":"invalid_grant"}'),
  });
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 401, codes: [] });
  expect(await stateOf(server.ask, id)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
  expect(provider.called).toHaveLength(1);
});

test('when the provider is in trouble, the 401 is answered, and the provider is left alone until the next try', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ api: refusing, renewal: unavailable });
  for (let times = 0; times < 3; times++)
    expect(await call(server.ask, id, provider)).toMatchObject({ status: 401, codes: [] });
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED WAIT');
  expect(provider.renewals()).toHaveLength(1);

  const { nextRefreshAt } = await conditionOf(server.ask, id);
  clock.pass((Date.parse(nextRefreshAt ?? '') - clock.now().getTime()) / 1000);
  provider.answer();
  provider.forgetAccessTokens();
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.renewals()).toHaveLength(2);
});

test('what a call with an old token met does not blame the new one', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.forgetAccessTokens();
  provider.answer({
    // Meanwhile somebody has the token renewed.
    api: (asked, _response, usual) => void (asked.method === 'POST' ? refresh(server.ask, id).then(usual) : usual()),
  });
  const old = provider.called.length;
  expect(await call(server.ask, id, provider, { method: 'POST' })).toMatchObject({ status: 401 });
  expect(provider.called).toHaveLength(old + 1);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
});

test('without a refresh token a 401 is data', async () => {
  provider.settings.givesRefreshToken = false;
  const id = await connectedAt(server.ask, provider);
  provider.forgetAccessTokens();
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 401, codes: [] });
  expect(provider.called).toHaveLength(1);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED REAUTHORIZE');
});

test.each(['basic', 'apiKey', 'bearerToken', 'aws'] as const)('%s is unaffected: a 401 is data', async (type) => {
  const api = await startPeerApi();
  api.answer((_received, response) => response.writeHead(401).end());
  const id = await connected(server.ask, type, api.host);
  expect(await call(server.ask, id, api)).toMatchObject({ status: 401, codes: [] });
  expect(api.received).toHaveLength(1);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED REAUTHORIZE');
  await api.close();
});

test('each user of a connection has credentials of their own to renew', async () => {
  const id = await connectionAt(server.ask, provider, { connection: { authorizationLevel: 'LOGGED_IN_USER' } });
  await authorizeByPerson(server.ask, id, { userId: 'anna' });
  const annas = provider.latest();
  await authorizeByPerson(server.ask, id, { userId: 'bert' });
  const berts = provider.latest();
  provider.forgetAccessTokens();
  expect(await call(server.ask, id, provider, { userId: 'bert' })).toMatchObject({ status: 200 });
  expect(provider.called).toEqual([berts, provider.latest()]);
  expect(await call(server.ask, id, provider, { userId: 'anna' })).toMatchObject({ status: 200 });
  expect(provider.called.slice(2)).toEqual([annas, provider.latest()]);
  expect(provider.renewals()).toHaveLength(2);
});
