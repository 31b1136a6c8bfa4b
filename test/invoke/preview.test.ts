/** invokePreview: the request as it would be sent, with *** for every secret; nothing is sent, and no secret is answered. */
import { dataSources } from '../../ormconfig';
import { parseEncryptionKeys } from '../../src/config';
import { Connection } from '../../src/connections/connection';
import { Grants } from '../../src/connections/grants';
import { Vault } from '../../src/storage/vault';
import { databaseSettings } from '../support/database';
import { connectionWith, invoke, type PreviewAnswer, preview, refusals } from '../support/invoke';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
import { createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

const now = new Date('2026-02-03T04:05:06.000Z');
const encryptionKey = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
let server: TestServer;
let peer: PeerApi;

beforeAll(async () => {
  [server, peer] = await Promise.all([
    startTestServer({ now: () => now, env: { ENCRYPTION_KEYS: encryptionKey } }),
    startPeerApi(),
  ]);
});
beforeEach(() => {
  peer.received.length = 0;
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

const connection = (authConfig: object, credentials: object) =>
  connectionWith(server.ask, { authConfig, credentials, allowedHosts: ['127.0.0.1'] });

/** The preview of a call, with nothing sent for it. */
async function previewed(id: string, input: object): Promise<NonNullable<PreviewAnswer['request']>> {
  const { request, userErrors } = await preview(server.ask, id, { url: peer.url, ...input });
  expect([userErrors, peer.received]).toEqual([[], []]);
  return request as NonNullable<PreviewAnswer['request']>;
}

const named = (name: string, value: string) => ({ name, value });
const masked = (user: string) => Buffer.from(user).toString('base64');

const apiKeys = {
  authConfig: {
    apiKey: {
      parameters: [
        { name: 'Q', key: 'q', location: 'QUERY_STRING' },
        { name: 'H', key: 'X-H', location: 'HEADER', prefix: 'Key ' },
        { name: 'F', key: 'f', location: 'FORM_DATA' },
      ],
    },
  },
  credentials: {
    apiKey: { values: ['q', 'X-H', 'f'].map((key) => ({ key, value: `secret of ${key}` })) },
  },
};

describe('in place of every secret stands ***:', () => {
  test('Basic', async () => {
    const id = await connection(staticConfigs.basic, staticCredentials.basic);
    const { headers } = await previewed(id, {});
    expect(headers).toEqual([named('Authorization', `Basic ${masked('***:***')}`)]);
  });

  test('a bearer token', async () => {
    const id = await connection(staticConfigs.bearerToken, staticCredentials.bearerToken);
    expect((await previewed(id, {})).headers).toEqual([named('Authorization', 'Bearer ***')]);
  });

  test('API keys at every place', async () => {
    const id = await connection(apiKeys.authConfig, apiKeys.credentials);
    const form = { url: `${peer.url}/p?a=1`, method: 'POST', body: { form: [named('b', '2')] } };
    expect(await previewed(id, form)).toEqual({
      method: 'POST',
      url: `${peer.url}/p?a=1&q=***`,
      headers: [named('Content-Type', 'application/x-www-form-urlencoded'), named('X-H', 'Key ***')],
      body: 'b=2&f=***',
    });
    const multipart = await previewed(id, { method: 'POST', body: { multipart: [named('b', '2')] } });
    expect(multipart.body).toMatch(/name="f"\r\n\r\n\*\*\*\r\n--grapnel-[0-9a-f]{32}--\r\n$/);
  });

  test('AWS, without and with a session token', async () => {
    const plain = await connection(staticConfigs.aws, staticCredentials.aws);
    const names = async (id: string) => (await previewed(id, {})).headers.map(({ name }) => name);
    expect(await names(plain)).toEqual(['x-amz-date', 'authorization']);
    const { aws } = staticCredentials.aws;
    const temporary = await connection(staticConfigs.aws, { aws: { ...aws, sessionToken: 'of-the-session' } });
    const { headers } = await previewed(temporary, {});
    expect(headers.slice(0, 2)).toEqual([
      named('x-amz-date', '20260203T040506Z'),
      named('x-amz-security-token', '***'),
    ]);
    expect(headers[2]?.value).toMatch(
      /^AWS4-HMAC-SHA256 Credential=\*\*\*\/20260203\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
  });

  // Nobody can be authorized by hand for OAuth 1, so the grant is written beside the server.
  test('OAuth 1, whose connector has a secret that signs too', async () => {
    const name = 'Signed with two secrets';
    const connector = await readyConnector(
      server.ask,
      { name, allowedHosts: ['127.0.0.1'] },
      {
        oauth1: {
          consumerKey: 'consumer',
          consumerSecret: 'secret-of-the-consumer',
          requestTokenUrl: 'https://a.example/1',
          authorizationUrl: 'https://a.example/2',
          tokenUrl: 'https://a.example/3',
          signatureMethod: 'PLAINTEXT',
        },
      },
    );
    const id = await createConnection(server.ask, { connector: { id: connector }, name });
    const { DATABASE_URL: databaseUrl } = await databaseSettings(server.dataDir);
    const { writer } = dataSources({ databaseUrl, dataDir: server.dataDir });
    await writer.initialize();
    const row = await writer.manager.findOneByOrFail(Connection, { id });
    const credentials = { token: 'token-of-alice', tokenSecret: 'secret-of-alice' };
    const grants = new Grants(new Vault(parseEncryptionKeys(encryptionKey)));
    await grants.keep(
      writer.manager,
      row,
      null,
      { credentials, grantedScopes: [], missingScopes: [], expiresAt: null, isRefreshable: false },
      now,
    );
    await writer.destroy();

    const { headers } = await previewed(id, {});
    expect(headers.map((header) => header.name)).toEqual(['Authorization']);
    // RFC 5849 section 3.4.4: of PLAINTEXT the escaped secrets, joined by &, are the signature; the header escapes it again.
    expect(headers[0]?.value).toContain('oauth_signature="%252A%252A%252A%26%252A%252A%252A"');
    expect(headers[0]?.value).toContain('oauth_token="%2A%2A%2A"');
    expect(headers[0]?.value).not.toMatch(/secret|alice/);
  });

  test('two connections with different secrets look the same', async () => {
    const { aws } = staticCredentials.aws;
    const of = async (secretKey: string) =>
      previewed(await connection(staticConfigs.aws, { aws: { ...aws, secretKey } }), { method: 'PUT' });
    expect(await of('one')).toEqual(await of('another'));
  });
});

test('all else is what arrives when it is sent', async () => {
  const id = await connection(apiKeys.authConfig, apiKeys.credentials);
  const input = {
    url: `${peer.url}/p?a=%7e`,
    method: 'PATCH',
    headers: [named('X-A', '1'), named('x-a', '2')],
    parameters: [named('b c', 'ü')],
    body: { form: [named('b', '2')] },
  };
  const request = await previewed(id, input);
  await invoke(server.ask, id, input);
  const [{ method, target, rawHeaders, body }] = peer.received as [(typeof peer.received)[0]];
  const unmasked = (text: string) =>
    text.replace(/(q|f|Key )(=?)\*\*\*/g, (_, name, equals) => {
      const secret = `secret of ${name === 'Key ' ? 'X-H' : name}`;
      return `${name}${equals}${name === 'q' ? encodeURIComponent(secret) : equals ? secret.replaceAll(' ', '+') : secret}`;
    });
  expect([method, target]).toEqual([request.method, unmasked(request.url.slice(peer.url.length))]);
  expect(body.toString()).toBe(unmasked(request.body ?? ''));
  const sent = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [named(name, rawHeaders[at + 1] ?? '')] : []));
  const shown = request.headers.map(({ name, value }) => named(name, unmasked(value)));
  expect(sent).toEqual(expect.arrayContaining(shown));
  expect(sent.filter(({ name }) => shown.some((header) => header.name === name))).toEqual(shown);
});

test.each([
  ['none', undefined, null],
  ['JSON', { json: { a: 'ü' } }, '{"a":"ü"}'],
  ['a text', { text: { content: 'ü' } }, 'ü'],
  ['bytes that are text', { binary: { contentBase64: Buffer.from('text').toString('base64') } }, 'text'],
  ['bytes that are none', { binary: { contentBase64: '/wA=' } }, null],
  ['an empty text', { text: { content: '' } }, ''],
])('the body is shown where it is text: %s', async (_, body, shown) => {
  const id = await connection(staticConfigs.bearerToken, staticCredentials.bearerToken);
  expect((await previewed(id, { method: 'POST', body })).body).toBe(shown);
});

test('what invokeUrl refuses, the preview refuses in the same words', async () => {
  const id = await connection(apiKeys.authConfig, apiKeys.credentials);
  const refused = [
    { url: 'nowhere' },
    { url: 'http://192.0.2.1/' },
    { headers: [named('x-h', '1'), named('host', '1')] },
    { body: { json: 1 } },
    { body: { multipart: [{ name: 'a' }] } },
    { body: { form: [named('f', '1')] } },
    { timeoutMs: 0 },
    { userId: 'alice' },
  ];
  for (const input of refused) {
    const call = { url: peer.url, method: 'POST', ...input };
    const [shown, sent] = [await preview(server.ask, id, call), await invoke(server.ask, id, call)];
    expect([shown.request, shown.userErrors]).toEqual([null, sent.userErrors]);
    expect(refusals(sent).length).toBeGreaterThan(0);
  }
  expect(peer.received).toEqual([]);
});
