/** Basic authentication: the rules of its two parameters, what it needs for Ready, and what people are asked for. */
import { complete, configured, connectorOf, draft, refusals, run } from '../support/connectors';
import { startTestServer, type TestServer } from '../support/server';
import { answered, long, refusedFor } from './table';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.remove());

describe.each(['username', 'password'])('%s', (parameter) => {
  const given = (part: object) => ({ basic: { [parameter]: part } });

  test.each([
    ['name', long(50), []],
    ['name', long(51), ['TOO_LONG']],
    ['name', '1*_-@/!:|&~\\+ é', []],
    ['name', '', ['REQUIRED']],
    ['name', '_a', ['INVALID_START']],
    ['name', 'a$', ['INVALID_CHARACTERS']],
    ['name', 'a😀', ['INVALID_CHARACTERS']],
    ['key', long(2048), []],
    ['key', long(2049), ['TOO_LONG']],
    ['key', '"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', []],
    ['key', 'a b', []],
    ['key', '', ['REQUIRED']],
    ['key', 'a!', ['INVALID_CHARACTERS']],
    ['key', 'a  b', ['INVALID_CHARACTERS']],
    ['key', ' a', ['INVALID_CHARACTERS']],
    ['key', 'a ', ['INVALID_CHARACTERS']],
    ['key', 'é', ['INVALID_CHARACTERS']],
  ])('%s %j: %j', async (part, value, codes) =>
    expect(await refusedFor(server.ask, given({ [part]: value }))).toEqual(
      codes.map((code) => `ValidationError ${code} ${parameter}.${part}`),
    ),
  );
});

test('every broken rule is told at once, and nothing is changed', async () => {
  const id = await configured(server.ask, complete.basic);
  const before = await connectorOf(server.ask, id);
  const basic = { username: { name: '', key: '!' }, password: { name: `$${long(50)}`, key: '' } };
  expect(refusals(await run(server.ask, 'connectorSetAuthConfig', { id, authConfig: { basic } }))).toEqual([
    'ValidationError INVALID_CHARACTERS authConfig.basic.password.name',
    'ValidationError INVALID_CHARACTERS authConfig.basic.username.key',
    'ValidationError INVALID_START authConfig.basic.password.name',
    'ValidationError REQUIRED authConfig.basic.password.key',
    'ValidationError REQUIRED authConfig.basic.username.name',
    'ValidationError TOO_LONG authConfig.basic.password.name',
  ]);
  expect(await connectorOf(server.ask, id)).toEqual(before);
});

test('is answered as it was given', async () => {
  expect(await answered(server.ask, complete.basic)).toEqual({
    __typename: 'BasicAuthConfig',
    ...complete.basic.basic,
  });
  expect(await answered(server.ask, { basic: { password: { key: 'k' } } })).toEqual({
    __typename: 'BasicAuthConfig',
    username: null,
    password: { name: null, key: 'k' },
  });
});

test('asks for both parameters under the names of the connector', async () => {
  const basic = { username: { name: 'Account SID', key: 'sid' }, password: { name: 'Auth Token', key: 'token' } };
  const { authorizationForm } = await connectorOf(server.ask, await configured(server.ask, { basic }));
  const field = { kind: 'CREDENTIAL', required: true, pattern: null, help: null };
  expect(authorizationForm.fields).toEqual([
    { ...field, key: 'sid', label: 'Account SID', secret: false, inputPath: ['basic', 'username'] },
    { ...field, key: 'token', label: 'Auth Token', secret: true, inputPath: ['basic', 'password'] },
  ]);
});

test('asks for nothing as long as nothing is configured', async () =>
  expect((await connectorOf(server.ask, await draft(server.ask))).authorizationForm.fields).toEqual([]));
