/** Refreshes that fail: nothing is lost, health says what is wrong and when the next try is, and nobody hammers. */
import type { ServerResponse } from 'node:http';
import { Grants } from '../../src/connections/grants';
import { type Answerer, answering } from '../peers/token-server';
import { isOnPostgres } from '../support/database';
import {
  authorizeByPerson,
  call,
  codeGrant,
  conditionOf,
  connectedAt,
  eventsOf,
  refresh,
  rowOf,
  stateOf,
} from './grants';
import { clock, provider, provideServers, server } from './provided';

provideServers();

const cut: Answerer = (_asked, response: ServerResponse) => response.destroy();

/** So many seconds from now a moment lies, as the API writes moments. */
const secondsUntil = (moment: string | null) => (Date.parse(moment ?? '') - clock.now().getTime()) / 1000;

async function passUntilNextTry(id: string): Promise<void> {
  clock.pass(secondsUntil((await conditionOf(server.ask, id)).nextRefreshAt));
}

describe.each([
  ['invalid_client', answering(401, { error: 'invalid_client' }), 'FIX_CONFIGURATION', 'invalid_client'],
  ['unauthorized_client', answering(400, { error: 'unauthorized_client' }), 'FIX_CONFIGURATION', 'unauthorized_client'],
  ['a refusal without a word', answering(403, ''), 'FIX_CONFIGURATION', ''],
  ['an error with status 200', answering(200, { error: 'bad_verification' }), 'FIX_CONFIGURATION', 'bad_verification'],
  ['status 500', answering(500, 'oops'), 'WAIT', '500'],
  ['status 503 with a page', answering(503, '<html>down</html>', { 'content-type': 'text/html' }), 'WAIT', '503'],
  ['temporarily_unavailable', answering(400, { error: 'temporarily_unavailable' }), 'WAIT', ''],
  ['status 429', answering(429, { error: 'slow' }), 'WAIT', '429'],
  ['a page with status 200', answering(200, '<html>Welcome</html>'), 'WAIT', ''],
  ['an answer without a token', answering(200, { token_type: 'Bearer' }), 'WAIT', ''],
  ['a connection that is cut', cut, 'WAIT', ''],
])('%s', (_name, answer, remedy, word) => {
  test(`keeps the grant, tells ${remedy} and the next try, asks nobody before it, and recovers`, async () => {
    const id = await connectedAt(server.ask, provider);
    const events = eventsOf(id);
    const { credentials } = await rowOf(server, id);
    clock.pass(3600);
    provider.answer({ renewal: answer });

    const first = await call(server.ask, id, provider);
    expect(first).toMatchObject({ status: undefined, codes: ['PROVIDER_ERROR'] });
    const condition = await conditionOf(server.ask, id);
    expect(condition).toMatchObject({ status: 'CONNECTED', health: `DEGRADED ${remedy}`, since: clock.in(0) });
    expect(secondsUntil(condition.nextRefreshAt)).toBeGreaterThanOrEqual(2.5);
    expect(secondsUntil(condition.nextRefreshAt)).toBeLessThanOrEqual(5);
    expect(condition.reason).toContain(condition.nextRefreshAt);
    expect(condition.reason).toContain(word);
    expect(first.message).toBe(condition.reason);
    expect(await rowOf(server, id)).toMatchObject({ credentials, leaseUntil: null, refreshFailures: 1 });

    const during = await Promise.all(Array.from({ length: 20 }, () => call(server.ask, id, provider)));
    expect(new Set(during.map(({ codes, message }) => [...codes, message].join()))).toEqual(
      new Set([`PROVIDER_ERROR,${condition.reason}`]),
    );
    expect(provider.renewals()).toHaveLength(1);

    provider.answer();
    await passUntilNextTry(id);
    expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
    expect(provider.renewals()).toHaveLength(2);
    expect(await conditionOf(server.ask, id)).toMatchObject({ health: 'OK NONE', expiresAt: clock.in(3600) });
    expect(events.kinds).toEqual(['TROUBLED', 'RECOVERED']);
  });
});

test.each([
  ['that nobody listens at', 'WAIT', 'http://127.0.0.1:1/token'],
  ['that may not be called', 'FIX_CONFIGURATION', 'http://10.255.255.1/token'],
])('a refresh URL %s keeps the grant, and health tells %s', async (_name, remedy, refreshTokenUrl) => {
  const id = await connectedAt(server.ask, provider, { authConfig: codeGrant(provider, { refreshTokenUrl }) });
  expect(await refresh(server.ask, id)).toMatchObject({ codes: ['PROVIDER_ERROR'] });
  expect(await stateOf(server.ask, id)).toBe(`CONNECTED DEGRADED ${remedy}`);
});

test.each([
  ['120', 120, 132],
  ['3600', 3600, 3960],
  ['3601', 3600, 3960],
  ['999999', 3600, 3960],
  ['1', 2.5, 5],
  ['soon', 2.5, 5],
])('Retry-After %s is honoured, up to an hour', async (retryAfter, least, most) => {
  const id = await connectedAt(server.ask, provider);
  for (const status of [429, 503]) {
    await authorizeByPerson(server.ask, id);
    provider.answer({ renewal: answering(status, '', { 'retry-after': retryAfter }) });
    await refresh(server.ask, id);
    const seconds = secondsUntil((await conditionOf(server.ask, id)).nextRefreshAt);
    expect(seconds).toBeGreaterThanOrEqual(least);
    expect(seconds).toBeLessThanOrEqual(most);
  }
});

