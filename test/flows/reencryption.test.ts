/** Credentials that are encrypted anew while somebody refreshes, uses or revokes them are the same credentials: nothing is thrown away. */
import { createLog } from '../../src/log';
import { keysOfDataDir } from '../../src/storage/key-file';
import { Vault } from '../../src/storage/vault';
import { type Answerer, answering, startTokenServer, type TokenServer } from '../peers/token-server';
import { clockAt } from '../support/clock';
import { change, rowsOf } from '../support/database';
import type { TestServer } from '../support/server';
import { call, codeGrant, connectedAt, refresh, revoke, rowOf, startUnsweptServer, stateOf } from './grants';

const clock = clockAt('2030-01-01T00:00:00.000Z');
let server: TestServer;
let provider: TokenServer;
let id: string;

beforeAll(async () => {
  server = await startUnsweptServer({ now: clock.now });
});
afterAll(() => server.remove());
beforeEach(async () => {
  provider = await startTokenServer();
  id = await connectedAt(server.ask, provider, {
    authConfig: codeGrant(provider, { revokeTokenUrl: `${provider.url}/revoke` }),
  });
});
afterEach(() => provider.close());

/** Encrypts the credentials of the grant anew, as another process would. */
async function encryptAnew(): Promise<void> {
  const vault = new Vault(keysOfDataDir(server.dataDir, createLog('silent')));
  const [connection] = await rowsOf(server.dataDir, 'SELECT "workspaceId" FROM connection WHERE id = ?', id);
  const { id: row, credentials } = await rowOf(server, id);
  const place = { workspaceId: `${connection?.workspaceId}`, table: 'connection_grant', row, field: 'credentials' };
  const anew = vault.seal(vault.open(credentials ?? '', place), place);
  expect(anew).not.toBe(credentials);
  await change(server.dataDir, 'UPDATE connection_grant SET credentials = ? WHERE id = ?', anew, row);
}

/** Encrypts anew between the question and `answer`, which is the usual one when left out; once. */
function meanwhile(answer?: Answerer): Answerer {
  let done = false;
  return async (asked, response, usual) => {
    if (!done) await encryptAnew();
    done = true;
    return answer ? answer(asked, response, usual) : usual();
  };
}

test('in the middle of a refresh: the new tokens are kept, used, and good for the next refresh', async () => {
  provider.answer({ renewal: meanwhile() });
  clock.pass(3600);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.called).toEqual([provider.latest()]);
  expect(provider.revocations).toEqual([]);
  expect(await refresh(server.ask, id)).toMatchObject({ codes: [] });
  expect(provider.renewals()).toHaveLength(2);
});

test('in the middle of a refresh that fails: the failure is told', async () => {
  provider.answer({ renewal: meanwhile(answering(400, { error: 'invalid_grant' })) });
  clock.pass(3600);
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  expect(await stateOf(server.ask, id)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
});

test('in the middle of a call that is answered 401: the token is refreshed, and the call sent again', async () => {
  const old = provider.latest();
  provider.forgetAccessTokens();
  provider.answer({ api: meanwhile() });
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.renewals()).toHaveLength(1);
  expect(provider.called).toEqual([old, provider.latest()]);
});

test('in the middle of a call that shows trouble: the trouble is told', async () => {
  provider.forgetAccessTokens();
  provider.answer({ api: meanwhile() });
  expect(await call(server.ask, id, provider, { method: 'POST' })).toMatchObject({ status: 401 });
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED REAUTHORIZE');
});

test('in the middle of a revocation: each token is given back once, and the grant is forgotten', async () => {
  provider.answer({ revoke: meanwhile() });
  expect(await revoke(server.ask, id)).toMatchObject({ connection: { status: 'REVOKED' }, remoteRevoked: true });
  expect(provider.revocations).toHaveLength(1);
  expect((await rowOf(server, id)).credentials).toBeNull();
});

test('before a revocation that comes in the middle of a refresh: what the refresh brings is given back', async () => {
  provider.answer({
    renewal: (_asked, _response, usual) => {
      encryptAnew();
      void revoke(server.ask, id).then(usual);
    },
  });
  clock.pass(3600);
  expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  expect(provider.isAlive(provider.latest())).toBe(false);
  expect(await stateOf(server.ask, id)).toBe('REVOKED BROKEN AUTHORIZE');
});
