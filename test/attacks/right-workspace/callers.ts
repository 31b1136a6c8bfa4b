/** Everybody who may call or try to: keys of each role, session tokens, and what was a key once or never was. */

import type { Clock } from '../../support/clock';
import { createKey, createSessionToken, revokeKey } from '../../support/keys';
import { OWNER_KEY, type TestServer } from '../../support/server';

/** By who they are: the secret they show; `undefined`: none. */
export type Strangers = ReadonlyMap<string, string | undefined>;

/** Those that are nobody any more, or never were. `connection`, `userId`: what their session tokens are for. */
export async function strangersOf(
  { ask, askAs }: TestServer,
  clock: Clock,
  connection: string,
  userId?: string,
): Promise<Strangers> {
  const revoked = await createKey(ask, 'ADMIN');
  const expired = await createKey(ask, 'ADMIN', { expiresAt: clock.in(60) });
  const maker = await createKey(ask, 'INTEGRATOR');
  const ofRevoked = await createSessionToken(askAs(maker.secret), connection, { userId });
  const ofExpired = await createSessionToken(askAs(expired.secret), connection, { userId, expiresInSeconds: 3600 });
  const late = await createSessionToken(ask, connection, { userId, expiresInSeconds: 60 });
  await revokeKey(ask, revoked.id);
  await revokeKey(ask, maker.id);
  clock.pass(60);
  return new Map([
    ['nobody', undefined],
    ['nonsense', 'nonsense'],
    ['a key that nobody has', `gk_${'a'.repeat(43)}`],
    ['almost the key of the owner', `${OWNER_KEY.slice(0, -1)}g`],
    ['a revoked key', revoked.secret],
    ['an expired key', expired.secret],
    ['the id of a key', revoked.id],
    ['a session token of a revoked key', ofRevoked],
    ['a session token of an expired key', ofExpired],
    ['an expired session token', late],
  ]);
}

/** Keys of each role and a session token, by the letters of the table. */
export async function knownOf({ ask }: TestServer, connection: string): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map([['O', OWNER_KEY]]);
  for (const role of ['ADMIN', 'INTEGRATOR', 'VIEWER'] as const)
    secrets.set(role.charAt(0), (await createKey(ask, role)).secret);
  return secrets.set('S', await createSessionToken(ask, connection));
}
