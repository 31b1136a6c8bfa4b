/** Copies of connectors, which have everything but connections, and the end of connectors. */
import { complete, configured, connectorOf, done, draft, freshName, ready, refusals, run } from '../support/connectors';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { createConnection } from '../support/story';
import { sample } from './image/image-parts';

const base64 = sample('PNG, grey').toString('base64');
const scopes = Array.from({ length: 12 }, (_, index) => ({ name: `Scope ${index}`, value: `scope:${index}` }));

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
  const general = {
    description: 'To be copied.',
    allowedHosts: ['api.example.com'],
    connectionFields: [{ name: 'sub', label: 'Subdomain' }],
  };
  id = await ready(server.ask, complete.oauth2, general);
  await done(server.ask, 'scopesAdd', { connectorId: id, scopes });
  await done(server.ask, 'connectorSetLogo', { id, imageBase64: base64 });
});
afterAll(() => server.remove());

const clone = async (input: object = { name: freshName() }, of = id) =>
  (await done(server.ask, 'connectorClone', { id: of, input })).connector;

describe('a clone', () => {
  test('is a DRAFT with everything of the original but its names and connections', async () => {
    await createConnection(server.ask, {
      connector: { id },
      name: 'Of the original',
      variables: [{ name: 'sub', value: 'a' }],
    });
    const original = await connectorOf(server.ask, id);
    const copy = await clone({ name: 'The copy', linkName: 'the_copy' });
    expect(copy).toEqual({
      ...original,
      id: expect.stringMatching(/^cnr_/),
      name: 'The copy',
      linkName: 'the_copy',
      stage: 'DRAFT',
      connectionCount: 0,
      redirectUri: `${server.url}/authorization/callback/${copy.id}`,
      scopes: { nodes: scopes.map((scope) => ({ id: expect.stringMatching(/^scp_/), ...scope })), totalCount: 12 },
      logo: { ...original.logo, url: expect.stringContaining(copy.id) },
      createdAt: expect.any(String),
      updatedAt: copy.createdAt,
    });
    expect(copy.id).not.toBe(id);
    expect(await connectorOf(server.ask, copy.id)).toEqual(copy);
    expect(await connectorOf(server.ask, id)).toEqual(original);
  });

  test('has scopes and a logo of its own', async () => {
    const original = await connectorOf(server.ask, id);
    const copy = await clone();
    const ids = copy.scopes.nodes.map((scope: { id: string }) => scope.id);
    expect(ids.filter((scope: string) => JSON.stringify(original).includes(scope))).toEqual([]);
    const served = await fetch(copy.logo.url);
    expect(Buffer.from(await served.arrayBuffer()).toString('base64')).toBe(base64);
    await done(server.ask, 'scopesDelete', { ids });
    await done(server.ask, 'connectorDelete', { id: copy.id });
    expect(await connectorOf(server.ask, id)).toEqual(original);
    expect((await fetch(original.logo.url)).status).toBe(200);
  });

  test.each(['oauth1', 'oauth2', 'clientCredentials'] as const)(
    'of %s has its secret, and so can be marked Ready',
    async (name) => {
      const original = await configured(server.ask, complete[name]);
      const copy = await clone({ name: freshName() }, original);
      expect(copy.readiness.missing).toEqual([]);
      const { connector } = await done(server.ask, 'connectorMarkReady', { id: copy.id });
      expect(connector.stage).toBe('READY');
      expect((await connectorOf(server.ask, original)).stage).toBe('DRAFT');
    },
  );

  test('lives on when the original is gone, with its secret', async () => {
    const original = await configured(server.ask, complete.oauth2);
    const copy = await clone({ name: freshName() }, original);
    await done(server.ask, 'connectorDelete', { id: original });
    expect((await connectorOf(server.ask, copy.id)).authConfig.clientSecret).toMatchObject({
      isSet: true,
      lastFour: '0001',
    });
  });

  test('can be made of anything: nothing configured, a type without secrets, another clone', async () => {
    const empty = await clone({ name: freshName() }, await draft(server.ask));
    expect(empty).toMatchObject({ authType: null, authConfig: null, scopes: { totalCount: 0 }, logo: null });
    const aws = await clone({ name: freshName() }, await configured(server.ask, complete.aws));
    expect(aws.authConfig).toEqual({ __typename: 'AwsAuthConfig', ...complete.aws.aws });
    expect((await clone({ name: freshName() }, aws.id)).authConfig).toEqual(aws.authConfig);
  });

  test('has a link name derived from its name when none is given', async () => {
    expect((await clone({ name: 'Copy of it' })).linkName).toBe('Copy_of_it');
    expect((await clone({ name: 'Copy of it' })).linkName).toBe('Copy_of_it_2');
  });

  test('has a name and a link name by the rules; nothing is made otherwise', async () => {
    const count = '{ connectors { totalCount } }';
    const before = (await dataOf(server.ask(count))).connectors.totalCount;
    const input = { name: '$', linkName: '1' };
    expect(refusals(await run(server.ask, 'connectorClone', { id, input }))).toEqual([
      'ValidationError INVALID_CHARACTERS name',
      'ValidationError INVALID_START linkName',
      'ValidationError INVALID_START name',
    ]);
    expect((await dataOf(server.ask(count))).connectors.totalCount).toBe(before);
  });
});

describe('deleting', () => {
  test('is refused while connections exist, and says how many', async () => {
    const connector = await ready(server.ask);
    const connections = [];
    for (const name of ['One', 'Two'])
      connections.push(await createConnection(server.ask, { connector: { id: connector }, name }));
    const before = await connectorOf(server.ask, connector);
    for (const connection of connections) {
      const payload = await run(server.ask, 'connectorDelete', { id: connector });
      expect(refusals(payload)).toEqual(['ConflictError IN_USE id']);
      expect(payload.userErrors[0]?.message).toContain(
        connection === connections[0] ? '2 connections' : '1 connection:',
      );
      expect(payload.deletedId).toBeNull();
      if (connection === connections[0]) expect(await connectorOf(server.ask, connector)).toEqual(before);
      await dataOf(server.ask('mutation ($id: ID!) { connectionDelete(id: $id) { deletedId } }', { id: connection }));
    }
    expect((await done(server.ask, 'connectorDelete', { id: connector })).deletedId).toBe(connector);
  });

  test('leaves nothing: not the connector, its scopes nor its logo', async () => {
    const { id: copy, scopes: own, logo } = await clone();
    await done(server.ask, 'connectorDelete', { id: copy });
    expect(await connectorOf(server.ask, copy)).toBeNull();
    for (const gone of [copy, own.nodes[0].id])
      expect((await dataOf(server.ask('query ($id: ID!) { node(id: $id) { id } }', { id: gone }))).node).toBeNull();
    expect((await fetch(logo.url)).status).toBe(404);
    expect(refusals(await run(server.ask, 'connectorDelete', { id: copy }))).toEqual(['NotFoundError NOT_FOUND id']);
  });
});
