/** OAuth 1 from the connector to signed calls and back, with real providers: one of them Python's oauthlib. */
import { type OAuth1Provider, providers, withoutOauthlib } from '../peers/oauth1';
import { Person } from '../peers/person';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import {
  authorizeConnection,
  CONSUMER_KEY,
  CONSUMER_SECRET,
  dance,
  decide,
  everythingKept,
  flowOf,
  newConnection,
  signatureMethods,
  statusOf,
  toProvider,
  watchFlow,
} from './oauth1-steps';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

if (withoutOauthlib !== undefined) {
  // Said in the name, so that a run without it shows what it did not ask.
  test(`oauthlib is not asked: ${withoutOauthlib}`, () => {
    expect(providers.map(([name]) => name)).not.toContain('oauthlib');
  });
}

const authorized = { status: 'AUTHORIZED', error: null };

async function invoke(connection: string, input: object) {
  const query = `mutation ($input: InvokeUrlInput!) {
    invokeUrl(input: $input) { response { status body } userErrors { code path message } }
  }`;
  const { response, userErrors } = (
    await dataOf(server.ask(query, { input: { connection: { id: connection }, ...input } }))
  ).invokeUrl;
  return { status: response?.status, body: response?.body && JSON.parse(response.body), userErrors };
}

async function revoke(id: string): Promise<{ remoteRevoked: boolean | null }> {
  const query =
    'mutation ($id: ID!) { connectionRevoke(id: $id) { remoteRevoked connection { status } userErrors { code } } }';
  return (await dataOf(server.ask(query, { id }))).connectionRevoke;
}

