/** OAuth 1: the rules of its configuration, and what is answered of it. */
import { complete, configured, connectorOf, refusals, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { answered, long, refusedFor } from './table';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const refused = (oauth1: object) => refusedFor(server.ask, { oauth1 });

test.each(
  ['consumerKey', 'consumerSecret'].flatMap((field): [string, string, string[]][] => [
    [field, long(2048), []],
    [field, long(2049), ['TOO_LONG']],
    [field, 'a b~"', []],
    [field, '', ['REQUIRED']],
    [field, 'a!', ['INVALID_CHARACTERS']],
    [field, 'a  b', ['INVALID_CHARACTERS']],
    [field, ' a', ['INVALID_CHARACTERS']],
  ]),
)('%s %j: %j', async (field, value, codes) =>
  expect(await refused({ [field]: value })).toEqual(codes.map((code) => `ValidationError ${code} ${field}`)),
);

test.each(
  ['requestTokenUrl', 'authorizationUrl', 'tokenUrl', 'revokeTokenUrl'].flatMap(
    (field): [string, string | null, string[]][] => [
      [field, 'https://provider.example/path', []],
      [field, null, []],
      [field, '', ['REQUIRED']],
      [field, 'https://provider.example', ['INVALID_URL']],
      [field, 'ftp://provider.example/path', ['INVALID_URL']],
      [field, 'https://provider.example/path#', ['INVALID_URL']],
      [field, 'https://user@provider.example/path', ['INVALID_URL']],
      [field, 'https://provider.example/'.padEnd(2048, 'a'), []],
      [field, 'https://provider.example/'.padEnd(2049, 'a'), ['TOO_LONG']],
      [field, 'https://provider.example/{undeclared}', ['UNKNOWN_KEY']],
    ],
  ),
)('%s %j: %j', async (field, value, codes) =>
  expect(await refused({ [field]: value })).toEqual(codes.map((code) => `ValidationError ${code} ${field}`)),
);

test('every broken rule is told at once, and nothing is changed', async () => {
  const id = await configured(server.ask, complete.oauth1);
  const before = await connectorOf(server.ask, id);
  const oauth1 = { consumerKey: '!', consumerSecret: '', tokenUrl: 'x', authorizationUrl: 'https://h.example/{a}{b}' };
  expect(refusals(await run(server.ask, 'connectorSetAuthConfig', { id, authConfig: { oauth1 } }))).toEqual([
    'ValidationError INVALID_CHARACTERS authConfig.oauth1.consumerKey',
    'ValidationError INVALID_URL authConfig.oauth1.tokenUrl',
    'ValidationError REQUIRED authConfig.oauth1.consumerSecret',
    'ValidationError UNKNOWN_KEY authConfig.oauth1.authorizationUrl',
    'ValidationError UNKNOWN_KEY authConfig.oauth1.authorizationUrl',
  ]);
  expect(await connectorOf(server.ask, id)).toEqual(before);
});

test('is answered without its secret, signed with HMAC-SHA1 unless something else is said', async () => {
  const { consumerSecret, ...told } = complete.oauth1.oauth1;
  const answer = await answered(server.ask, complete.oauth1);
  expect(answer).toEqual({
    __typename: 'OAuth1AuthConfig',
    ...told,
    revokeTokenUrl: null,
    signatureMethod: 'HMAC_SHA1',
    consumerSecret: { isSet: true, lastFour: '0001', updatedAt: expect.any(String) },
  });
});

test.each(['HMAC_SHA1', 'HMAC_SHA256', 'PLAINTEXT'])('can be signed with %s', async (signatureMethod) =>
  expect(await answered(server.ask, { oauth1: { signatureMethod } })).toMatchObject({ signatureMethod }),
);

test('sends people to the provider, and asks them for nothing itself', async () => {
  const { id, redirectUri, authorizationForm } = await connectorOf(
    server.ask,
    await configured(server.ask, { oauth1: {} }),
  );
  expect(redirectUri).toBe(`${server.url}/authorization/callback/${id}`);
  expect(authorizationForm.fields).toEqual([]);
});
