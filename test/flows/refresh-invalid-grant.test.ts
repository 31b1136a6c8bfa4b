/** `invalid_grant` at a refresh: the provider says that somebody has to authorize again. */
import { answering } from '../peers/token-server';
import { authorizeByPerson, call, conditionOf, connectedAt, eventsOf, refresh, rowOf, stateOf } from './grants';
import { clock, provider, provideServers, server } from './provided';

provideServers();

test('it means that somebody has to authorize again: told at once, nothing is tried any more, and nothing is deleted', async () => {
  const id = await connectedAt(server.ask, provider);
  const events = eventsOf(id);
  const { credentials } = await rowOf(server, id);
  clock.pass(3600);
  provider.answer({ renewal: answering(400, { error: 'invalid_grant', error_description: 'Token was revoked' }) });

  expect(await call(server.ask, id, provider)).toMatchObject({ status: undefined, codes: ['NOT_AUTHORIZED'] });
  expect(await stateOf(server.ask, id)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
  expect((await conditionOf(server.ask, id)).nextRefreshAt).toBeNull();
  expect(events.kinds).toEqual(['TROUBLED']);
  expect(await rowOf(server, id)).toMatchObject({ credentials, leaseUntil: null });

  provider.answer();
  clock.pass(3600);
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  expect(await refresh(server.ask, id)).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  expect(provider.renewals()).toHaveLength(1);
  expect(provider.called).toEqual([]);
});

test('it is mended by authorizing again: the same connection, the same grant', async () => {
  const id = await connectedAt(server.ask, provider);
  const { grantId } = await conditionOf(server.ask, id);
  clock.pass(3600);
  provider.answer({ renewal: answering(400, { error: 'invalid_grant' }) });
  await call(server.ask, id, provider);
  provider.answer();
  await authorizeByPerson(server.ask, id);
  const condition = await conditionOf(server.ask, id);
  expect(condition).toMatchObject({ grantId, status: 'CONNECTED', health: 'OK NONE', expiresAt: clock.in(3600) });
  expect(condition.nextRefreshAt && condition.nextRefreshAt > clock.in(0)).toBe(true);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
});

test('it is told to whoever asks for the refresh in the words of the provider', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ renewal: answering(400, { error: 'invalid_grant' }) });
  expect(await refresh(server.ask, id)).toMatchObject({
    codes: ['PROVIDER_ERROR'],
    providerError: 'invalid_grant',
    httpStatus: 400,
  });
  expect(await stateOf(server.ask, id)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
});

test.each([
  ['503', 503],
  ['429', 429],
])('it is trouble of the moment in an answer with the status %s', async (_name, status) => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ renewal: answering(status, { error: 'invalid_grant' }) });
  await refresh(server.ask, id);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED WAIT');
});