describe.each(providers)('with %s', (_, start) => {
  let provider: OAuth1Provider;
  beforeAll(async () => {
    provider = await start();
    await provider.know({ clients: { [CONSUMER_KEY]: CONSUMER_SECRET } });
  });
  afterAll(() => provider.close());

  const connect = async (config: object = {}) => {
    const made = await newConnection(server.ask, { provider: provider.url, config });
    return { ...made, ...(await dance(server.ask, made.connection)) };
  };

  test.each(signatureMethods)(
    '%s: the whole dance, told to whoever watches, then every kind of call',
    async (signatureMethod) => {
      const { connection, redirectUri } = await newConnection(server.ask, {
        provider: provider.url,
        config: { signatureMethod },
      });
      const { flow, link } = await authorizeConnection(server.ask, connection);
      const watch = watchFlow(server, flow);
      expect(await watch.next()).toEqual({ status: 'PENDING', error: null });

      const person = new Person();
      const consentPage = await toProvider(person, link);
      expect(consentPage).toMatchObject({
        status: 200,
        url: expect.stringMatching(`^${provider.url}/authorize\\?oauth_token=`),
      });
      const callback = await decide(person, consentPage);
      expect(callback.href.split('?')[0]).toBe(redirectUri);
      expect([...callback.searchParams.keys()].sort()).toEqual(['oauth_token', 'oauth_verifier', 'state']);
      expect((await person.visit(callback.href)).status).toBe(200);

      expect(await watch.next()).toEqual(authorized);
      expect(await watch.next()).toBeUndefined();
      await watch.close();
      expect(await statusOf(server.ask, connection)).toBe('CONNECTED');

      const query = 'tag=2&tag=1&a=b=c&plus=1+%2B&e&%6eame=%7e&%C3%BC=%E2%82%AC';
      const got = await invoke(connection, {
        method: 'GET',
        url: `${provider.url}/files/r%20v?${query}`,
        parameters: [{ name: "it's", value: '(!)*' }],
      });
      expect(got).toMatchObject({ status: 200, userErrors: [] });
      expect(got.body).toEqual({
        method: 'GET',
        path: '/files/r%20v',
        query: { tag: ['2', '1'], a: ['b=c'], plus: ['1 +'], e: [''], name: ['~'], ü: ['€'], "it's": ['(!)*'] },
        body: '',
        signatureMethod: signatureMethod.replace('_', '-'),
      });

      const fields = [
        ['tag', 'b'],
        ['tag', 'a'],
        ['status', 'Hello + & = ü'],
        ['', ''],
        ['tag', 'a'],
      ].map(([name, value]) => ({ name, value }));
      const form = await invoke(connection, {
        method: 'POST',
        url: `${provider.url}/form?tag=c`,
        body: { form: fields },
      });
      expect(form).toMatchObject({
        status: 200,
        body: { method: 'POST', body: 'tag=b&tag=a&status=Hello+%2B+%26+%3D+%C3%BC&=&tag=a' },
      });

      const json = await invoke(connection, {
        method: 'PUT',
        url: `${provider.url}/json?a=1`,
        body: { json: { tag: ['a', 'ü'], a: '1' } },
      });
      expect(json).toMatchObject({ status: 200, body: { method: 'PUT', body: '{"tag":["a","ü"],"a":"1"}' } });

      const typed = { content: 'a=1&b=2+3', mediaType: 'application/x-www-form-urlencoded' };
      const text = await invoke(connection, { method: 'PATCH', url: `${provider.url}/typed`, body: { text: typed } });
      expect(text).toMatchObject({ status: 200, body: { body: 'a=1&b=2+3' } });
    },
  );

  test('a person who declines is DENIED, with the word of the provider', async () => {
    for (const [decision, word] of [
      ['denied', 'denied'],
      ['user_refused', 'user_refused'],
      ['permission_denied', 'permission_denied'],
    ]) {
      const { connection } = await newConnection(server.ask, { provider: provider.url });
      const { flow, page } = await dance(server.ask, connection, decision);
      expect(await flowOf(server.ask, flow)).toEqual({
        status: 'DENIED',
        error: { code: 'DENIED', providerError: word, providerErrorDescription: null },
      });
      expect(page).toMatchObject({ status: 400, body: expect.stringContaining('Not connected') });
      expect(await statusOf(server.ask, connection)).toBe('UNAUTHORIZED');
    }
  });

  test('a problem that is not a person who declines is the refusal of the provider', async () => {
    for (const problem of ['consumer_key_refused', 'token_rejected', 'permission_unknown']) {
      const { connection } = await newConnection(server.ask, { provider: provider.url });
      const { flow } = await dance(server.ask, connection, problem);
      expect(await flowOf(server.ask, flow)).toMatchObject({
        status: 'FAILED',
        error: { code: 'PROVIDER_REFUSED', providerError: problem },
      });
    }
  });

  const spoil: [string, (callback: URL) => void, string][] = [
    ['for another token', ({ searchParams }) => searchParams.set('oauth_token', 'another'), 'PROVIDER_ANSWER_UNUSABLE'],
    ['without a token', ({ searchParams }) => searchParams.delete('oauth_token'), 'PROVIDER_ANSWER_UNUSABLE'],
    ['without a verifier', ({ searchParams }) => searchParams.delete('oauth_verifier'), 'PROVIDER_ANSWER_UNUSABLE'],
    [
      'with an empty verifier',
      ({ searchParams }) => searchParams.set('oauth_verifier', ''),
      'PROVIDER_ANSWER_UNUSABLE',
    ],
    [
      'with a verifier that somebody made up',
      ({ searchParams }) => searchParams.set('oauth_verifier', 'made-up'),
      'PROVIDER_REFUSED',
    ],
  ];
  test.each(spoil)('whoever comes back %s gets nothing', async (_, change, code) => {
    const { connection } = await newConnection(server.ask, { provider: provider.url });
    const person = new Person();
    const { flow, link } = await authorizeConnection(server.ask, connection);
    const callback = await decide(person, await toProvider(person, link));
    const good = callback.href;
    change(callback);
    expect((await person.visit(callback.href)).status).toBe(400);
    const failed = { status: 'FAILED', error: { code } };
    expect(await flowOf(server.ask, flow)).toMatchObject(failed);
    expect((await person.visit(good)).status).toBe(400);
    expect(await flowOf(server.ask, flow)).toMatchObject(failed);
    expect(await statusOf(server.ask, connection)).toBe('UNAUTHORIZED');
  });

  test('a callback serves once, and what it brought stays', async () => {
    const { connection, flow, person, callback } = await connect();
    expect((await person.visit(callback.href)).status).toBe(400);
    expect(await flowOf(server.ask, flow)).toEqual(authorized);
    expect(await invoke(connection, { method: 'GET', url: `${provider.url}/still` })).toMatchObject({ status: 200 });
  });

  test('each connector has its own redirect URI, and what arrives at the one of another is refused', async () => {
    const one = await newConnection(server.ask, { provider: provider.url });
    const other = await newConnection(server.ask, { provider: provider.url });
    expect(one.redirectUri).not.toBe(other.redirectUri);
    const person = new Person();
    const { flow, link } = await authorizeConnection(server.ask, one.connection);
    const callback = await decide(person, await toProvider(person, link));
    expect((await person.visit(`${other.redirectUri}${callback.search}`)).status).toBe(400);
    expect(await flowOf(server.ask, flow)).toMatchObject({ status: 'FAILED', error: { code: 'WRONG_CONNECTOR' } });
    expect([await statusOf(server.ask, one.connection), await statusOf(server.ask, other.connection)]).toEqual([
      'UNAUTHORIZED',
      'UNAUTHORIZED',
    ]);
  });

  test('revoking asks the provider with a signature that it accepts, and no call is made after that', async () => {
    const { connection } = await connect({ revokeTokenUrl: `${provider.url}/revoke` });
    expect(await revoke(connection)).toEqual({
      remoteRevoked: true,
      connection: { status: 'REVOKED' },
      userErrors: [],
    });
    expect(await invoke(connection, { method: 'GET', url: provider.url })).toMatchObject({
      userErrors: [{ code: 'NOT_AUTHORIZED' }],
    });
  });

  test('a wrong consumer secret is refused before anybody is sent anywhere', async () => {
    const { connection } = await newConnection(server.ask, {
      provider: provider.url,
      config: { consumerSecret: 'wrong' },
    });
    const { flow, link } = await authorizeConnection(server.ask, connection);
    expect(await toProvider(new Person(), link)).toMatchObject({
      status: 400,
      url: expect.stringContaining(server.url),
    });
    expect(await flowOf(server.ask, flow)).toMatchObject({ status: 'FAILED', error: { code: 'PROVIDER_REFUSED' } });
  });
});

test('nothing of all this stands readable in the database or in the log', async () => {
  const kept = await everythingKept(server);
  expect(kept).toContain(CONSUMER_KEY);
  expect(kept).not.toContain(CONSUMER_SECRET);
  expect(kept).not.toContain(encodeURIComponent(CONSUMER_SECRET));
  expect(kept).not.toMatch(/oauth_(token|verifier|signature)=/);
});
