/** Extra parameters of OAuth 2: the rules of each, and that none of them is the protocol's own. */
import { draft, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { long, refusedFor } from './table';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

const grantType = 'AUTHORIZATION_CODE';
const refused = (oauth2: object) => refusedFor(server.ask, { oauth2: { grantType, ...oauth2 } });

describe.each(['authorizationParameters', 'tokenParameters'])('%s', (field) => {
  const parameters = (...items: object[]) => refused({ [field]: items });

  test.each([
    ['name', 'access_type', []],
    ['name', 'Scope', ['RESERVED']],
    ['name', long(2048), []],
    ['name', long(2049), ['TOO_LONG']],
    ['name', '', ['REQUIRED']],
    ['name', 'a!', ['INVALID_CHARACTERS']],
    ['value', 'offline', []],
    ['value', 'é 😀!', []],
    ['value', long(2048), []],
    ['value', long(2049), ['TOO_LONG']],
    ['value', '', ['REQUIRED']],
    ['value', 'a\nb', ['INVALID_CHARACTERS']],
    ['value', 'a\ud800b', ['INVALID_CHARACTERS']],
  ])('%s %j: %j', async (part, value, codes) =>
    expect(await parameters({ name: 'audience', value: 'a', [part]: value })).toEqual(
      codes.map((code) => `ValidationError ${code} ${field}.0.${part}`),
    ),
  );

  test('are at most 20; of more nothing else is told', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `p${index}`, value: 'a' }));
    expect(await parameters(...many(20))).toEqual([]);
    expect(await parameters(...many(21))).toEqual([`ValidationError TOO_LONG ${field}`]);
    expect(await parameters(...Array(1000).fill({ name: '', value: '' }))).toEqual([
      `ValidationError TOO_LONG ${field}`,
    ]);
  });

  test('no two have one name', async () => {
    const items = ['a', 'b', 'A', 'a'].map((name) => ({ name, value: 'x' }));
    expect(await parameters(...items)).toEqual([`ConflictError ALREADY_EXISTS ${field}.3.name`]);
  });
});

describe('what belongs to the protocol cannot be an extra parameter', () => {
  const both = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'redirect_uri', 'scope'];
  const ofAuthorization = [
    'response_type',
    'response_mode',
    'state',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
  ];
  const ofTokens = ['grant_type', 'code', 'code_verifier', 'refresh_token'];

  test.each([
    ['authorizationParameters', [...both, ...ofAuthorization]],
    ['tokenParameters', [...both, ...ofTokens]],
  ])('%s: each is refused by its name', async (field, names) => {
    const id = await draft(server.ask);
    const told: string[] = [];
    for (const name of names) {
      const authConfig = { oauth2: { grantType, [field]: [{ name, value: 'a' }] } };
      const { userErrors } = await run(server.ask, 'connectorSetAuthConfig', { id, authConfig });
      expect(userErrors).toMatchObject([{ code: 'RESERVED', path: ['authConfig', 'oauth2', field, '0', 'name'] }]);
      told.push(...names.filter((other) => userErrors[0]?.message.split(' ').includes(other)));
    }
    expect(told).toEqual(names);
  });

  test.each([
    ['authorizationParameters', ['audience', 'access_type', 'prompt', 'login_hint', 'resource', 'nonce', 'grant_type']],
    ['tokenParameters', ['audience', 'resource', 'account_id', 'response_type']],
  ])('%s: others are accepted', async (field, names) =>
    expect(await refused({ [field]: names.map((name) => ({ name, value: 'a' })) })).toEqual([]),
  );
});
