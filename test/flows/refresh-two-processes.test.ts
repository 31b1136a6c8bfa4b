/** Two server processes on one SQLite file: together they refresh once, never spend a token twice, and learn from each other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOidc } from '../peers/oidc';
import { Person } from '../peers/person';
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { newConnection, oauthConnector, startLink } from '../support/oauth';
import { startPeerApi } from '../support/peer-api';
import { dataOf } from '../support/server';
import { call, codeGrant, connectedAt, refresh, rowOf, stateOf } from './grants';
import { endAll, endLease, expire, type ServerProcess, startProcess } from './processes';

jest.setTimeout(120_000);

let dataDir: string;
let one: ServerProcess;
let other: ServerProcess;
let provider: TokenServer;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'grapnel-processes-'));
  one = await startProcess(dataDir);
  other = await startProcess(dataDir);
});
afterAll(async () => {
  await endAll();
  rmSync(dataDir, { recursive: true });
});
beforeEach(async () => {
  provider = await startTokenServer();
});
afterEach(() => provider.close());

/** Calls so many times through each process, at once. */
const callBoth = (times: number, id: string, at: { url: string }) =>
  Promise.all([one, other].flatMap(({ ask }) => Array.from({ length: times }, () => call(ask, id, at))));

/** Holds back the next answer to a renewal, until both processes have taken in everything that was sent to them. */
function holdNextRenewal(): { release(): Promise<void> } {
  const answers: (() => void)[] = [];
  provider.answer({ renewal: (_asked, _response, usual) => answers.push(usual) });
  const asked = provider.arrival();
  return {
    async release() {
      await asked;
      await Promise.all([one, other].map(({ ask }) => dataOf(ask('{ __typename }'))));
      provider.answer();
      for (const answer of answers) answer();
    },
  };
}

test('a thousand concurrent calls on an expired token make one refresh, and all succeed with the new token', async () => {
  const id = await connectedAt(one.ask, provider);
  const hold = holdNextRenewal();
  await expire(dataDir, id);
  const calls = callBoth(500, id, provider);
  await hold.release();
  expect((await calls).filter(({ status }) => status === 200)).toHaveLength(1000);
  expect(provider.renewals()).toHaveLength(1);
  expect(provider.called).toEqual(Array(1000).fill(provider.latest()));
});

test('a refresh that fails is not tried again by the other process at once', async () => {
  const id = await connectedAt(one.ask, provider);
  await expire(dataDir, id);
  provider.answer({ renewal: (_asked, response) => response.writeHead(500).end() });
  const calls = await callBoth(50, id, provider);
  expect(new Set(calls.flatMap(({ codes }) => codes))).toEqual(new Set(['PROVIDER_ERROR']));
  expect(provider.renewals()).toHaveLength(1);
  expect(await stateOf(other.ask, id)).toBe('CONNECTED DEGRADED WAIT');
});

