/** The scopes that were granted: recorded, compared with those asked for, and told for as long as they differ. */
import { authorizeByPerson, call, conditionOf, connectedAt, connectionAt, eventsOf, refresh } from './grants';
import { clock, provider, provideServers, server } from './provided';

const scopes = ['read', 'write'];
provideServers();

const well = { health: 'OK NONE', grantedScopes: scopes };
const drifted = {
  status: 'CONNECTED',
  health: 'DEGRADED REAUTHORIZE',
  grantedScopes: ['read'],
  reason: expect.stringMatching(/\bwrite\b/),
};

test.each([
  ['says the same', 'read write', well],
  ['says the same in another order', 'write read', { ...well, grantedScopes: ['write', 'read'] }],
  ['does not say', null, well],
  ['grants more', 'read write admin', { ...well, grantedScopes: ['read', 'write', 'admin'] }],
  ['grants less', 'read', drifted],
])('a provider that %s at the authorization', async (_name, scope, condition) => {
  provider.settings.scope = scope;
  const id = await connectedAt(server.ask, provider, { scopes });
  expect(await conditionOf(server.ask, id)).toMatchObject(condition);
});

test('less than was asked for stays told through good calls, and through refreshes that do not say', async () => {
  provider.settings.scope = 'read';
  const id = await connectedAt(server.ask, provider, { scopes });
  const events = eventsOf(id);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(await conditionOf(server.ask, id)).toMatchObject(drifted);
  provider.settings.scope = null;
  clock.pass(3600);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.renewals()).toHaveLength(1);
  expect(await conditionOf(server.ask, id)).toMatchObject({ ...drifted, expiresAt: clock.in(3600) });
  expect(events.kinds).toEqual([]);
});

test('is mended by authorizing again', async () => {
  provider.settings.scope = 'read';
  const id = await connectedAt(server.ask, provider, { scopes });
  provider.settings.scope = 'read write';
  await authorizeByPerson(server.ask, id);
  expect(await conditionOf(server.ask, id)).toMatchObject(well);
});

test('a refresh that brings less is told, one that brings all again too', async () => {
  const id = await connectedAt(server.ask, provider, { scopes });
  const events = eventsOf(id);
  provider.settings.scope = 'read';
  await refresh(server.ask, id);
  expect(await conditionOf(server.ask, id)).toMatchObject(drifted);
  provider.settings.scope = 'read write';
  await refresh(server.ask, id);
  expect(await conditionOf(server.ask, id)).toMatchObject(well);
  expect(events.kinds).toEqual(['TROUBLED', 'RECOVERED']);
});

test('other trouble goes before, and what is missing is told again when it is over', async () => {
  provider.settings.scope = 'read';
  const id = await connectedAt(server.ask, provider, { scopes });
  provider.answer({ api: (_asked, response) => response.destroy() });
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['NO_ANSWER'] });
  expect(await conditionOf(server.ask, id)).toMatchObject({ health: 'DEGRADED WAIT' });
  provider.answer();
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(await conditionOf(server.ask, id)).toMatchObject(drifted);

  provider.answer({ renewal: (_asked, response) => response.writeHead(500).end() });
  await refresh(server.ask, id);
  expect(await conditionOf(server.ask, id)).toMatchObject({ health: 'DEGRADED WAIT' });
  provider.answer();
  await refresh(server.ask, id);
  expect(await conditionOf(server.ask, id)).toMatchObject(drifted);

  provider.answer({ api: (_asked, response) => response.writeHead(401).end() });
  await call(server.ask, id, provider, { method: 'POST' });
  expect((await conditionOf(server.ask, id)).reason).toContain('401');
  provider.answer();
  await call(server.ask, id, provider);
  expect(await conditionOf(server.ask, id)).toMatchObject(drifted);
});

test('each user has scopes of their own', async () => {
  const connection = { authorizationLevel: 'LOGGED_IN_USER' };
  const id = await connectionAt(server.ask, provider, { scopes, connection });
  await authorizeByPerson(server.ask, id, { userId: 'anna' });
  provider.settings.scope = 'read';
  await authorizeByPerson(server.ask, id, { userId: 'bert' });
  expect(await conditionOf(server.ask, id, 'anna')).toMatchObject(well);
  expect(await conditionOf(server.ask, id, 'bert')).toMatchObject(drifted);
});
