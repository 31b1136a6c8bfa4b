/** The audit log of connectors, scopes and logos: each deed leaves its entry, with what changed and no secret. */
import { deedsOf, inShort } from '../support/audit';
import { complete, configured, done, draft, freshName, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

/** What is told of a mutation that goes well, and its payload. */
async function deedsOfMutation(...[mutation, variables]: [Parameters<typeof run>[1], object]) {
  const { deeds, gave } = await deedsOf(server.ask, () => done(server.ask, mutation, variables));
  return { told: deeds.map(inShort), payload: gave };
}

/** One pixel: PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const PIXEL_BYTES = `${Buffer.from(PIXEL, 'base64').length}`;

test('making one', async () => {
  const input = { name: 'Cloud Drive', linkName: 'cloud', allowedHosts: ['a.example', '*.b.example'] };
  const { told, payload } = await deedsOfMutation('connectorCreate', { input });
  const details = { linkName: 'cloud', allowedHosts: 'a.example, *.b.example' };
  expect(told).toEqual([['CONNECTOR_CREATED', 'CONNECTOR', payload.connector.id, 'Cloud Drive', details]]);
});

test('changing its general section: the fields that differ, the former name, and where credentials may go now', async () => {
  const id = await draft(server.ask, { name: 'Former', linkName: 'former', allowedHosts: ['a.example'] });
  const input = { name: 'Latter', linkName: 'former', description: 'New', allowedHosts: ['evil.example'] };
  const { told } = await deedsOfMutation('connectorUpdate', { id, input });
  const details = { fields: 'name, description, allowedHosts', formerName: 'Former', allowedHosts: 'evil.example' };
  expect(told).toEqual([['CONNECTOR_UPDATED', 'CONNECTOR', id, 'Latter', details]]);
});

test('changing nothing is no deed', async () => {
  const id = await draft(server.ask);
  expect((await deedsOfMutation('connectorUpdate', { id, input: {} })).told).toEqual([]);
});

test('configuring it: which fields, secret ones too, but not what they say', async () => {
  const name = freshName();
  const id = await draft(server.ask, { name });
  const first = await deedsOfMutation('connectorSetAuthConfig', { id, authConfig: complete.oauth2 });
  const fields = 'authorizationUrl, clientId, clientSecret, grantType, tokenUrl';
  const [action, kind, subjectId, subjectName, details] = first.told[0] as [string, string, string, string, never];
  expect([action, kind, subjectId, subjectName]).toEqual(['CONNECTOR_AUTH_CONFIG_SET', 'CONNECTOR', id, name]);
  const { fields: told, ...rest } = details as { fields: string };
  expect(rest).toEqual({ authType: 'OAUTH2' });
  // Those with defaults are set the first time, too.
  expect(told.split(', ').sort()).toEqual(expect.arrayContaining(fields.split(', ')));
  const again = { oauth2: { ...complete.oauth2.oauth2, clientSecret: 'another-client-secret', clientId: 'other' } };
  expect((await deedsOfMutation('connectorSetAuthConfig', { id, authConfig: again })).told).toEqual([
    ['CONNECTOR_AUTH_CONFIG_SET', 'CONNECTOR', id, name, { authType: 'OAUTH2', fields: 'clientId, clientSecret' }],
  ]);
  const other = { id, authConfig: { bearerToken: { tokenPrefix: 'Token' } }, discardExisting: true };
  expect((await deedsOfMutation('connectorSetAuthConfig', other)).told[0]?.[4]).toMatchObject({
    authType: 'BEARER_TOKEN',
    formerAuthType: 'OAUTH2',
  });
});

test('marking it Ready, replacing its secret, giving it a logo', async () => {
  const name = freshName();
  const id = await configured(server.ask, complete.oauth2, { name });
  expect((await deedsOfMutation('connectorMarkReady', { id })).told).toEqual([
    ['CONNECTOR_MARKED_READY', 'CONNECTOR', id, name, { stage: 'READY' }],
  ]);
  const rotation = { id, secret: 'a-secret-that-was-rotated' };
  expect((await deedsOfMutation('connectorRotateClientSecret', rotation)).told).toEqual([
    ['CONNECTOR_SECRET_ROTATED', 'CONNECTOR', id, name, { field: 'clientSecret' }],
  ]);
  expect((await deedsOfMutation('connectorSetLogo', { id, imageBase64: PIXEL })).told).toEqual([
    ['CONNECTOR_LOGO_SET', 'CONNECTOR', id, name, { mediaType: 'image/png', byteSize: PIXEL_BYTES }],
  ]);
});

test('copying it, deleting the copy', async () => {
  const original = await configured(server.ask, complete.basic);
  const cloned = await deedsOfMutation('connectorClone', { id: original, input: { name: 'Copy', linkName: 'copy' } });
  const { id } = cloned.payload.connector;
  expect(cloned.told).toEqual([['CONNECTOR_CLONED', 'CONNECTOR', id, 'Copy', { original, linkName: 'copy' }]]);
  expect((await deedsOfMutation('connectorDelete', { id })).told).toEqual([
    ['CONNECTOR_DELETED', 'CONNECTOR', id, 'Copy', {}],
  ]);
});

test('scopes: an entry for each', async () => {
  const connector = await configured(server.ask, complete.oauth2);
  const scopes = [
    { name: 'Read', value: 'r' },
    { name: 'Write', value: 'w' },
  ];
  const { told, payload } = await deedsOfMutation('scopesAdd', { connectorId: connector, scopes });
  const [read, write] = payload.scopes.map((scope: { id: string }) => scope.id);
  expect(told).toEqual([
    ['SCOPE_ADDED', 'SCOPE', read, 'Read', { connector, value: 'r' }],
    ['SCOPE_ADDED', 'SCOPE', write, 'Write', { connector, value: 'w' }],
  ]);
  expect((await deedsOfMutation('scopeUpdate', { id: read, input: { name: 'Look', value: 'r' } })).told).toEqual([
    ['SCOPE_UPDATED', 'SCOPE', read, 'Look', { connector, fields: 'name', formerName: 'Read', value: 'r' }],
  ]);
  const { told: deleted } = await deedsOfMutation('scopesDelete', { ids: [read, write] });
  expect(deleted).toEqual([
    ['SCOPE_DELETED', 'SCOPE', read, 'Look', { connector, value: 'r' }],
    ['SCOPE_DELETED', 'SCOPE', write, 'Write', { connector, value: 'w' }],
  ]);
});

test('what is refused leaves no entry', async () => {
  const id = await draft(server.ask, { linkName: 'taken' });
  const refused: [Parameters<typeof run>[1], object][] = [
    ['connectorCreate', { input: { name: 'Other', linkName: 'taken' } }],
    ['connectorUpdate', { id, input: { name: '!' } }],
    ['connectorUpdate', { id: 'cnr_00000000000070008000000000000000', input: { name: 'None' } }],
    [
      'connectorSetAuthConfig',
      { id, authConfig: { oauth2: { tokenUrl: 'not a URL', grantType: 'AUTHORIZATION_CODE' } } },
    ],
    ['connectorMarkReady', { id }],
    ['connectorRotateClientSecret', { id, secret: 'secret' }],
    ['connectorSetLogo', { id, imageBase64: 'bm8gaW1hZ2U=' }],
    ['connectorClone', { id, input: { name: 'Other', linkName: 'taken' } }],
    ['scopesAdd', { connectorId: id, scopes: [{ name: 'Read', value: 'with space' }] }],
    ['scopesDelete', { ids: ['scp_00000000000070008000000000000000'] }],
  ];
  const { deeds, gave } = await deedsOf(server.ask, async () => {
    const counts = [];
    for (const [mutation, variables] of refused)
      counts.push((await run(server.ask, mutation, variables)).userErrors.length);
    return counts;
  });
  expect(gave.filter((count) => count === 0)).toEqual([]);
  expect(deeds).toEqual([]);
});
