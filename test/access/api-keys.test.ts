/** Keys: made, listed, used and revoked. */
import { type Clock, clockAt } from '../support/clock';
import { contentOf } from '../support/database';
import { createKey, createWorkspace, type RoleName, revokeKey } from '../support/keys';
import { refusals, USER_ERRORS } from '../support/refusals';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';

let clock: Clock;
let server: TestServer;

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  server = await startTestServer({ now: clock.now });
});
afterAll(() => server.remove());

const CREATE = `mutation ($input: ApiKeyCreateInput!) {
  apiKeyCreate(input: $input) {
    apiKey { id name role lastFour createdAt expiresAt lastUsedAt } secret ${USER_ERRORS}
  }
}`;
const create = async (input: object, ask: Ask = server.ask) => (await dataOf(ask(CREATE, { input }))).apiKeyCreate;

const revoke = async (id: string, ask: Ask = server.ask) =>
  (await dataOf(ask(`mutation ($id: ID!) { apiKeyRevoke(id: $id) { revokedId ${USER_ERRORS} } }`, { id })))
    .apiKeyRevoke;

const list = async (ask: Ask = server.ask, args = '') =>
  (
    await dataOf(
      ask(
        `{ apiKeys${args} { totalCount pageInfo { hasNextPage endCursor } nodes { id name role lastFour lastUsedAt } } }`,
      ),
    )
  ).apiKeys;

describe('a new key', () => {
  test('is told with its secret, which is its name in the list by four characters only', async () => {
    const { apiKey, secret, userErrors } = await create({ name: 'CI', role: 'INTEGRATOR', expiresAt: clock.in(3600) });
    expect(userErrors).toEqual([]);
    // 256 bits in base64url are 43 characters.
    expect(secret).toMatch(/^gk_[A-Za-z0-9_-]{43}$/);
    expect(apiKey).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{32}$/),
      name: 'CI',
      role: 'INTEGRATOR',
      lastFour: secret.slice(-4),
      createdAt: clock.in(0),
      expiresAt: clock.in(3600),
      lastUsedAt: null,
    });
    const { data } = await server.askAs(secret)('{ viewer { role } }');
    expect(data).toEqual({ viewer: { role: 'INTEGRATOR' } });
  });

  test('has a secret that no other has', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => createKey(server.ask, 'VIEWER')));
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(5);
  });

  test('leaves its secret neither in the database nor in the log', async () => {
    const { secret } = await createKey(server.ask, 'VIEWER');
    await server.askAs(secret)('{ viewer { role } }');
    const kept = await contentOf(server.dataDir);
    // What is kept is there, as proof that this is where to look.
    expect(kept).toContain('Key of a test');
    expect(kept).not.toContain(secret.slice(3));
    expect(server.logLines.join('')).not.toContain(secret.slice(3));
  });

  const order = ['OWNER', 'ADMIN', 'INTEGRATOR', 'VIEWER'] as const;
  const pairs = (['OWNER', 'ADMIN'] as const).flatMap((maker) => order.map((role) => [maker, role] as const));

  test.each(pairs)('of %s may make one of %s when that may not do more', async (maker, role) => {
    const { secret } = await createKey(server.ask, maker);
    const { apiKey, secret: made, userErrors } = await create({ name: 'x', role }, server.askAs(secret));
    if (order.indexOf(role) >= order.indexOf(maker)) {
      expect([userErrors, apiKey.role]).toEqual([[], role]);
    } else {
      expect([refusals({ userErrors }), apiKey, made]).toEqual([['ValidationError NOT_ACCEPTED role'], null, null]);
    }
  });

  test.each([
    [0.001, []],
    [0, ['ValidationError OUT_OF_RANGE expiresAt']],
    [-1, ['ValidationError OUT_OF_RANGE expiresAt']],
  ])('that ends in %d seconds gets %j', async (seconds, expected) => {
    const payload = await create({ name: 'x', role: 'VIEWER', expiresAt: clock.in(seconds) });
    expect(refusals(payload)).toEqual(expected);
  });

  test.each([
    ['', ['ValidationError REQUIRED name']],
    [' x', ['ValidationError INVALID_START name']],
    ['x'.repeat(50), []],
    ['x'.repeat(51), ['ValidationError TOO_LONG name']],
    ['a;b', ['ValidationError INVALID_CHARACTERS name']],
  ])('named %j gets %j', async (name, expected) => {
    expect(refusals(await create({ name, role: 'VIEWER' }))).toEqual(expected);
  });

  test('is told everything that is wrong with it at once', async () => {
    const { secret } = await createKey(server.ask, 'ADMIN');
    const payload = await create({ name: '', role: 'OWNER', expiresAt: clock.in(0) }, server.askAs(secret));
    expect(refusals(payload)).toEqual([
      'ValidationError REQUIRED name',
      'ValidationError NOT_ACCEPTED role',
      'ValidationError OUT_OF_RANGE expiresAt',
    ]);
  });
});

