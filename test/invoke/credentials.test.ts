/** How credentials arrive: Basic, bearer token and API keys at their places, and never in place of, or beside, the caller's own. */
import { connectionWith, invoke, refusals } from '../support/invoke';
import { type PeerApi, type Received, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
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

const connection = (authConfig: object, credentials: object) =>
  connectionWith(server.ask, { authConfig, credentials, allowedHosts: [peer.host] });

/** A connection with API key parameters: key → location, prefix and value. */
const keyed = (parameters: Record<string, { location: string; prefix?: string; value: string }>) =>
  connection(
    {
      apiKey: {
        parameters: Object.entries(parameters).map(([key, { location, prefix }]) => ({
          name: 'Key',
          key,
          location,
          prefix,
        })),
      },
    },
    { apiKey: { values: Object.entries(parameters).map(([key, { value }]) => ({ key, value })) } },
  );

async function arrivedOf(id: string, input: object = {}): Promise<Received> {
  const { userErrors } = await invoke(server.ask, id, { url: `${peer.url}/`, ...input });
  expect(userErrors).toEqual([]);
  expect(peer.received).toHaveLength(1);
  return peer.received[0] as Received;
}

/** The values of all headers of a name, as received. */
const valuesOf = ({ rawHeaders }: Received, name: string) =>
  rawHeaders.flatMap((given, at) => (at % 2 === 0 && given.toLowerCase() === name ? [rawHeaders[at + 1]] : []));

describe('Basic (RFC 7617)', () => {
  test.each([
    ['Aladdin', 'open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ=='], // section 2
    ['test', '123£', 'dGVzdDoxMjPCow=='], // section 2.1
    ['a', 'b:c:', 'YTpiOmM6'],
  ])('%s and %s are sent as %s', async (username, password, encoded) => {
    const id = await connection(staticConfigs.basic, { basic: { username, password } });
    expect(valuesOf(await arrivedOf(id), 'authorization')).toEqual([`Basic ${encoded}`]);
  });
});

describe('a bearer token (RFC 6750)', () => {
  test.each([
    [{}, 'a.b-c_d~e+f/=='],
    [{ tokenPrefix: 'Bearer' }, 'Bearer a.b-c_d~e+f/=='],
    [{ tokenPrefix: 'Token' }, 'Token a.b-c_d~e+f/=='],
    [{ tokenPrefix: null }, 'a.b-c_d~e+f/=='],
  ])('configured with %j is sent as %s', async (bearerToken, header) => {
    const id = await connection({ bearerToken }, { bearerToken: { token: 'a.b-c_d~e+f/==' } });
    expect(valuesOf(await arrivedOf(id), 'authorization')).toEqual([header]);
  });
});

describe('API keys', () => {
  test.each([
    ['/p', '/p?api%20key=a%20b%26%C3%BC'],
    ['/p?x=%7e+1', '/p?x=%7e+1&api%20key=a%20b%26%C3%BC'],
  ])('in the query of %s', async (path, target) => {
    const id = await keyed({ 'api key': { location: 'QUERY_STRING', value: 'a b&ü' } });
    expect((await arrivedOf(id, { url: `${peer.url}${path}` })).target).toBe(target);
  });

  test.each([
    ['nothing', undefined, 's3cret'],
    ['a word', 'Key', 'Keys3cret'],
    ['a word and a space', 'Key ', 'Key s3cret'],
  ])('in a header, after %s', async (_, prefix, header) => {
    const id = await keyed({ 'X-Api-Key': { location: 'HEADER', value: 's3cret', prefix } });
    expect(valuesOf(await arrivedOf(id), 'x-api-key')).toEqual([header]);
  });

  test('with a prefix at every place', async () => {
    const id = await keyed({
      q: { location: 'QUERY_STRING', prefix: 'pre ', value: '1' },
      f: { location: 'FORM_DATA', prefix: 'pre ', value: '2' },
    });
    const { target, body } = await arrivedOf(id, { method: 'POST' });
    expect([target, body.toString()]).toEqual(['/?q=pre%201', 'f=pre+2']);
  });

  test('several at once, each at its place, in the order of the connector', async () => {
    const id = await keyed({
      b: { location: 'QUERY_STRING', value: '1' },
      'X-B': { location: 'HEADER', value: '2' },
      form: { location: 'FORM_DATA', value: '3' },
      a: { location: 'QUERY_STRING', value: '4' },
      'X-A': { location: 'HEADER', value: '5' },
      other: { location: 'FORM_DATA', value: '6' },
    });
    const received = await arrivedOf(id, { method: 'PUT', parameters: [{ name: 'c', value: '0' }] });
    expect(received.target).toBe('/?c=0&b=1&a=4');
    expect(received.rawHeaders.filter((text) => /^x-/i.test(text))).toEqual(['X-B', 'X-A']);
    expect([valuesOf(received, 'x-b'), valuesOf(received, 'x-a')]).toEqual([['2'], ['5']]);
    expect(received.body.toString()).toBe('form=3&other=6');
  });
});

describe('API keys as form data', () => {
  let id: string;
  beforeAll(async () => {
    id = await keyed({ 'api key': { location: 'FORM_DATA', value: 'a b&ü' } });
  });

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'make a form of no body (%s)',
    async (method) => {
      const received = await arrivedOf(id, { method });
      expect([received.method, received.body.toString()]).toEqual([method, 'api+key=a+b%26%C3%BC']);
      expect(valuesOf(received, 'content-type')).toEqual(['application/x-www-form-urlencoded']);
      expect(received.headers['content-length']).toBe('20');
    },
  );

  test('are added to a form', async () => {
    const received = await arrivedOf(id, { method: 'POST', body: { form: [{ name: 'z', value: '1' }] } });
    expect(received.body.toString()).toBe('z=1&api+key=a+b%26%C3%BC');
    expect(valuesOf(received, 'content-type')).toEqual(['application/x-www-form-urlencoded']);
  });

  test('are added to a multipart body as a part', async () => {
    const { body, headers } = await arrivedOf(id, {
      method: 'POST',
      body: { multipart: [{ name: 'file', contentBase64: 'AAE=', fileName: 'f' }] },
    });
    const type = headers['content-type'] ?? '';
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    expect([...form.keys()]).toEqual(['file', 'api key']);
    expect(form.get('api key')).toBe('a b&ü');
    expect([...Buffer.from(await (form.get('file') as File).arrayBuffer())]).toEqual([0, 1]);
  });

  test.each([
    ['JSON', { json: { a: 1 } }],
    ['text', { text: { content: 'a=1', mediaType: 'application/x-www-form-urlencoded' } }],
    ['binary', { binary: { contentBase64: '' } }],
  ])('do not fit into a body that is %s', async (kind, body) => {
    const answer = await invoke(server.ask, id, { url: peer.url, method: 'POST', body });
    expect(refusals(answer)).toEqual([['NOT_ACCEPTED', 'body']]);
    expect(answer.userErrors[0]?.message).toContain(kind);
    expect(peer.received).toEqual([]);
  });

  test('do not fit beside a Content-Type of something else', async () => {
    const headers = [
      { name: 'x-a', value: '1' },
      { name: 'content-type', value: 'application/json' },
    ];
    const answer = await invoke(server.ask, id, { url: peer.url, method: 'POST', headers });
    expect(refusals(answer)).toEqual([['RESERVED', 'headers.1.name']]);
    expect(peer.received).toEqual([]);
  });
});

