/** Configuring the authentication: exactly one type, another only when the former may be lost, and secrets that are never told. */

import { clockAt } from '../support/clock';
import {
  badUserInput,
  complete,
  configured,
  connectorOf,
  documentOf,
  done,
  draft,
  refusals,
  run,
} from '../support/connectors';
import { dataOf, startTestServer, type TestServer } from '../support/server';

const clock = clockAt('2030-01-01T00:00:00.000Z');
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now });
});
afterAll(() => server.remove());

const set = (id: string, authConfig: object, discardExisting?: boolean | null) =>
  run(server.ask, 'connectorSetAuthConfig', { id, authConfig, discardExisting });

const typeOf = {
  basic: 'BASIC',
  apiKey: 'API_KEY',
  oauth1: 'OAUTH1',
  oauth2: 'OAUTH2',
  pkce: 'OAUTH2',
  clientCredentials: 'OAUTH2',
  bearerToken: 'BEARER_TOKEN',
  aws: 'AWS',
};

test.each(Object.keys(typeOf) as (keyof typeof typeOf)[])('each type can be configured: %s', async (name) => {
  const { connector } = await set(await draft(server.ask), complete[name]);
  expect(connector.authType).toBe(typeOf[name]);
  expect(connector.readiness).toMatchObject({ ready: true, missing: [] });
});

describe('exactly one type is given', () => {
  const { basic, aws } = { ...complete.basic, ...complete.aws };

  test.each([{}, { basic, aws }, { basic: null }, { basic, aws: null }, { basic: null, aws: null }, { saml: {} }])(
    'not %j',
    async (authConfig) => {
      const id = await draft(server.ask);
      expect(await badUserInput(server.ask(documentOf('connectorSetAuthConfig'), { id, authConfig }))).toBe(true);
      expect((await connectorOf(server.ask, id)).authType).toBeNull();
    },
  );

  test.each(['{}', '{ bearerToken: {}, aws: {} }', '{ aws: null }', '{ bearerToken: {}, aws: null }'])(
    'not %s in the document',
    async (literal) => {
      const id = await draft(server.ask);
      const document = `mutation { connectorSetAuthConfig(id: "${id}", authConfig: ${literal}) { connector { id } } }`;
      expect(await badUserInput(server.ask(document))).toBe(true);
      expect((await connectorOf(server.ask, id)).authType).toBeNull();
    },
  );
});

describe('another type', () => {
  const general = { name: 'General', linkName: 'general_section', description: 'Text', allowedHosts: ['a.example'] };
  const connectionFields = [{ name: 'sub', label: 'Sub', secret: false, required: true, pattern: null, help: null }];

  test.each([undefined, null, false])('is refused with discardExisting: %s, and nothing is lost', async (discard) => {
    const id = await configured(server.ask, complete.oauth2);
    await done(server.ask, 'scopesAdd', { connectorId: id, scopes: [{ name: 'Read', value: 'read' }] });
    const before = await connectorOf(server.ask, id);
    const payload = await set(id, complete.basic, discard);
    expect(refusals(payload)).toEqual(['StageError DISCARD_REQUIRED discardExisting']);
    expect(payload.connector).toBeNull();
    expect(await connectorOf(server.ask, id)).toEqual(before);
  });

  test('is told along with every broken rule of the configuration', async () => {
    const id = await configured(server.ask, complete.basic);
    expect(refusals(await set(id, { aws: { region: 'EU', serviceName: '' } }))).toEqual([
      'StageError DISCARD_REQUIRED discardExisting',
      'ValidationError INVALID_CHARACTERS authConfig.aws.region',
      'ValidationError REQUIRED authConfig.aws.serviceName',
    ]);
  });

  test('loses the configuration and the scopes; the general section stays', async () => {
    const id = await configured(server.ask, complete.oauth2, { ...general, connectionFields });
    await done(server.ask, 'scopesAdd', { connectorId: id, scopes: [{ name: 'Read', value: 'read' }] });
    const before = await connectorOf(server.ask, id);
    const payload = await set(id, complete.aws, true);
    expect(refusals(payload)).toEqual([]);
    const after = await connectorOf(server.ask, id);
    expect(after).toEqual({
      ...before,
      authType: 'AWS',
      authConfig: { __typename: 'AwsAuthConfig', ...complete.aws.aws },
      scopes: { nodes: [], totalCount: 0 },
      redirectUri: null,
      readiness: { ready: true, missing: [], warnings: [] },
      authorizationForm: { fields: [before.authorizationForm.fields[0], ...after.authorizationForm.fields.slice(1)] },
      updatedAt: after.updatedAt,
    });
    expect(after).toMatchObject({ ...general, connectionFields });
  });

  test('does not bring a lost secret back', async () => {
    const id = await configured(server.ask, complete.oauth2);
    await set(id, complete.basic, true);
    await set(id, { oauth2: { grantType: 'AUTHORIZATION_CODE' } }, true);
    expect((await connectorOf(server.ask, id)).authConfig.clientSecret.isSet).toBe(false);
  });

  test('the same type, and a first one, need no word about it', async () => {
    const id = await draft(server.ask);
    await done(server.ask, 'scopesAdd', { connectorId: id, scopes: [{ name: 'Read', value: 'read' }] });
    expect(refusals(await set(id, complete.oauth2))).toEqual([]);
    expect(refusals(await set(id, complete.clientCredentials))).toEqual([]);
    const { authConfig, scopes } = await connectorOf(server.ask, id);
    expect(authConfig).toMatchObject({ grantType: 'CLIENT_CREDENTIALS', authorizationUrl: null });
    expect(scopes.totalCount).toBe(1);
  });
});