test('tries go on ever more slowly, up to a quarter of an hour, and trouble is told since it began', async () => {
  const id = await connectedAt(server.ask, provider);
  clock.pass(3600);
  provider.answer({ renewal: answering(500, '') });
  const began = clock.in(0);
  for (let failures = 1; failures <= 10; failures++) {
    await call(server.ask, id, provider);
    const { nextRefreshAt, since, health } = await conditionOf(server.ask, id);
    const longest = Math.min(900, 5 * 2 ** (failures - 1));
    expect(secondsUntil(nextRefreshAt)).toBeGreaterThanOrEqual(longest / 2);
    expect(secondsUntil(nextRefreshAt)).toBeLessThanOrEqual(longest);
    expect([since, health]).toEqual([began, 'DEGRADED WAIT']);
    expect(provider.renewals()).toHaveLength(failures);
    await passUntilNextTry(id);
  }
});

test('many concurrent calls on an expired token make one try that fails, and all are told of it', async () => {
  const id = await connectedAt(server.ask, provider);
  clock.pass(3600);
  provider.answer({ renewal: answering(500, '') });
  const calls = await Promise.all(Array.from({ length: 100 }, () => call(server.ask, id, provider)));
  expect(new Set(calls.flatMap(({ codes }) => codes))).toEqual(new Set(['PROVIDER_ERROR']));
  expect(calls.flatMap(({ codes }) => codes)).toHaveLength(100);
  expect(provider.renewals()).toHaveLength(1);
});

test('while a token still lives, calls work although its refresh fails; the trouble stays told', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ renewal: answering(500, '') });
  expect(await refresh(server.ask, id)).toMatchObject({ codes: ['PROVIDER_ERROR'], httpStatus: 500 });
  clock.pass(3);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED WAIT');
  // Nor does trouble with the API hide it.
  provider.answer({ renewal: answering(500, ''), api: cut });
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['NO_ANSWER'] });
  expect((await conditionOf(server.ask, id)).reason).toContain('could not be refreshed');
});

test('a token in its last seconds serves when its refresh fails, and no longer', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({ renewal: answering(500, '') });
  clock.pass(3595);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.renewals()).toHaveLength(1);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED WAIT');
  clock.pass(5);
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['PROVIDER_ERROR'] });
});

test('connectionRefresh does not wait for the next try', async () => {
  const id = await connectedAt(server.ask, provider);
  clock.pass(3600);
  provider.answer({ renewal: answering(401, { error: 'invalid_client' }) });
  await call(server.ask, id, provider);
  provider.answer();
  expect(await refresh(server.ask, id)).toMatchObject({ codes: [] });
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
});

test('an error inside the server is logged, told, and backs off like any other failure', async () => {
  const id = await connectedAt(server.ask, provider);
  clock.pass(3600);
  jest.spyOn(Grants.prototype, 'open').mockImplementation(() => {
    throw new Error('the key is gone');
  });
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['PROVIDER_ERROR'] });
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED FIX_CONFIGURATION');
  expect((await conditionOf(server.ask, id)).reason).not.toContain('key');
  expect(await rowOf(server, id)).toMatchObject({ leaseUntil: null });
  const { id: grantId } = await rowOf(server, id);
  const entries = server.logLines.filter((line) => line.includes(grantId)).map((line) => JSON.parse(line));
  expect(entries).toContainEqual(
    expect.objectContaining({ level: 'error', err: expect.objectContaining({ message: 'the key is gone' }) }),
  );

  jest.restoreAllMocks();
  await passUntilNextTry(id);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
});

test('tokens that cannot be saved at once are saved all the same, and the provider is not asked again', async () => {
  const id = await connectedAt(server.ask, provider);
  clock.pass(3600);
  const renew = jest.spyOn(Grants.prototype, 'renew').mockRejectedValueOnce(new Error('database is locked'));
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  // Once more; on Postgres, where another transaction is made to get in the way, perhaps more often.
  if (isOnPostgres) expect(renew.mock.calls.length).toBeGreaterThan(1);
  else expect(renew).toHaveBeenCalledTimes(2);
  expect(provider.renewals()).toHaveLength(1);
  expect(await refresh(server.ask, id)).toMatchObject({ codes: [] });
});

test('what the provider says goes to the log without secrets', async () => {
  const id = await connectedAt(server.ask, provider);
  provider.answer({
    renewal: (asked, response) => {
      const error_description = `No ${asked.form.get('refresh_token')} for ${asked.form.get('client_secret')}`;
      response.writeHead(400).end(JSON.stringify({ error: 'invalid_client', error_description }));
    },
  });
  await refresh(server.ask, id);
  const { id: grantId } = await rowOf(server, id);
  const entry = server.logLines.map((line) => JSON.parse(line)).find((line) => line.grantId === grantId);
  expect(entry).toMatchObject({
    level: 'warn',
    kind: 'REFUSED',
    httpStatus: 400,
    providerError: 'invalid_client',
    providerErrorDescription: 'No *** for ***',
  });
});
