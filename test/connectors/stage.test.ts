/** The stage: what READY forbids, what it still allows, and that there is no way back. */
import { complete, configured, connectorOf, done, draft, freshName, ready, refusals, run } from '../support/connectors';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { createConnection } from '../support/story';

let server: TestServer;
let id: string;
const connectionFields = [
  { name: 'sub', label: 'Subdomain', pattern: '[a-z]+' },
  { name: 'tenant', label: 'Tenant', required: false },
];
beforeAll(async () => {
  server = await startTestServer();
  id = await ready(server.ask, complete.oauth2, { linkName: 'the_link_name', connectionFields });
});
afterAll(() => server.remove());

const wrongStage = { __typename: 'StageError', code: 'WRONG_STAGE', stage: 'READY', requiredStage: 'DRAFT' };

describe('READY forbids', () => {
  const { oauth2 } = complete.oauth2;

  test.each([
    ['the same configuration', { oauth2 }],
    ['another URL', { oauth2: { ...oauth2, tokenUrl: 'https://provider.example/other' } }],
    ['another secret', { oauth2: { ...oauth2, clientSecret: 'another-secret' } }],
    ['no secret', { oauth2: { ...oauth2, clientSecret: null } }],
    ['another grant type', complete.clientCredentials],
    ['another type', complete.basic],
  ])('a configuration: %s', async (_, authConfig) => {
    const before = await connectorOf(server.ask, id);
    for (const discardExisting of [false, true]) {
      const payload = await run(server.ask, 'connectorSetAuthConfig', { id, authConfig, discardExisting });
      expect(payload.userErrors).toEqual([{ ...wrongStage, path: ['authConfig'], message: expect.any(String) }]);
      expect(payload.connector).toBeNull();
    }
    expect(await connectorOf(server.ask, id)).toEqual(before);
  });

  const [sub, tenant] = connectionFields;
  test.each([
    ['linkName', 'another_link_name'],
    ['linkName', 'THE_LINK_NAME'],
    ['connectionFields', []],
    ['connectionFields', [sub]],
    ['connectionFields', [tenant, sub]],
    ['connectionFields', [...connectionFields, { name: 'more', label: 'More' }]],
    ['connectionFields', [{ ...sub, label: 'Other' }, tenant]],
    ['connectionFields', [{ ...sub, pattern: null }, tenant]],
    ['connectionFields', [{ ...sub, secret: true }, tenant]],
    ['connectionFields', [sub, { ...tenant, required: true }]],
    ['connectionFields', [sub, { ...tenant, help: 'Help' }]],
  ])('another %s: %j', async (field, value) => {
    const before = await connectorOf(server.ask, id);
    const input = { name: 'Not kept either', [field]: value };
    const payload = await run(server.ask, 'connectorUpdate', { id, input });
    expect(payload.userErrors).toEqual([{ ...wrongStage, path: [field], message: expect.any(String) }]);
    expect(payload.connector).toBeNull();
    expect(await connectorOf(server.ask, id)).toEqual(before);
  });

  test('marking it again', async () => {
    const before = await connectorOf(server.ask, id);
    const payload = await run(server.ask, 'connectorMarkReady', { id });
    expect(payload.userErrors).toEqual([{ ...wrongStage, path: ['id'], message: expect.stringContaining('already') }]);
    expect(payload.connector).toBeNull();
    expect(await connectorOf(server.ask, id)).toEqual(before);
  });

  test('all of that is told at once, with every other broken rule', async () => {
    const input = {
      name: '',
      linkName: 'other',
      description: '+',
      allowedHosts: ['*'],
      connectionFields: [{ name: '', label: 'L' }],
    };
    expect(refusals(await run(server.ask, 'connectorUpdate', { id, input }))).toEqual([
      'StageError WRONG_STAGE connectionFields',
      'StageError WRONG_STAGE linkName',
      'ValidationError INVALID_CHARACTERS description',
      'ValidationError INVALID_FORMAT allowedHosts.0',
      'ValidationError REQUIRED connectionFields.0.name',
      'ValidationError REQUIRED name',
    ]);
    const authConfig = { oauth2: { grantType: 'AUTHORIZATION_CODE', clientId: '' } };
    expect(refusals(await run(server.ask, 'connectorSetAuthConfig', { id, authConfig }))).toEqual([
      'StageError WRONG_STAGE authConfig',
      'ValidationError REQUIRED authConfig.oauth2.clientId',
    ]);
  });

  test('null where nothing may be null, which is told as that', async () => {
    const input = { linkName: null, connectionFields: null };
    expect(refusals(await run(server.ask, 'connectorUpdate', { id, input }))).toEqual([
      'ValidationError REQUIRED connectionFields',
      'ValidationError REQUIRED linkName',
    ]);
  });
});