describe('the caller cannot set, with nothing sent,', () => {
  afterEach(() => expect(peer.received).toEqual([]));

  const refused = async (id: string, input: object) =>
    refusals(await invoke(server.ask, id, { url: peer.url, method: 'POST', ...input }));
  const header = (name: string) => ({
    headers: [
      { name: 'x-fine', value: '1' },
      { name, value: 'x' },
    ],
  });

  test.each(Object.keys(staticConfigs) as (keyof typeof staticConfigs)[])('a header that %s sets', async (type) => {
    const id = await connection(staticConfigs[type], staticCredentials[type]);
    const own = {
      basic: ['Authorization'],
      apiKey: ['X-Api-Key', 'x-api-key', 'X-API-KEY'],
      bearerToken: ['authorization'],
      aws: ['AUTHORIZATION', 'X-Amz-Date', 'x-amz-security-token', 'X-Amz-Content-Sha256'],
    };
    for (const name of own[type]) expect(await refused(id, header(name))).toEqual([['RESERVED', 'headers.1.name']]);
  });

  test('a header of the transport', async () => {
    const id = await connection(staticConfigs.apiKey, staticCredentials.apiKey);
    const names = ['Connection', 'Content-Length', 'Expect', 'HOST', 'Keep-Alive', 'Proxy-Authorization'];
    names.push('Proxy-Connection', 'TE', 'Trailer', 'Transfer-Encoding', 'upgrade', 'HTTP2-Settings');
    for (const name of names) expect(await refused(id, header(name))).toEqual([['RESERVED', 'headers.1.name']]);
  });

  test('Authorization is its own where the connector sets another header', async () => {
    const id = await connection(staticConfigs.apiKey, staticCredentials.apiKey);
    const received = await arrivedOf(id, header('Authorization'));
    expect([valuesOf(received, 'authorization'), valuesOf(received, 'x-api-key')]).toEqual([['x'], ['key-of-alice']]);
    peer.received.length = 0;
  });

  test.each([
    ['a parameter of the URL', 'QUERY_STRING', { url: 'URL/?a=1&k%65y=mine' }, 'url'],
    ['a parameter', 'QUERY_STRING', { parameters: [{ name: 'key', value: 'mine' }] }, 'url'],
    ['a field of a form', 'FORM_DATA', { body: { form: [{ name: 'key', value: 'mine' }] } }, 'body.form'],
    ['a part', 'FORM_DATA', { body: { multipart: [{ name: 'key', value: 'mine' }] } }, 'body.multipart'],
  ])('%s that the connector sets', async (_, location, input, path) => {
    const id = await keyed({ key: { location, value: 's3cret' } });
    const url = 'url' in input ? `${input.url}`.replace('URL', peer.url) : peer.url;
    expect(await refused(id, { ...input, url })).toEqual([['RESERVED', path]]);
    const other = await keyed({ KEY: { location, value: 's3cret' } });
    await arrivedOf(other, { method: 'POST', ...input, url });
    peer.received.length = 0;
  });
});
