/** What goes out to a provider: the authorization URL and the token request, byte for byte. */
import { createHash } from 'node:crypto';
import { Person } from '../peers/person';
import { formOf, type Sloppy, startSloppy } from '../peers/sloppy';
import {
  authorizing,
  begin,
  flowOf,
  grantsOf,
  linkIn,
  newConnection,
  type OAuthConnector,
  oauthConnector,
} from '../support/oauth';
import { dataOf, startTestServer, type TestServer } from '../support/server';

let server: TestServer;
let sloppy: Sloppy;

beforeAll(async () => {
  [server, sloppy] = await Promise.all([startTestServer(), startSloppy()]);
});
afterAll(() => Promise.all([server.remove(), sloppy.close()]));
beforeEach(() => sloppy.reset());

let count = 0;

function connectorFor(
  config: object,
  { scopes = [], connectionFields = [] }: { scopes?: string[]; connectionFields?: object[] } = {},
): Promise<OAuthConnector> {
  count += 1;
  return oauthConnector(
    server.ask,
    { name: `Api ${count}`, scopes, connectionFields },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'acme & sons/1',
        clientSecret: 'secret+1',
        authorizationUrl: `${sloppy.url}/authorize`,
        tokenUrl: `${sloppy.url}/token`,
        ...config,
      },
    },
  );
}

/** A whole journey; gives where the person was sent, as it was asked for, and the token request. */
async function journey(connector: OAuthConnector, input: object = {}) {
  const connection = await newConnection(server.ask, connector, input);
  const flow = await begin(server.ask, connection);
  const person = new Person();
  await person.press(await person.visit(linkIn(flow)));
  expect(await flowOf(server.ask, flow.id)).toMatchObject({ status: 'AUTHORIZED', error: null });
  expect(await grantsOf(server.ask, connection)).toMatchObject([{ status: 'CONNECTED' }]);
  const target = sloppy.visits.at(-1) ?? '';
  const [path, query = ''] = target.split('?', 2);
  const pairs = query.split('&').map((pair) => pair.split('=', 2) as [string, string]);
  return { path, pairs, sent: Object.fromEntries(pairs), token: sloppy.tokenRequests.at(-1)! };
}

describe('the authorization URL', () => {
  test('has the parameters of the protocol, each once, in bare percent-encoding', async () => {
    const connector = await connectorFor({ scopeDelimiter: ' ' }, { scopes: ['files.read', 'https://api/x?y=z&w+v'] });
    const { path, pairs, sent, token } = await journey(connector);
    expect(path).toBe('/authorize');
    expect(pairs.map(([name]) => name).sort()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ]);
    expect(sent).toMatchObject({
      response_type: 'code',
      client_id: 'acme%20%26%20sons%2F1',
      redirect_uri: encodeURIComponent(connector.redirectUri),
      scope: 'files.read%20https%3A%2F%2Fapi%2Fx%3Fy%3Dz%26w%2Bv',
      code_challenge_method: 'S256',
    });
    const verifier = formOf(token).get('code_verifier') ?? '';
    expect(verifier).toMatch(/^[A-Za-z0-9\-._~]{43,128}$/);
    expect(sent.code_challenge).toBe(createHash('sha256').update(verifier).digest('base64url'));
  });

  test('has no scope when none is asked for, and no challenge when the provider refuses PKCE', async () => {
    const { pairs, token } = await journey(await connectorFor({ sendPkce: false }));
    expect(pairs.map(([name]) => name).sort()).toEqual(['client_id', 'redirect_uri', 'response_type', 'state']);
    expect(formOf(token).has('code_verifier')).toBe(false);
  });

  test.each([
    [',', 'a%2Cb'],
    [' ', 'a%20b'],
    ['+', 'a%2Bb'],
    [';', 'a%3Bb'],
    [', ', 'a%2C%20b'],
  ])('separates scopes by "%s"', async (scopeDelimiter, expected) => {
    const { sent } = await journey(await connectorFor({ scopeDelimiter }, { scopes: ['a', 'b'] }));
    expect(sent.scope).toBe(expected);
  });

  test('asks for the scopes of the connection only', async () => {
    const connector = await connectorFor({}, { scopes: ['a', 'b', 'c'] });
    const { sent } = await journey(connector, { scopeIds: [connector.scopeIds[2], connector.scopeIds[0]] });
    expect(sent.scope).toBe('a%2Cc');
  });

  test.each([
    ['/authorize?a=b%20c&d', '/authorize?a=b%20c&d&response_type=code&'],
    ['/authorize?', '/authorize?response_type=code&'],
    ['/authorize?a=b&', '/authorize?a=b&response_type=code&'],
    ['/v1/authorize', '/v1/authorize?response_type=code&'],
  ])('keeps its own query: %s', async (own, expected) => {
    await journey(await connectorFor({ authorizationUrl: `${sloppy.url}${own}` }));
    expect(sloppy.visits.at(-1)?.startsWith(expected)).toBe(true);
  });

  test('has the extra parameters of the connector', async () => {
    const authorizationParameters = [
      { name: 'access_type', value: 'offline' },
      { name: 'claims[0]', value: '{"a": "b+c&d=é"}' },
    ];
    const { pairs } = await journey(await connectorFor({ authorizationParameters }));
    expect(pairs).toEqual(
      expect.arrayContaining([
        ['access_type', 'offline'],
        ['claims%5B0%5D', '%7B%22a%22%3A%20%22b%2Bc%26d%3D%C3%A9%22%7D'],
      ]),
    );
  });
});