describe('READY allows', () => {
  test.each([
    ['name', 'Another name'],
    ['description', 'Another description'],
    ['description', null],
    ['allowedHosts', ['api.example.com', '*.example.org']],
  ])('another %s: %j', async (field, value) => {
    const before = await connectorOf(server.ask, id);
    const { connector } = await done(server.ask, 'connectorUpdate', { id, input: { [field]: value } });
    const { updatedAt, readiness } = connector;
    expect(connector).toEqual({ ...before, [field]: value, updatedAt, readiness });
    expect(connector).toMatchObject({ stage: 'READY', readiness: { ready: true, missing: [] } });
  });

  test('giving back everything as it was read', async () => {
    const before = await connectorOf(server.ask, id);
    const { name, linkName, description, allowedHosts } = before;
    const input = { name, linkName, description, allowedHosts, connectionFields: before.connectionFields };
    const { connector } = await done(server.ask, 'connectorUpdate', { id, input });
    expect(connector).toEqual({ ...before, updatedAt: connector.updatedAt });
  });

  test('adding scopes, and changing and deleting them as long as there are no connections', async () => {
    const scopes = [
      { name: 'Read', value: 'read' },
      { name: 'Write', value: 'write' },
    ];
    const added = (await done(server.ask, 'scopesAdd', { connectorId: id, scopes })).scopes;
    await done(server.ask, 'scopeUpdate', { id: added[0].id, input: { name: 'Read all' } });
    await done(server.ask, 'scopesDelete', { ids: [added[1].id] });
    const { stage, scopes: left } = await connectorOf(server.ask, id);
    expect(stage).toBe('READY');
    expect(left.nodes).toEqual([{ id: added[0].id, name: 'Read all', value: 'read' }]);
  });

  test('deleting it', async () => {
    const connector = await ready(server.ask);
    await done(server.ask, 'connectorDelete', { id: connector });
    expect(await connectorOf(server.ask, connector)).toBeNull();
  });
});

test('DRAFT takes no connections, READY does', async () => {
  const connector = await configured(server.ask, complete.basic);
  const query = `mutation ($input: ConnectionCreateInput!) {
    connectionCreate(input: $input) {
      connection { id } userErrors { __typename code path ... on StageError { stage requiredStage } }
    }
  }`;
  const input = { connector: { id: connector }, name: freshName() };
  expect((await dataOf(server.ask(query, { input }))).connectionCreate).toEqual({
    connection: null,
    userErrors: [
      { __typename: 'StageError', code: 'WRONG_STAGE', path: ['connector'], stage: 'DRAFT', requiredStage: 'READY' },
    ],
  });
  await done(server.ask, 'connectorMarkReady', { id: connector });
  expect(await createConnection(server.ask, input)).toMatch(/^cnn_/);
  expect((await connectorOf(server.ask, connector)).connectionCount).toBe(1);
});

test('marking it Ready changes the stage, and nothing else', async () => {
  const connector = await configured(server.ask, complete.oauth1);
  const before = await connectorOf(server.ask, connector);
  const { connector: after } = await done(server.ask, 'connectorMarkReady', { id: connector });
  expect(after).toEqual({ ...before, stage: 'READY', updatedAt: after.updatedAt });
});

test('an unconfigured DRAFT can be changed in every way', async () => {
  const connector = await draft(server.ask, { connectionFields });
  const input = { linkName: 'changed_draft', connectionFields: [] };
  expect((await done(server.ask, 'connectorUpdate', { id: connector, input })).connector).toMatchObject(input);
});
