/** A seventh auth type costs a file of its own and a line in the registry: everything else follows from them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authTypes } from '../../src/auth-types';
import { done, draft, refusals, run } from '../support/connectors';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { authorize, createConnection } from '../support/story';

// The line in the registry.
jest.mock('../../src/auth-types', () => {
  const { authTypes: six } = jest.requireActual('../../src/auth-types');
  const seven = [...six, jest.requireActual('./toy-auth-type').toy];
  return { authTypes: seven, authTypeNamed: (name: string) => seven.find((type) => type.name === name) };
});

let server: TestServer;
let peer: PeerApi;
beforeAll(async () => {
  [server, peer] = await Promise.all([startTestServer(), startPeerApi()]);
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

test('it is in the schema: the enum, the union, both inputs', async () => {
  const { type, union, config, credentials } = await dataOf(
    server.ask(`{
      type: __type(name: "AuthType") { enumValues { name } }
      union: __type(name: "AuthConfig") { possibleTypes { name } }
      config: __type(name: "AuthConfigInput") { isOneOf inputFields { name type { name } } }
      credentials: __type(name: "CredentialsInput") { isOneOf inputFields { name type { name } } }
    }`),
  );
  expect(type.enumValues).toContainEqual({ name: 'TOY' });
  expect(type.enumValues).toHaveLength(7);
  expect(union.possibleTypes).toContainEqual({ name: 'ToyAuthConfig' });
  const input = (name: string) => ({ name: 'toy', type: { name } });
  expect([config.isOneOf, config.inputFields]).toEqual([true, expect.arrayContaining([input('ToyAuthConfigInput')])]);
  expect([credentials.isOneOf, credentials.inputFields]).toEqual([
    true,
    expect.arrayContaining([input('ToyCredentialsInput')]),
  ]);
});

test('it is configured, checked, marked Ready, rotated, authorized and used like the others', async () => {
  const id = await draft(server.ask, { allowedHosts: [peer.host] });
  const set = (toy: object) => run(server.ask, 'connectorSetAuthConfig', { id, authConfig: { toy } });
  expect(refusals(await set({ flavour: 'bitter', toySecret: '!', toyUrl: 'https://{sub}.example/toy' }))).toEqual([
    'ValidationError INVALID_CHARACTERS authConfig.toy.toySecret',
    'ValidationError TOO_LONG authConfig.toy.flavour',
    'ValidationError UNKNOWN_KEY authConfig.toy.toyUrl',
  ]);
  expect(refusals(await set({ toySecret: 'first-secret-of-toy' }))).toEqual([]);
  expect(refusals(await run(server.ask, 'connectorMarkReady', { id }))).toEqual([
    'ValidationError NOT_READY authConfig.toy.flavour',
  ]);
  expect((await set({ flavour: 'sweet' })).connector.authorizationForm.fields).toMatchObject([
    { key: 'word', label: 'sweet word', inputPath: ['toy', 'word'] },
  ]);
  await done(server.ask, 'connectorMarkReady', { id });
  await done(server.ask, 'connectorRotateClientSecret', { id, secret: 'second-secret-of-toy' });
  const answer = `{ connector(by: { id: "${id}" }) { authType authConfig { ... on ToyAuthConfig { flavour toySecret { lastFour } } } } }`;
  expect((await dataOf(server.ask(answer))).connector).toEqual({
    authType: 'TOY',
    authConfig: { flavour: 'sweet', toySecret: { lastFour: '-toy' } },
  });
  const connection = await createConnection(server.ask, { connector: { id }, name: 'Toy' });
  await authorize(server.ask, connection, { toy: { word: 'please' } });
  const invoke = `mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { response { status } userErrors { message } } }`;
  const input = { connection: { id: connection }, method: 'GET', url: `${peer.url}/toys` };
  expect((await dataOf(server.ask(invoke, { input }))).invokeUrl.response).toEqual({ status: 200 });
  expect(peer.received[0]?.headers['x-toy']).toBe('sweet please second-secret-of-toy');
});

test('no other folder names an auth type', () => {
  const names = authTypes.flatMap(({ name, field, Config, ConfigInput }) => [
    name,
    field,
    Config.name,
    ConfigInput.name,
  ]);
  const naming = new RegExp(String.raw`(?<![\w/*.-])(${names.join('|')})(?![\w-])`);
  const root = join(__dirname, '../../src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    // In access/, an apiKey is a key to this API.
    (file) => file.endsWith('.ts') && !/^(auth-types|access)\//.test(file),
  );
  expect(files.length).toBeGreaterThan(50);
  const found = files.flatMap((file) =>
    codeOf(readFileSync(join(root, file), 'utf8'))
      .split('\n')
      .filter((line) => naming.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});

/** Without comments and without descriptions, which are for people. */
const codeOf = (source: string) =>
  source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/description:\s*(['`])(?:\\.|(?!\1)[\s\S])*\1/g, '');