describe('the token request', () => {
  const tokenParameters = [
    { name: 'audience', value: 'https://api.example.com/?a=b&c' },
    { name: 'resource[]', value: 'é +' },
  ];

  test('is a form, with the extra parameters of the connector', async () => {
    const connector = await connectorFor({ tokenParameters });
    const { token } = await journey(connector);
    expect(token).toMatchObject({ method: 'POST', target: '/token' });
    expect(token.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded\b/);
    expect(token.headers.accept).toBe('application/json');
    expect(Object.fromEntries(formOf(token))).toEqual({
      grant_type: 'authorization_code',
      code: 'code-1-4/0A',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: connector.redirectUri,
      client_id: 'acme & sons/1',
      client_secret: 'secret+1',
      audience: 'https://api.example.com/?a=b&c',
      'resource[]': 'é +',
    });
  });

  test('is a JSON object where the connector says so', async () => {
    const connector = await connectorFor({ tokenParameters, tokenRequestFormat: 'JSON', sendPkce: false });
    const { token } = await journey(connector);
    expect(token.headers['content-type']).toBe('application/json');
    expect(JSON.parse(token.body.toString())).toEqual({
      grant_type: 'authorization_code',
      code: 'code-1-4/0A',
      redirect_uri: connector.redirectUri,
      client_id: 'acme & sons/1',
      client_secret: 'secret+1',
      audience: 'https://api.example.com/?a=b&c',
      'resource[]': 'é +',
    });
  });

  test('has the secret in the Authorization header only, each part form-urlencoded (RFC 6749 section 2.3.1)', async () => {
    const { token } = await journey(await connectorFor({ clientAuthentication: 'CLIENT_SECRET_BASIC' }));
    const pair = Buffer.from(/^Basic (.+)$/.exec(token.headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
    expect(pair).toBe('acme+%26+sons%2F1:secret%2B1');
    expect([...formOf(token).keys()].sort()).toEqual(['code', 'code_verifier', 'grant_type', 'redirect_uri']);
  });

  test.each(['FORM', 'JSON'])('of client credentials asks for the scopes, as %s', async (tokenRequestFormat) => {
    const connector = await connectorFor(
      {
        grantType: 'CLIENT_CREDENTIALS',
        authorizationUrl: null,
        scopeDelimiter: ' ',
        tokenRequestFormat,
        tokenParameters,
      },
      { scopes: ['a', 'b'] },
    );
    await begin(server.ask, await newConnection(server.ask, connector));
    const { body } = sloppy.tokenRequests.at(-1)!;
    const text = body.toString();
    expect(tokenRequestFormat === 'JSON' ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text))).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      client_id: 'acme & sons/1',
      client_secret: 'secret+1',
      audience: 'https://api.example.com/?a=b&c',
      'resource[]': 'é +',
    });
  });

  test('keeps the query of the token URL', async () => {
    const { token } = await journey(await connectorFor({ tokenUrl: `${sloppy.url}/token?tenant=a%20b` }));
    expect(token.target).toBe('/token?tenant=a%20b');
  });
});