describe('the list of keys', () => {
  test('has those of the workspace, oldest first, page by page', async () => {
    const workspace = await createWorkspace(server.ask, 'Keys');
    const ask = server.askAs(workspace.secret);
    for (const name of ['one', 'two', 'three']) await createKey(ask, 'VIEWER', { name });
    const first = await list(ask, '(first: 3)');
    expect([first.totalCount, first.pageInfo.hasNextPage]).toEqual([4, true]);
    expect(first.nodes.map(({ name }: { name: string }) => name)).toEqual(['First key', 'one', 'two']);
    expect(first.nodes[0].lastFour).toBe(workspace.secret.slice(-4));
    const second = await list(ask, `(first: 3, after: "${first.pageInfo.endCursor}")`);
    expect(second.nodes.map(({ name }: { name: string }) => name)).toEqual(['three']);
    expect(second.pageInfo.hasNextPage).toBe(false);
  });

  test('says when a key was last used, to the minute', async () => {
    const { id, secret } = await createKey(server.ask, 'VIEWER');
    const lastUsed = async () =>
      (await dataOf(server.ask('query ($id: ID!) { node(id: $id) { ... on ApiKey { lastUsedAt } } }', { id }))).node
        .lastUsedAt;
    expect(await lastUsed()).toBeNull();
    const first = clock.in(0);
    await server.askAs(secret)('{ viewer { role } }');
    expect(await lastUsed()).toBe(first);
    clock.pass(59.999);
    await server.askAs(secret)('{ viewer { role } }');
    expect(await lastUsed()).toBe(first);
    clock.pass(0.001);
    await server.askAs(secret)('{ viewer { role } }');
    expect(await lastUsed()).toBe(clock.in(0));
  });
});

describe('a revocation', () => {
  test('takes the key out of the list, and tells its id', async () => {
    const { id, secret } = await createKey(server.ask, 'VIEWER');
    expect(await revoke(id)).toEqual({ revokedId: id, userErrors: [] });
    expect((await server.askAs(secret)('{ viewer { role } }')).status).toBe(401);
    const { nodes } = await list(server.ask, '(first: 100)');
    expect(nodes.map((node: { id: string }) => node.id)).not.toContain(id);
    expect(refusals(await revoke(id))).toEqual(['NotFoundError NOT_FOUND id']);
  });

  test('of the key that asks for it is refused', async () => {
    const { id, secret } = await createKey(server.ask, 'ADMIN');
    const payload = await revoke(id, server.askAs(secret));
    expect([payload.revokedId, refusals(payload)]).toEqual([null, ['ConflictError IN_USE id']]);
    expect((await server.askAs(secret)('{ viewer { role } }')).status).toBe(200);
  });

  test.each<[RoleName, RoleName, string[]]>([
    ['ADMIN', 'OWNER', ['ValidationError NOT_ACCEPTED id']],
    ['ADMIN', 'ADMIN', []],
    ['OWNER', 'OWNER', []],
  ])('by %s of a key of %s gets %j', async (by, of, expected) => {
    const { secret } = await createKey(server.ask, by);
    const { id, secret: other } = await createKey(server.ask, of);
    expect(refusals(await revoke(id, server.askAs(secret)))).toEqual(expected);
    expect((await server.askAs(other)('{ viewer { role } }')).status).toBe(expected.length > 0 ? 200 : 401);
  });

  test('of an id that is none of a key is told as one of a key that is not there', async () => {
    for (const id of ['', 'x', 'key_0', "key_' OR 1=1 --"])
      expect(refusals(await revoke(id))).toEqual(['NotFoundError NOT_FOUND id']);
    await revokeKey(server.ask, (await createKey(server.ask, 'VIEWER')).id);
  });
});