describe.each([
  { field: 'clientSecret', type: 'oauth2', others: { grantType: 'AUTHORIZATION_CODE', clientId: 'id' } },
  { field: 'consumerSecret', type: 'oauth1', others: { consumerKey: 'key' } },
])('the $field of $type', ({ field, type, others }) => {
  const given = (secret?: string | null) => ({
    [type]: { ...others, ...(secret !== undefined && { [field]: secret }) },
  });
  const presence = async (id: string) => (await connectorOf(server.ask, id)).authConfig[field];

  test('is told to be there, with its last four characters and since when', async () => {
    const id = await configured(server.ask, given('a-secret-of-12'));
    expect(await presence(id)).toEqual({ isSet: true, lastFour: 'f-12', updatedAt: clock.in(0) });
    await set(id, given('12-character'));
    expect(await presence(id)).toEqual({ isSet: true, lastFour: 'cter', updatedAt: clock.in(0) });
  });

  test('is too short to tell four characters of it below 12', async () => {
    const id = await configured(server.ask, given('11-characte'));
    expect(await presence(id)).toEqual({ isSet: true, lastFour: null, updatedAt: clock.in(0) });
  });

  test('stays when it is left out, is replaced when it is given, and removed by null', async () => {
    const id = await configured(server.ask, given('the-first-secret'));
    const since = clock.in(0);
    clock.pass(60);
    await set(id, given());
    expect(await presence(id)).toEqual({ isSet: true, lastFour: 'cret', updatedAt: since });
    await set(id, given('the-second-one'));
    expect(await presence(id)).toEqual({ isSet: true, lastFour: '-one', updatedAt: clock.in(0) });
    await set(id, given(null));
    expect(await presence(id)).toEqual({ isSet: false, lastFour: null, updatedAt: null });
    await set(id, given());
    expect(await presence(id)).toEqual({ isSet: false, lastFour: null, updatedAt: null });
  });

  test('stays when the rest is refused', async () => {
    const id = await configured(server.ask, given('the-kept-secret'));
    const payload = await set(id, { [type]: { ...others, [field]: 'the-refused-one', tokenUrl: 'x' } });
    expect(refusals(payload)).toEqual([`ValidationError INVALID_URL authConfig.${type}.tokenUrl`]);
    expect((await presence(id)).lastFour).toBe('cret');
  });

  test('is in no answer, no message and no log line', async () => {
    const [first, second, refused] = ['first-1c9ae4', 'second-77b0d2', 'refused-5e!41'];
    const id = await draft(server.ask);
    const answers: unknown[] = [await set(id, given(first))];
    const variables = { id, secret: second };
    answers.push(await run(server.ask, 'connectorRotateClientSecret', variables));
    answers.push(await run(server.ask, 'connectorRotateClientSecret', { id, secret: refused }));
    answers.push(await set(id, given(refused)));
    answers.push(
      await server.ask(documentOf('connectorSetAuthConfig'), { id, authConfig: { ...given(first), aws: {} } }),
    );
    answers.push(await run(server.ask, 'connectorClone', { id, input: { name: 'Copy' } }));
    answers.push(await connectorOf(server.ask, id));
    answers.push(await dataOf(server.ask('{ connectors(first: 100) { nodes { authConfig { __typename } } } }')));
    const told = JSON.stringify(answers) + server.logLines.join();
    expect(told).toContain('b0d2');
    expect([first, second, refused].filter((secret) => told.includes(secret))).toEqual([]);
  });
});

describe('rotating the client secret', () => {
  const rotate = (id: string, secret: string) => run(server.ask, 'connectorRotateClientSecret', { id, secret });

  test.each([
    ['oauth2', 'clientSecret'],
    ['clientCredentials', 'clientSecret'],
    ['oauth1', 'consumerSecret'],
  ] as const)('of %s changes nothing else, in DRAFT and in READY', async (name, field) => {
    const id = await configured(server.ask, complete[name]);
    for (const secret of ['new-secret-in-draft', 'new-secret-in-ready']) {
      const before = await connectorOf(server.ask, id);
      clock.pass(60);
      expect(refusals(await rotate(id, secret))).toEqual([]);
      const rotated = { isSet: true, lastFour: secret.slice(-4), updatedAt: clock.in(0) };
      const authConfig = { ...before.authConfig, [field]: rotated };
      expect(await connectorOf(server.ask, id)).toEqual({ ...before, authConfig, updatedAt: clock.in(0) });
      await run(server.ask, 'connectorMarkReady', { id });
    }
  });

  test.each([
    ['', 'REQUIRED'],
    ['a!', 'INVALID_CHARACTERS'],
    ['a  b', 'INVALID_CHARACTERS'],
    ['a'.repeat(2049), 'TOO_LONG'],
  ])('takes no secret that the configuration would not: %j', async (secret, code) => {
    const id = await configured(server.ask, complete.oauth2);
    const before = await connectorOf(server.ask, id);
    expect(refusals(await rotate(id, secret))).toEqual([`ValidationError ${code} secret`]);
    expect(await connectorOf(server.ask, id)).toEqual(before);
  });

  test('needs one that is there: none can be added in this way', async () => {
    const without = [
      await draft(server.ask),
      await configured(server.ask, complete.basic),
      await configured(server.ask, complete.pkce),
    ];
    for (const id of without) {
      const before = await connectorOf(server.ask, id);
      expect(refusals(await rotate(id, 'a-new-secret'))).toEqual(['ValidationError NOT_ACCEPTED id']);
      expect(await connectorOf(server.ask, id)).toEqual(before);
    }
  });
});
