/** The audit log holds no secret: every one that the server was given, or gave, is looked for in all that it wrote there. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { codeGrant, connectedAt, refresh, revoke, startUnsweptServer } from '../flows/grants';
import { Person } from '../peers/person';
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { updateConnection } from '../support/acts';
import { done, run } from '../support/connectors';
import { createKey, createSessionToken, createWorkspace } from '../support/keys';
import { begin, linkIn } from '../support/oauth';
import { dataOf, OWNER_KEY, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs } from '../support/story';
import { expectNone } from '../support/trust';

jest.setTimeout(30_000);

let server: TestServer;
let provider: TokenServer;
const secrets = new Map<string, string>();

beforeAll(async () => {
  [server, provider] = await Promise.all([startUnsweptServer(), startTokenServer()]);
});
afterAll(() => Promise.all([server.remove(), provider.close()]));

/** A new secret, to be looked for later. */
function secret(what: string): string {
  const value = `canary-${randomBytes(12).toString('hex')}`;
  secrets.set(`${what} ${secrets.size}`, value);
  return value;
}
const keep = (what: string, value: string | null | undefined) =>
  void secrets.set(`${what} ${secrets.size}`, `${value}`);

const APP = 'https://app.example.com/done';

async function staticTypes(): Promise<void> {
  const fields = [{ name: 'pin', label: 'PIN', secret: true, required: false }];
  const credentials = {
    basic: () => ({ basic: { username: 'alice', password: secret('password') } }),
    apiKey: () => ({ apiKey: { values: [{ key: 'X-Api-Key', value: secret('key of an API') }] } }),
    bearerToken: () => ({ bearerToken: { token: secret('token') } }),
    aws: () => ({ aws: { accessKey: 'AKIDEXAMPLE', secretKey: secret('AWS key'), sessionToken: secret('AWS token') } }),
  };
  for (const type of ['basic', 'apiKey', 'bearerToken', 'aws'] as const) {
    const connector = await readyConnector(server.ask, { name: type, connectionFields: fields }, staticConfigs[type]);
    const variables = [{ name: 'pin', value: secret('variable') }];
    const id = await createConnection(server.ask, { connector: { id: connector }, name: type, variables });
    await updateConnection(server.ask, id, { variables: [{ name: 'pin', value: secret('variable') }] });
    await authorize(server.ask, id, credentials[type]());
    await authorize(server.ask, id, credentials[type]());
    // What is refused is not told either.
    await run(server.ask, 'connectorRotateClientSecret', { id: connector, secret: secret('refused secret') });
  }
}

async function withProvider(): Promise<void> {
  const clientSecret = secret('client secret');
  const id = await connectedAt(server.ask, provider, { authConfig: codeGrant(provider, { clientSecret }) });
  keep('access token', provider.latest());
  await refresh(server.ask, id);
  keep('renewed token', provider.latest());
  const { connection } = await dataOf(server.ask(`{ connection(by: { id: "${id}" }) { connector { id } } }`));
  const rotation = { id: connection.connector.id, secret: secret('rotated secret') };
  await done(server.ask, 'connectorRotateClientSecret', rotation);

  await dataOf(
    server.ask(
      `mutation { workspaceUpdate(input: { returnToUrls: ["${APP}?${secret('query')}"] }) { userErrors { code } } }`,
    ),
  );
  await dataOf(server.ask(`mutation { workspaceUpdate(input: { returnToUrls: ["${APP}"] }) { userErrors { code } } }`));
  const person = new Person();
  const link = linkIn(await begin(server.ask, id, { returnTo: APP }));
  keep('start link', link.split('/').at(-1));
  const atCallback = ({ pathname }: URL) => pathname.startsWith('/authorization/callback/');
  const callback = await person.press(await person.visit(link), { stopBefore: atCallback });
  for (const name of ['state', 'code']) keep(name, new URL(callback.url).searchParams.get(name));
  for (const [name, value] of person.cookiesOf(server.url)) keep(`cookie ${name}`, value);
  const back = await person.visit(callback.url, { stopBefore: ({ host }) => host === 'app.example.com' });
  const token = new URL(back.url).searchParams.get('confirmationToken');
  keep('confirmation token', token);
  await dataOf(server.ask(`mutation { authorizationConfirm(token: "${token}") { userErrors { code } } }`));
  await revoke(server.ask, id);

  const denied = new Person();
  const start = linkIn(await begin(server.ask, id));
  const { url } = await denied.press(await denied.visit(start), { stopBefore: atCallback });
  const refused = new URL(url);
  refused.search = `?state=${refused.searchParams.get('state')}&error=access_denied&error_description=${secret('words')}`;
  await denied.visit(refused.href);
}

async function access(): Promise<void> {
  keep('key', OWNER_KEY);
  const key = await createKey(server.ask, 'INTEGRATOR');
  keep('key', key.secret);
  const { secret: first } = await createWorkspace(server.ask, 'Other');
  keep('first key', first);
  const { connections } = await dataOf(server.ask('{ connections(first: 1) { nodes { id } } }'));
  keep('session token', await createSessionToken(server.ask, connections.nodes[0].id));
}

/** A secret as it may be written: as it is, encoded, escaped. */
function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  const inBase64 = [0, 1, 2].map((shift) =>
    // Wherever it stands in what is encoded: the letters at the ends depend on what stands beside it.
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64url')
      .slice(shift === 0 ? 0 : 4)
      .slice(0, -4),
  );
  const escaped = JSON.stringify(value).slice(1, -1);
  return [value, encodeURIComponent(value), escaped, bytes.toString('hex'), ...inBase64].map((one) =>
    one.toLowerCase(),
  );
}

test('no secret stands in it, in whatever spelling', async () => {
  await staticTypes();
  await withProvider();
  await access();

  const database = new Database(join(server.dataDir, 'grapnel.sqlite'), { readonly: true });
  const rows = database.prepare('SELECT * FROM audit_event').all();
  database.close();
  const written = JSON.stringify(rows).replaceAll('+', '-').replaceAll('/', '_').toLowerCase();
  const actions = new Set(rows.map((row) => (row as { action: string }).action));
  for (const action of ['CONNECTION_AUTHORIZED', 'AUTHORIZATION_DENIED', 'CONNECTION_REFRESHED', 'API_KEY_CREATED'])
    expect(actions).toContain(action);
  // The search does find what is there.
  expect(written).toContain('authorization_begun');

  const hits = [...secrets].filter(([, value]) =>
    spellings(value).some((spelling) => written.includes(spelling.replaceAll('+', '-').replaceAll('/', '_'))),
  );
  expect([...secrets.values()].filter((value) => value.length < 16)).toEqual([]);
  expectNone(
    'Audit',
    'secrets that stand in the audit log',
    hits.map(([what]) => what),
    secrets.size,
    30,
  );
});
