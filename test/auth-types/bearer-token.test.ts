/** Bearer token: the rules of its name and prefix, and what is the same for every connector. */
import { badUserInput, configured, connectorOf, documentOf, draft, refusals, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { answered, long, refusedFor } from './table';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

test.each([
  ['parameterName', long(50), []],
  ['parameterName', long(51), ['TOO_LONG']],
  ['parameterName', '', ['REQUIRED']],
  ['parameterName', '_a', ['INVALID_START']],
  ['parameterName', 'a$', ['INVALID_CHARACTERS']],
  ['tokenPrefix', 'Bearer', []],
  ['tokenPrefix', '!~', []],
  ['tokenPrefix', long(50), []],
  ['tokenPrefix', long(51), ['TOO_LONG']],
  ['tokenPrefix', '', ['REQUIRED']],
  ['tokenPrefix', 'a b', ['INVALID_CHARACTERS']],
  ['tokenPrefix', 'a ', ['INVALID_CHARACTERS']],
  ['tokenPrefix', 'é', ['INVALID_CHARACTERS']],
  ['tokenPrefix', null, []],
])('%s %j: %j', async (field, value, codes) =>
  expect(await refusedFor(server.ask, { bearerToken: { [field]: value } })).toEqual(
    codes.map((code) => `ValidationError ${code} ${field}`),
  ),
);

test('both broken rules are told at once', async () => {
  const id = await draft(server.ask);
  const bearerToken = { parameterName: '', tokenPrefix: '' };
  expect(refusals(await run(server.ask, 'connectorSetAuthConfig', { id, authConfig: { bearerToken } }))).toEqual([
    'ValidationError REQUIRED authConfig.bearerToken.parameterName',
    'ValidationError REQUIRED authConfig.bearerToken.tokenPrefix',
  ]);
});

test('has a name, no prefix, and always stands in the header Authorization', async () =>
  expect(await answered(server.ask, { bearerToken: {} })).toEqual({
    __typename: 'BearerTokenAuthConfig',
    parameterName: 'Bearer Token',
    parameterKey: 'Authorization',
    parameterLocation: 'HEADER',
    tokenPrefix: null,
  }));

test.each([{ parameterKey: 'Authorization' }, { parameterLocation: 'HEADER' }, { parameterKey: null }])(
  'what is fixed cannot be given: %j',
  async (fixed) => {
    const id = await draft(server.ask);
    const answer = server.ask(documentOf('connectorSetAuthConfig'), { id, authConfig: { bearerToken: fixed } });
    expect(await badUserInput(answer)).toBe(true);
    expect((await answer).errors?.[0].message).toContain(Object.keys(fixed)[0]);
    expect((await connectorOf(server.ask, id)).authType).toBeNull();
  },
);

test('asks for the token under the name of the connector', async () => {
  const id = await configured(server.ask, { bearerToken: { parameterName: 'Access token', tokenPrefix: 'Bearer' } });
  expect((await connectorOf(server.ask, id)).authorizationForm.fields).toEqual([
    {
      key: 'Authorization',
      label: 'Access token',
      kind: 'CREDENTIAL',
      secret: true,
      required: true,
      pattern: null,
      help: null,
      inputPath: ['bearerToken', 'token'],
    },
  ]);
});
