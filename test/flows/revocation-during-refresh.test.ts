/** Revoking and deleting while a refresh is under way: what was revoked stays revoked, and no token is left behind at the provider. */
import {
  authorizeByPerson,
  call,
  codeGrant,
  connectedAt,
  exists,
  refresh,
  remove,
  revoke,
  rowOf,
  stateOf,
} from './grants';
import { clock, provider, provideServers, server } from './provided';

provideServers();

/** A connection whose connector has a revoke URL, authorized; gives its id. */
const revocable = () =>
  connectedAt(server.ask, provider, { authConfig: codeGrant(provider, { revokeTokenUrl: `${provider.url}/revoke` }) });

const revokedTokens = () => provider.revocations.map(({ form }) => form.get('token'));

const late = { access_token: 'at_late', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt_late' };

/** A call that waits for a refresh, which is answered with new tokens when `release` is called. */
async function underWay(id: string) {
  let release = () => {};
  provider.answer({
    renewal: (_asked, response) => {
      release = () => response.writeHead(200).end(JSON.stringify(late));
    },
  });
  clock.pass(3600);
  const asked = provider.arrival();
  const answer = call(server.ask, id, provider);
  await asked;
  return { answer, release: () => release() };
}

test('a revocation stands, and what the refresh brings is given back', async () => {
  const id = await revocable();
  const { answer, release } = await underWay(id);
  expect(await revoke(server.ask, id)).toMatchObject({ connection: { status: 'REVOKED' }, remoteRevoked: true });
  release();
  expect(await answer).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  expect(revokedTokens()).toEqual([expect.stringMatching(/^rt_[0-9a-f]+$/), 'rt_late']);
  expect(await stateOf(server.ask, id)).toBe('REVOKED BROKEN AUTHORIZE');
  expect(await rowOf(server, id)).toMatchObject({ credentials: null, leaseUntil: null });
  expect(provider.called).toEqual([]);
});

test('a deletion stands, and what the refresh brings is given back', async () => {
  const id = await revocable();
  const { answer, release } = await underWay(id);
  expect(await remove(server.ask, id)).toMatchObject({ deletedId: id, remoteRevoked: true });
  release();
  expect(await answer).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  expect(revokedTokens()).toEqual([expect.stringMatching(/^rt_[0-9a-f]+$/), 'rt_late']);
  expect(await exists(server.ask, id)).toBe(false);
});

test('a new authorization stands, and is not given back with what the refresh brings', async () => {
  const id = await revocable();
  const { answer, release } = await underWay(id);
  await authorizeByPerson(server.ask, id);
  release();
  expect(await answer).toMatchObject({ status: 200 });
  expect(provider.called).toEqual([provider.latest()]);
  expect(provider.revocations).toEqual([]);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
});

test('one that is saved after the provider was told of a revocation, and before it is forgotten here, is told too', async () => {
  for (const end of [revoke, remove]) {
    const id = await revocable();
    const from = provider.revocations.length;
    provider.answer({
      revoke: (_asked, _response, usual) =>
        void (provider.revocations.length === from + 1 ? refresh(server.ask, id).then(usual) : usual()),
    });
    expect(await end(server.ask, id)).toMatchObject({ remoteRevoked: true, userErrors: [] });
    expect(new Set(revokedTokens().slice(from)).size).toBe(2);
    expect(provider.isAlive(provider.latest())).toBe(false);
  }
});
