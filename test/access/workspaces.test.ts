/** Workspaces: made by owners, changed by their admins, and closed to each other. */
import { createKey, createWorkspace } from '../support/keys';
import { refusals, USER_ERRORS } from '../support/refusals';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const create = async (input: object) =>
  (
    await dataOf(
      server.ask(
        `mutation ($input: WorkspaceCreateInput!) {
          workspaceCreate(input: $input) { workspace { id name returnToUrls } adminKey ${USER_ERRORS} }
        }`,
        { input },
      ),
    )
  ).workspaceCreate;

const update = async (input: object, ask: Ask = server.ask) =>
  (
    await dataOf(
      ask(
        `mutation ($input: WorkspaceUpdateInput!) {
          workspaceUpdate(input: $input) { workspace { id name returnToUrls } ${USER_ERRORS} }
        }`,
        { input },
      ),
    )
  ).workspaceUpdate;

describe('a new workspace', () => {
  test('comes with the key of an ADMIN of it, told once', async () => {
    const { workspace, adminKey, userErrors } = await create({ name: 'Second team' });
    expect(userErrors).toEqual([]);
    expect(workspace).toEqual({
      id: expect.stringMatching(/^wsp_[0-9a-f]{32}$/),
      name: 'Second team',
      returnToUrls: [],
    });
    const { viewer } = await dataOf(server.askAs(adminKey)('{ viewer { role workspace { id name } } }'));
    expect(viewer).toEqual({ role: 'ADMIN', workspace: { id: workspace.id, name: 'Second team' } });
    const { apiKeys } = await dataOf(server.askAs(adminKey)('{ apiKeys { nodes { name role } totalCount } }'));
    expect(apiKeys).toEqual({ nodes: [{ name: 'First key', role: 'ADMIN' }], totalCount: 1 });
  });

  test('may bear the name of another', async () => {
    const one = await create({ name: 'Twin' });
    const other = await create({ name: 'Twin' });
    expect(one.workspace.id).not.toBe(other.workspace.id);
  });

  test.each([
    ['', ['ValidationError REQUIRED name']],
    ['n'.repeat(50), []],
    ['n'.repeat(51), ['ValidationError TOO_LONG name']],
    ['-n', ['ValidationError INVALID_START name']],
    ['a"b', ['ValidationError INVALID_CHARACTERS name']],
  ])('named %j gets %j', async (name, expected) => {
    const payload = await create({ name });
    expect([refusals(payload), payload.workspace === null, payload.adminKey === null]).toEqual([
      expected,
      expected.length > 0,
      expected.length > 0,
    ]);
  });
});

describe('a change of a workspace', () => {
  test('is of the one that the key belongs to, and of what is given', async () => {
    const { id, secret } = await createWorkspace(server.ask, 'Before');
    const ask = server.askAs(secret);
    const urls = ['https://app.example.com/done', 'http://localhost:3000/?a=b'];
    expect((await update({ returnToUrls: urls }, ask)).workspace).toEqual({ id, name: 'Before', returnToUrls: urls });
    expect((await update({ name: 'After' }, ask)).workspace).toEqual({ id, name: 'After', returnToUrls: urls });
    expect((await update({}, ask)).workspace).toEqual({ id, name: 'After', returnToUrls: urls });
    expect((await update({ returnToUrls: [] }, ask)).workspace).toEqual({ id, name: 'After', returnToUrls: [] });
    expect((await dataOf(server.ask('{ viewer { workspace { name } } }'))).viewer.workspace.name).toBe('Default');
  });

  const url = (length: number) => `https://app.example.com/${'x'.repeat(length - 'https://app.example.com/'.length)}`;

  test.each<[string, object, string[]]>([
    ['no name', { name: null }, ['ValidationError REQUIRED name']],
    ['no list', { returnToUrls: null }, ['ValidationError REQUIRED returnToUrls']],
    [
      'an empty name and a bad URL',
      { name: '', returnToUrls: ['x'] },
      ['ValidationError REQUIRED name', 'ValidationError INVALID_URL returnToUrls.0'],
    ],
    ['50 URLs', { returnToUrls: Array.from({ length: 50 }, (_, i) => `https://a.example/${i}`) }, []],
    [
      '51 URLs',
      { returnToUrls: Array.from({ length: 51 }, (_, i) => `https://a.example/${i}`) },
      ['ValidationError TOO_LONG returnToUrls'],
    ],
    ['a URL of 2048 characters', { returnToUrls: [url(2048)] }, []],
    ['a URL of 2049 characters', { returnToUrls: [url(2049)] }, ['ValidationError INVALID_URL returnToUrls.0']],
  ])('with %s gets its answer', async (_what, input, expected) => {
    const { secret } = await createWorkspace(server.ask, 'Rules');
    const before = (await update({}, server.askAs(secret))).workspace;
    const payload = await update(input, server.askAs(secret));
    expect([refusals(payload), payload.workspace === null]).toEqual([expected, expected.length > 0]);
    if (expected.length > 0) expect((await update({}, server.askAs(secret))).workspace).toEqual(before);
  });

  test.each([
    ['https://app.example.com/', true],
    ['https://app.example.com/done?state=1&x=%20', true],
    ['http://[::1]:8080/done', true],
    ['https://xn--bcher-kva.example/', true],
    ['https://app.example.com', false],
    ['https://App.example.com/', false],
    ['https://bücher.example/', false],
    ['https://app.example.com:443/', false],
    ['https://app.example.com/a/../b', false],
    ['https://app.example.com/a b', false],
    ['https://app.example.com/#top', false],
    ['https://app.example.com/#', false],
    ['https://user@app.example.com/', false],
    ['https://user:pass@app.example.com/', false],
    ['ftp://app.example.com/', false],
    ['javascript:alert(1)', false],
    ['myapp://done', false],
    ['//app.example.com/', false],
    ['/done', false],
    ['', false],
    [' https://app.example.com/', false],
  ])('may name %j as a place to return to: %p', async (returnTo, allowed) => {
    const payload = await update({ returnToUrls: ['https://app.example.com/ok', returnTo] });
    expect(refusals(payload)).toEqual(allowed ? [] : ['ValidationError INVALID_URL returnToUrls.1']);
  });
});

test('a key of one workspace never sees the keys of another', async () => {
  const one = await createWorkspace(server.ask, 'One');
  const other = await createWorkspace(server.ask, 'Other');
  const { id } = await createKey(server.askAs(one.secret), 'VIEWER');
  const { apiKeys } = await dataOf(server.askAs(other.secret)('{ apiKeys(first: 100) { nodes { id } totalCount } }'));
  expect(apiKeys.totalCount).toBe(1);
  expect(apiKeys.nodes.map((node: { id: string }) => node.id)).not.toContain(id);
});