test('a token that the other process has renewed meanwhile is picked up after a 401, without a refresh', async () => {
  const id = await connectedAt(one.ask, provider);
  const old = provider.latest();
  provider.answer({
    async api(_asked, _response, usual) {
      provider.answer();
      expect(await refresh(other.ask, id)).toMatchObject({ codes: [] });
      usual();
    },
  });
  expect(await call(one.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.called).toEqual([old, provider.latest()]);
  expect(provider.renewals()).toHaveLength(1);
});

test('a revocation by one process stands, although the other has a refresh under way', async () => {
  const authConfig = codeGrant(provider, { revokeTokenUrl: `${provider.url}/revoke` });
  const id = await connectedAt(one.ask, provider, { authConfig });
  const late = { access_token: 'at_late', token_type: 'Bearer', refresh_token: 'rt_late' };
  let release = () => {};
  provider.answer({
    renewal: (_asked, response) => {
      release = () => response.writeHead(200).end(JSON.stringify(late));
    },
  });
  const asked = provider.arrival();
  const refreshed = refresh(one.ask, id);
  await asked;
  const query = `mutation { connectionRevoke(id: "${id}") { remoteRevoked } }`;
  expect((await dataOf(other.ask(query))).connectionRevoke.remoteRevoked).toBe(true);
  release();
  expect(await refreshed).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  expect(await stateOf(one.ask, id)).toBe('REVOKED BROKEN AUTHORIZE');
  expect(provider.revocations.at(-1)?.form.get('token')).toBe('rt_late');
});

describe('when a process is so slow that its lease runs out, and the other one asks too,', () => {
  type Answer = () => unknown;

  /** Both wait for the provider, `one` since longer: how each ends, and what answers each. */
  async function bothAsk(id: string) {
    const answers: { usual: Answer; fail: (status: number, error: string) => unknown }[] = [];
    provider.answer({
      renewal: (_asked, response, usual) =>
        answers.push({ usual, fail: (status, error) => response.writeHead(status).end(JSON.stringify({ error })) }),
    });
    const ends: ReturnType<typeof refresh>[] = [];
    for (const { ask } of [one, other]) {
      await endLease(dataDir, id);
      const asked = provider.arrival();
      ends.push(refresh(ask, id));
      await asked;
    }
    const [first, second] = answers;
    const [end, otherEnd] = ends;
    if (!first || !second || !end || !otherEnd) throw new Error('The provider was not asked twice.');
    return { first, second, end, otherEnd };
  }

  test('the new tokens of the slow one are kept, although the other one was refused for good', async () => {
    const id = await connectedAt(one.ask, provider);
    const { first, second, end, otherEnd } = await bothAsk(id);
    second.fail(400, 'invalid_grant');
    expect(await otherEnd).toMatchObject({ codes: ['PROVIDER_ERROR'] });
    expect(await stateOf(one.ask, id)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
    first.usual();
    expect(await end).toMatchObject({ codes: [] });
    expect(await stateOf(one.ask, id)).toBe('CONNECTED OK NONE');
    expect(await call(other.ask, id, provider)).toMatchObject({ status: 200 });
  });

  test('a refusal of the other one means nothing when the slow one has brought new tokens meanwhile', async () => {
    const id = await connectedAt(one.ask, provider);
    const { first, second, end, otherEnd } = await bothAsk(id);
    first.usual();
    expect(await end).toMatchObject({ codes: [] });
    second.fail(400, 'invalid_grant');
    expect(await otherEnd).toMatchObject({ codes: [] });
    expect(await stateOf(one.ask, id)).toBe('CONNECTED OK NONE');
    expect(await call(other.ask, id, provider)).toMatchObject({ status: 200 });
  });

  test.each([
    [500, 'oops'],
    [400, 'invalid_grant'],
  ])('a failure of the slow one (%d) is not for it to judge any more', async (status, error) => {
    const id = await connectedAt(one.ask, provider);
    const { first, second, end, otherEnd } = await bothAsk(id);
    first.fail(status, error);
    expect(await end).toMatchObject({ codes: ['PROVIDER_ERROR'] });
    expect(await stateOf(one.ask, id)).toBe('CONNECTED OK NONE');
    expect(await rowOf({ dataDir }, id)).toMatchObject({ refreshFailures: 0, leaseUntil: expect.any(Number) });
    second.usual();
    expect(await otherEnd).toMatchObject({ codes: [] });
    expect(await stateOf(one.ask, id)).toBe('CONNECTED OK NONE');
  });
});

test('at an oidc-provider, which kills a grant when a refresh token is used twice, the grant survives a dozen rounds', async () => {
  const rounds = 12;
  const [oidc, api] = await Promise.all([startOidc(), startPeerApi()]);
  const connector = await oauthConnector(
    one.ask,
    { name: 'Certified', scopes: ['openid', 'offline_access'], allowedHosts: [api.host] },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'grapnel',
        clientSecret: 'secret-at-the-provider',
        authorizationUrl: `${oidc.url}/auth?prompt=consent`,
        tokenUrl: `${oidc.url}/token`,
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
  api.answer(({ headers }, response) => {
    const token = headers.authorization?.replace('Bearer ', '');
    response.writeHead(oidc.store.all('AccessToken').some(({ jti }) => jti === token) ? 200 : 401).end();
  });
  const id = await newConnection(one.ask, connector);
  const person = new Person();
  await person.consent(await person.press(await person.visit(await startLink(one.ask, id))));

  for (let round = 1; round <= rounds; round++) {
    await expire(dataDir, id);
    const statuses = (await callBoth(10, id, api)).map(({ status }) => status);
    expect(statuses).toEqual(Array(20).fill(200));
    expect(oidc.asked).toHaveLength(1 + round);
  }
  const used = oidc.asked.slice(1).map(({ form }) => form.get('refresh_token'));
  expect(new Set(used).size).toBe(rounds);
  expect(await stateOf(one.ask, id)).toBe('CONNECTED OK NONE');

  // That it does kill is shown by using one twice.
  await fetch(`${oidc.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: used[0] ?? '',
      client_id: 'grapnel',
      client_secret: 'secret-at-the-provider',
    }),
  });
  expect(await refresh(other.ask, id)).toMatchObject({ codes: ['PROVIDER_ERROR'], providerError: 'invalid_grant' });
  expect(await stateOf(one.ask, id)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
  await Promise.all([oidc.close(), api.close()]);
});