describe('variables of the connection', () => {
  const connectionFields = ['octet', 'tenant', 'region', 'pin'].map((name) => ({
    name,
    label: name,
    required: false,
    secret: name === 'pin',
  }));
  const templated = () => {
    const origin = sloppy.url.replace('127.0.0.1', '127.0.0.{octet}');
    return connectorFor(
      {
        authorizationUrl: `${origin}/t/{tenant}/authorize?region={region}&x=1`,
        tokenUrl: `${origin}/t/{tenant}/token?region={region}`,
        authorizationParameters: [{ name: 'hint', value: '{tenant} in {region}, {{pin}}' }],
        tokenParameters: [
          { name: 'resource', value: 'https://{tenant}/{region}' },
          { name: 'pin', value: '{pin}' },
        ],
      },
      { connectionFields },
    );
  };
  const valuesOf = (values: object) => ({
    variables: Object.entries(values).map(([name, value]) => ({ name, value })),
  });

  test('stand in every URL and parameter, where no value can leave its place', async () => {
    const tenant = 'a/../b?c#d&e=f%2F+ é@[:]\\..';
    const region = 'eu west&admin=true#{octet}';
    const { path, sent, token } = await journey(
      await templated(),
      valuesOf({ octet: '1', tenant, region, pin: '12&34' }),
    );
    const encodedTenant = 'a%2F..%2Fb%3Fc%23d%26e%3Df%252F%2B%20%C3%A9%40%5B%3A%5D%5C..';
    const encodedRegion = 'eu%20west%26admin%3Dtrue%23%7Boctet%7D';
    expect(path).toBe(`/t/${encodedTenant}/authorize`);
    expect(sent).toMatchObject({ region: encodedRegion, x: '1' });
    expect(decodeURIComponent(sent.hint ?? '')).toBe(`${tenant} in ${region}, {12&34}`);
    expect(token.target).toBe(`/t/${encodedTenant}/token?region=${encodedRegion}`);
    expect(formOf(token).get('resource')).toBe(`https://${tenant}/${region}`);
    expect(formOf(token).get('pin')).toBe('12&34');
  });

  test('without a value become nothing, but in a host', async () => {
    const { path, sent } = await journey(await templated(), valuesOf({ octet: '1' }));
    expect(path).toBe('/t//authorize');
    expect(sent).toMatchObject({ region: '', hint: '%20in%20%2C%20%7B%7D' });
  });

  test('that a host cannot do without are asked for before anybody is sent anywhere', async () => {
    const connection = await newConnection(server.ask, await templated(), valuesOf({ tenant: 'a' }));
    const { connectionAuthorize } = await dataOf(authorizing(server.ask, connection));
    expect(connectionAuthorize).toMatchObject({
      flow: null,
      userErrors: [{ code: 'PROVIDER_ERROR', path: ['connection'] }],
    });
  });

  test('that are secret are kept out of what is told of the provider', async () => {
    const connector = await templated();
    const connection = await newConnection(
      server.ask,
      connector,
      valuesOf({ octet: '1', tenant: 'acme', pin: '987654' }),
    );
    sloppy.answer({ status: 400, body: { error: 'bad', error_description: 'acme: 987654 is wrong' } });
    const flow = await begin(server.ask, connection);
    const person = new Person();
    await person.press(await person.visit(linkIn(flow)));
    expect((await flowOf(server.ask, flow.id)).error?.providerErrorDescription).toBe('acme: *** is wrong');
  });
});
