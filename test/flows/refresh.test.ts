/** Refreshing: once whoever asks, in good time, as the connector says, and for nothing while credentials are fresh. */
import { Refresher } from '../../src/authorization/refresher';
import type { Grant } from '../../src/connections/grant';
import { Usage } from '../../src/connections/usage';
import { Store } from '../../src/storage/store';
import { call, codeGrant, conditionOf, connectedAt, refresh } from './grants';
import { lease } from './processes';
import { clock, provider, provideServers, server } from './provided';

provideServers();

/** How many renewals the provider was asked for while `work` was done. */
async function renewalsDuring(work: () => Promise<unknown>): Promise<number> {
  const before = provider.renewals().length;
  await work();
  return provider.renewals().length - before;
}

const lastRenewal = () => {
  const asked = provider.renewals().at(-1);
  if (!asked) throw new Error('There was no renewal.');
  return asked;
};

test('a thousand concurrent calls on an expired token make one refresh, and all succeed with the new token', async () => {
  const id = await connectedAt(server.ask, provider);
  const expired = provider.latest();
  clock.pass(3600);
  const calls = 1000;
  const waiting = jest.spyOn(Refresher.prototype, 'fresh');
  // The provider answers when all of them wait for it.
  provider.answer({
    renewal: (_asked, _response, usual) => {
      const look = () => (waiting.mock.calls.length >= calls ? usual() : setImmediate(look));
      look();
    },
  });
  const from = provider.called.length;

  const made = await renewalsDuring(async () => {
    const answers = await Promise.all(Array.from({ length: calls }, () => call(server.ask, id, provider)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(calls);
  });

  expect(made).toBe(1);
  expect(provider.called).toHaveLength(from + calls);
  expect(new Set(provider.called.slice(from))).toEqual(new Set([provider.latest()]));
  expect(provider.latest()).not.toBe(expired);
}, 120_000);

test('calls that read the expired token before a refresh and get their turn after it make no other', async () => {
  const id = await connectedAt(server.ask, provider);
  const find = jest.spyOn(Refresher.prototype, 'fresh');
  await call(server.ask, id, provider);
  const [seen] = find.mock.calls[0] as [Grant];
  const [refresher] = find.mock.contexts as [Refresher];
  clock.pass(3600);
  await call(server.ask, id, provider);
  const writes = jest.spyOn(Store.prototype, 'write');
  expect(
    await renewalsDuring(async () => {
      const late = await refresher.fresh(seen);
      expect(late.credentials).not.toBe(seen.credentials);
    }),
  ).toBe(0);
  expect(writes).not.toHaveBeenCalled();
});

test('waiting for another process that refreshes has an end, after which the caller is told to call again', async () => {
  const id = await connectedAt(server.ask, provider);
  const find = jest.spyOn(Refresher.prototype, 'fresh');
  await call(server.ask, id, provider);
  const [[seen], [refresher]] = [find.mock.calls[0], find.mock.contexts] as unknown as [[Grant], [Refresher]];
  clock.pass(3600);
  await lease(server.dataDir, id, clock.now().getTime() + 30_000);
  const start = performance.now();
  jest
    .spyOn(performance, 'now')
    .mockReturnValueOnce(start)
    .mockReturnValue(start + 35_001);
  await expect(refresher.fresh(seen)).rejects.toMatchObject({
    problems: [{ code: 'PROVIDER_ERROR', path: ['connection'] }],
  });
  expect(provider.renewals()).toEqual([]);
});

test('a fresh token costs no lock, no write and no look at the database', async () => {
  const id = await connectedAt(server.ask, provider);
  const fresh = jest.spyOn(Refresher.prototype, 'fresh');
  // When the API last answered is written once a second at most, and not for the sake of the token.
  jest.spyOn(Usage.prototype, 'flush').mockResolvedValue();
  const writes = jest.spyOn(Store.prototype, 'write');
  const calls = () => Promise.all(Array.from({ length: 20 }, () => call(server.ask, id, provider)));
  expect(await renewalsDuring(calls)).toBe(0);
  expect(fresh).toHaveBeenCalledTimes(20);
  expect(writes).not.toHaveBeenCalled();

  const [[grant], [refresher]] = [fresh.mock.calls[0], fresh.mock.contexts] as unknown as [[Grant], [Refresher]];
  const reads = jest.spyOn(Store.prototype, 'read', 'get');
  expect(await refresher.fresh(grant)).toBe(grant);
  expect(reads).not.toHaveBeenCalled();
});

test.each([
  ['an hour', 3600, 3300, 3450],
  ['a minute', 60, 48, 54],
  ['a day', 86_400, 86_100, 86_250],
])('a token that lives %s is refreshed before it expires', async (_name, expiresIn, earliest, latest) => {
  provider.settings.expiresIn = expiresIn;
  const id = await connectedAt(server.ask, provider);
  const { expiresAt, nextRefreshAt } = await conditionOf(server.ask, id);
  expect(expiresAt).toBe(clock.in(expiresIn));
  expect(nextRefreshAt && nextRefreshAt >= clock.in(earliest) && nextRefreshAt <= clock.in(latest)).toBe(true);
});

test('without expires_in a token lives as long as the connector says, after a refresh too', async () => {
  provider.settings.expiresIn = null;
  const id = await connectedAt(server.ask, provider, { authConfig: codeGrant(provider, { expiryTime: 1800 }) });
  expect((await conditionOf(server.ask, id)).expiresAt).toBe(clock.in(1800));
  clock.pass(1800);
  expect(await renewalsDuring(() => call(server.ask, id, provider))).toBe(1);
  expect((await conditionOf(server.ask, id)).expiresAt).toBe(clock.in(1800));
});

test('a response without refresh token keeps the old one; one with another replaces it', async () => {
  provider.settings.rotation = 'KEEP';
  const id = await connectedAt(server.ask, provider);
  const used: (string | null)[] = [];
  for (const rotation of ['KEEP', 'ROTATE', 'ROTATE'] as const) {
    provider.settings.rotation = rotation;
    expect(await refresh(server.ask, id)).toMatchObject({ codes: [] });
    used.push(lastRenewal().form.get('refresh_token'));
  }
  const [first, second, third] = used;
  expect(first).toMatch(/^rt_/);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
});

test.each([
  ['in the form', 'CLIENT_SECRET_POST', undefined, 'secret-of-the-client'],
  ['as Basic', 'CLIENT_SECRET_BASIC', 'client-of-tests:secret-of-the-client', null],
])(
  'a refresh goes to the refresh URL, with client authentication %s and the token parameters',
  async (_name, clientAuthentication, authorization, secret) => {
    const more = {
      clientAuthentication,
      refreshTokenUrl: `${provider.url}/token/refresh`,
      tokenParameters: [{ name: 'audience', value: 'the api' }],
    };
    const id = await connectedAt(server.ask, provider, { authConfig: codeGrant(provider, more), scopes: ['files'] });
    expect(await refresh(server.ask, id)).toMatchObject({ codes: [] });
    const { path, form, authorization: sent } = lastRenewal();
    expect(path).toBe('/token/refresh');
    const basic = sent && Buffer.from(sent.replace(/^Basic /, ''), 'base64').toString();
    expect(basic && decodeURIComponent(basic)).toBe(authorization);
    expect(form.get('client_secret')).toBe(secret);
    expect(form.get('grant_type')).toBe('refresh_token');
    expect(form.get('refresh_token')).toMatch(/^rt_/);
    expect(form.get('audience')).toBe('the api');
    // RFC 6749 section 6: left out, it means what was granted; some providers refuse anything else.
    expect(form.has('scope')).toBe(false);
    expect(provider.asked.at(-2)?.path).toBe('/token');
  },
);

test('connectionRefresh refreshes a token that has not expired, and refuses where there is nothing to refresh', async () => {
  const id = await connectedAt(server.ask, provider);
  const before = provider.latest();
  expect(await renewalsDuring(() => refresh(server.ask, id))).toBe(1);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.called.at(-1)).toBe(provider.latest());
  expect(provider.latest()).not.toBe(before);

  provider.settings.givesRefreshToken = false;
  const other = await connectedAt(server.ask, provider);
  expect(await refresh(server.ask, other)).toMatchObject({ codes: ['NOT_ACCEPTED'] });
});
