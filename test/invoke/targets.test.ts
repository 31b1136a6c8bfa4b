/** Where invokeUrl may send credentials: the connector's allowed hosts and nothing else, and no private address unless allowed. */
import { connectionWith, invoke, preview, refusals } from '../support/invoke';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { staticConfigs, staticCredentials } from '../support/story';

let server: TestServer;
let peer: PeerApi;

beforeAll(async () => {
  [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
});
beforeEach(() => {
  peer.received.length = 0;
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

const allowing = (allowedHosts: string[], type: keyof typeof staticConfigs = 'bearerToken', at = server) =>
  connectionWith(at.ask, { authConfig: staticConfigs[type], credentials: staticCredentials[type], allowedHosts });

const setAllowedHosts = (connection: string, allowedHosts: string[]) =>
  dataOf(server.ask('query ($id: ID!) { connection(by: { id: $id }) { connector { id } } }', { id: connection })).then(
    (data) =>
      dataOf(
        server.ask(
          'mutation ($id: ID!, $input: ConnectorUpdateInput!) { connectorUpdate(id: $id, input: $input) { userErrors { code } } }',
          { id: data.connection.connector.id, input: { allowedHosts } },
        ),
      ),
  );

describe('allowed hosts', () => {
  let id: string;
  beforeAll(async () => {
    id = await allowing([]);
  });

  /** Whether a connector with `allowedHosts` lets `url` be called; nothing is sent to find out. */
  async function mayCall(allowedHosts: string[], url: string): Promise<boolean> {
    await setAllowedHosts(id, allowedHosts);
    const { request, userErrors } = await preview(server.ask, id, { url });
    if (request) return true;
    expect(userErrors).toEqual([
      expect.objectContaining({ __typename: 'ProviderError', code: 'TARGET_NOT_ALLOWED', path: ['url'] }),
    ]);
    return false;
  }

  test.each([
    ['api.example.com', 'https://api.example.com/', true],
    ['api.example.com', 'https://API.Example.COM/', true],
    ['API.Example.COM', 'https://api.example.com/', true],
    ['api.example.com', 'http://api.example.com:8080/', true],
    ['api.example.com', 'https://example.com/', false],
    ['api.example.com', 'https://v2.api.example.com/', false],
    ['api.example.com', 'https://xapi.example.com/', false],
    ['api.example.com', 'https://api.example.com.evil.example/', false],
    ['api.example.com', 'https://api-example.com/', false],
    ['api.example.com', 'https://api.example.com./', false],
    ['api.example.com:443', 'https://api.example.com/', true],
    ['api.example.com:443', 'https://api.example.com:443/', true],
    ['api.example.com:443', 'http://api.example.com/', false],
    ['api.example.com:443', 'https://api.example.com:8443/', false],
    ['api.example.com:80', 'http://api.example.com/', true],
    ['api.example.com:80', 'https://api.example.com/', false],
    ['api.example.com:8443', 'https://api.example.com:8443/', true],
    ['*.example.com', 'https://a.example.com/', true],
    ['*.example.com', 'https://A.B.EXAMPLE.COM/', true],
    ['*.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://aexample.com/', false],
    ['*.example.com', 'https://a.example.com.evil.example/', false],
    ['*.example.com:8443', 'https://a.example.com:8443/', true],
    ['*.example.com:8443', 'https://a.example.com/', false],
    ['192.0.2.1', 'http://192.0.2.1/', true],
    ['192.0.2.1', 'http://192.0.2.1:8080/', true],
    ['192.0.2.1', 'http://0xc0.0.2.1/', true], // the same address: the URL parser writes it plainly
    ['192.0.2.1', 'http://192.0.2.10/', false],
    ['192.0.2.1', 'http://[::ffff:192.0.2.1]/', false],
    ['192.0.2.1:8080', 'http://192.0.2.1:8080/', true],
    ['192.0.2.1:8080', 'http://192.0.2.1/', false],
    ['[2001:db8::1]', 'http://[2001:db8::1]/', true],
    ['[2001:db8::1]', 'http://[2001:DB8:0:0::1]:8080/', true],
    ['2001:db8::1', 'http://[2001:db8::1]/', true],
    ['[2001:db8::1]:8080', 'http://[2001:db8::1]:8080/', true],
    ['[2001:db8::1]:8080', 'http://[2001:db8::1]/', false],
    ['[2001:db8::1]', 'http://[2001:db8::10]/', false],
    ['xn--bcher-kva.example', 'https://bücher.example/', true],
  ])('%s: %s → %s', async (pattern, url, allowed) => {
    expect(await mayCall([pattern], url)).toBe(allowed);
  });

  test('any of several will do; none means nowhere', async () => {
    expect(await mayCall(['a.example', 'b.example'], 'https://b.example/')).toBe(true);
    expect(await mayCall([], 'https://b.example/')).toBe(false);
  });

  test.each([
    ['https://evil.example/@api.example.com'],
    ['https://evil.example/?@api.example.com'],
    ['https://evil.example?api.example.com/'],
    ['https://evil.example/https://api.example.com/'],
    ['https://api.example.com%2eevil.example/'],
    ['https://api.example.com。evil.example/'], // U+3002, a full stop to IDNA
  ])('%s goes elsewhere', async (url) => {
    expect(await mayCall(['api.example.com'], url)).toBe(false);
  });

  test.each([
    ['https://api.example.com@evil.example/'],
    ['https://api.example.com:443@evil.example/'],
    ['https://evil.example@api.example.com/'],
    ['https://evil.example\\@api.example.com/'],
    ['https://api.example.com\\.evil.example/'],
    ['https://evil.example#@api.example.com/'],
    ['https://api.example.com%00.evil.example/'],
    ['https:api.example.com/'],
    ['\\\\api.example.com/'],
  ])('%s is no URL to be understood in two ways', async (url) => {
    await setAllowedHosts(id, ['api.example.com', 'evil.example']);
    for (const call of [preview, invoke]) {
      const answer = await call(server.ask, id, { url });
      expect([...new Set(refusals(answer).map(String))]).toEqual(['INVALID_URL,url']);
    }
  });

  test('AWS may be called where the connector names no hosts, and not where it names others', async () => {
    const aws = await allowing([], 'aws');
    const outcome = async (url: string) => refusals(await preview(server.ask, aws, { url }));
    const refused = [['TARGET_NOT_ALLOWED', 'url']];
    expect(await outcome('https://s3.eu-west-1.amazonaws.com/')).toEqual([]);
    expect(await outcome('https://amazonaws.com/')).toEqual(refused);
    expect(await outcome('https://s3.amazonaws.com.evil.example/')).toEqual(refused);
    expect(await outcome('https://evilamazonaws.com/')).toEqual(refused);
    await setAllowedHosts(aws, ['api.example.com']);
    expect(await outcome('https://s3.eu-west-1.amazonaws.com/')).toEqual(refused);
    expect(await outcome('https://api.example.com/')).toEqual([]);
  });

  test('the message says what to add where; added, the call is made', async () => {
    const { userErrors } = await invoke(server.ask, await allowing(['other.example']), { url: peer.url });
    expect(userErrors).toEqual([
      expect.objectContaining({ __typename: 'ProviderError', code: 'TARGET_NOT_ALLOWED', path: ['url'] }),
    ]);
    expect(peer.received).toEqual([]);
    const [message] = userErrors.map((error) => error.message);
    expect(message).toContain('other.example');
    expect(message).toContain('allowedHosts');
    const [, toAdd = ''] = /"(.+?)"/.exec(message ?? '') ?? [];
    await setAllowedHosts(id, [toAdd]);
    expect((await invoke(server.ask, id, { url: peer.url })).response?.status).toBe(200);
  });
});

describe('private addresses', () => {
  let strict: TestServer;
  beforeAll(async () => {
    strict = await startTestServer({ env: { OUTBOUND_ALLOW: '' } });
  });
  afterAll(() => strict.remove());

  test.each([
    'PEER',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://0.0.0.0/',
  ])('%s is not called although the connector allows it', async (text) => {
    const url = text === 'PEER' ? peer.url : text;
    const id = await allowing([new URL(url).hostname], 'bearerToken', strict);
    const { response, userErrors } = await invoke(strict.ask, id, { url });
    expect(response).toBeNull();
    expect(userErrors).toEqual([
      expect.objectContaining({ __typename: 'ProviderError', code: 'TARGET_NOT_ALLOWED', path: ['url'] }),
    ]);
    expect(userErrors[0]?.message).toContain('OUTBOUND_ALLOW');
    expect(peer.received).toEqual([]);
  });
});

test('plain http is not called where REQUIRE_HTTPS is set', async () => {
  const strict = await startTestServer({ env: { REQUIRE_HTTPS: 'true' } });
  const id = await allowing([peer.host], 'bearerToken', strict);
  const { userErrors } = await invoke(strict.ask, id, { url: peer.url });
  expect(userErrors).toEqual([expect.objectContaining({ code: 'TARGET_NOT_ALLOWED', path: ['url'] })]);
  expect(userErrors[0]?.message).toContain('REQUIRE_HTTPS');
  expect(peer.received).toEqual([]);
  await strict.remove();
});

test.each([301, 302, 303, 307, 308])('a redirect (%d) is an answer and is not followed', async (status) => {
  const location = `${peer.url}/elsewhere`;
  peer.answer((_, response) => response.writeHead(status, { location }).end());
  const { response } = await invoke(server.ask, await allowing([peer.host]), { url: peer.url, method: 'POST' });
  expect(response?.status).toBe(status);
  expect(response?.headers).toContainEqual({ name: 'location', value: location });
  expect(peer.received.map(({ target }) => target)).toEqual(['/']);
  peer.answer();
});
