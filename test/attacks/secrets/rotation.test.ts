/** Rotation of the encryption key while a server answers: no read fails, nothing is lost, and the old key can be removed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEncryptionKeys } from '../../../src/config';
import { Vault } from '../../../src/storage/vault';
import { endAll, runMain } from '../../support/main-process';
import { begin } from '../../support/oauth';
import { type PeerApi, startPeerApi } from '../../support/peer-api';
import { type Ask, dataOf, startTestServer, type TestServer } from '../../support/server';
import { authorize, createConnection, readyConnector, staticConfigs } from '../../support/story';
import { amount, expectNone, tell } from '../../support/trust';
import { key, listedKeys, onDatabase, type SealedValue, sealedValues, usedKeys } from './rotating';

const OLD = key('old', 1);
const NEW = key('new', 2);
/** How many askers are at it at once. */
const ASKERS = 8;

let dataDir: string;
let peer: PeerApi;
let server: TestServer | undefined;

beforeEach(async () => {
  [dataDir, peer] = [mkdtempSync(join(tmpdir(), 'grapnel-rotation-')), await startPeerApi()];
});
afterEach(async () => {
  await endAll();
  await server?.close();
  await peer.close();
  rmSync(dataDir, { recursive: true });
});

const start = async (ENCRYPTION_KEYS: string): Promise<TestServer> => {
  server = await startTestServer({ dataDir, env: { ENCRYPTION_KEYS, LOG_LEVEL: 'warn' } });
  return server;
};

const secretOf = (number: number) => `client-secret-of-the-connector-${100_000 + number}`;

/** What is in the secrets of the row with this number. */
const contents: Record<string, (number: number) => unknown> = {
  connection_grant: (number) => ({ token: `token-${number}` }),
  connector: (number) => ({ clientSecret: { value: secretOf(number), updatedAt: 0 } }),
  connection: (number) => ({ password: `variable-${number}` }),
  authorization_flow: (number) => ({ startToken: `start-${number}` }),
};

const numberOf = (id: string) => Number(/~(\d+)$/.exec(id)?.[1] ?? Number.NaN);

/** Copies the first row with secrets of each table, under other ids and names, until there are `count` in all. */
function fill(count: number): void {
  const vault = new Vault(parseEncryptionKeys(OLD));
  const found = sealedValues(dataDir);
  const templates = Object.keys(contents).map((table) => found.find((one) => one.table === table) as SealedValue);
  onDatabase(dataDir, (database) => {
    database.pragma('foreign_keys = OFF');
    const copies = templates.map(({ table, field, id, workspaceId }) => {
      const row = database.prepare(`SELECT * FROM ${table} WHERE id = ?`).get(id) as Record<string, unknown>;
      const columns = Object.keys(row);
      const insert = database.prepare(
        `INSERT INTO ${table} (${columns.map((name) => `"${name}"`)}) VALUES (${columns.map((name) => `@${name}`)})`,
      );
      return (number: number) => {
        const copy = `${id}~${number}`;
        const place = { workspaceId, table, row: copy, field };
        const distinct = { linkName: copy, linkNameKey: copy, userKey: `user-${number}`, startHash: copy };
        const there = Object.fromEntries(Object.entries(distinct).filter(([name]) => columns.includes(name)));
        const sealed = vault.seal(contents[table]?.(number), place);
        insert.run({ ...row, ...there, id: copy, [field]: sealed });
      };
    });
    database.transaction(() => {
      for (let number = 0; number < count; number += 1)
        copies[number % 10 < 7 ? grants(templates) : number % 4]?.(number);
    })();
  });
}

const grants = (templates: readonly { table: string }[]) =>
  templates.findIndex(({ table }) => table === 'connection_grant');

/** One of each table; gives the ids. */
async function makeTemplates(ask: Ask): Promise<{ connection: string; connector: string; owned: string[] }> {
  const bearer = await readyConnector(ask, { name: 'Bearer', allowedHosts: [peer.host] }, staticConfigs.bearerToken);
  const connection = await createConnection(ask, {
    connector: { id: bearer },
    name: 'Users',
    authorizationLevel: 'LOGGED_IN_USER',
  });
  await authorize(ask, connection, { bearerToken: { token: 'token' } }, 'user');
  const connector = await readyConnector(
    ask,
    { name: 'OAuth', connectionFields: [{ name: 'password', label: 'Password', secret: true }] },
    { oauth2: oauth2 },
  );
  const flowing = await createConnection(ask, {
    connector: { id: connector },
    name: 'Flowing',
    variables: [{ name: 'password', value: 'variable' }],
  });
  await begin(ask, flowing);
  const owned: string[] = [];
  for (let own = 0; own < ASKERS; own += 1) {
    const id = await createConnection(ask, { connector: { id: bearer }, name: `Own ${own}` });
    await authorize(ask, id, { bearerToken: { token: 'first' } });
    owned.push(id);
  }
  return { connection, connector, owned };
}

const oauth2 = {
  grantType: 'AUTHORIZATION_CODE',
  clientId: 'client',
  clientSecret: 'secret-template',
  authorizationUrl: 'https://provider.example/authorize',
  tokenUrl: 'https://provider.example/token',
};

test('every secret is encrypted anew by the command, while a server reads and writes; then the old key is not needed', async () => {
  const rows = amount(2000, 100_000);
  const { connection, connector, owned } = await makeTemplates((await start(OLD)).ask);
  await server?.close();
  fill(rows);
  const all = sealedValues(dataDir);
  expect(usedKeys(dataDir)).toEqual(['old']);

  await start(`${NEW},${OLD}`);
  const ask: Ask = (...asked) => (server as TestServer).ask(...asked);
  const failures: string[] = [];
  let [reads, slowest] = [0, 0];
  /** The token that the connection of each asker was given last. */
  const latest = new Map<string, string>();
  const users = all
    .filter(({ table, id }) => table === 'connection_grant' && id.includes('~'))
    .map(({ id }) => numberOf(id));
  const connectors = all.filter(({ table, id }) => table === 'connector' && id !== connector);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
  peer.answer(({ headers }, response) => void response.end(headers.authorization));

  const called = async (whose: object, token: string): Promise<void> => {
    const query =
      'mutation ($input: InvokeUrlInput!) { invokeUrl(input: $input) { response { body } userErrors { message } } }';
    const { invokeUrl } = await dataOf(ask(query, { input: { ...whose, method: 'GET', url: peer.url } }));
    if (invokeUrl.response?.body !== `Bearer ${token}`) failures.push(`not ${token}: ${JSON.stringify(invokeUrl)}`);
  };

  const tasks = [
    async () => {
      const user = pick(users);
      await called({ connection: { id: connection }, userId: `user-${user}` }, `token-${user}`);
    },
    async () => {
      const { id } = pick(connectors);
      const query =
        'query ($id: ID!) { connector(by: { id: $id }) { authConfig { ... on OAuth2AuthConfig { clientSecret { lastFour } } } } }';
      const { lastFour } = (await dataOf(ask(query, { id }))).connector.authConfig.clientSecret;
      if (lastFour !== secretOf(numberOf(id)).slice(-4)) failures.push(`${id}: ${lastFour}`);
    },
    async (own: number) => {
      const id = owned[own] as string;
      const token = `written-${reads}`;
      await authorize(ask, id, { bearerToken: { token } });
      latest.set(id, token);
      await called({ connection: { id } }, token);
    },
  ];

  const began = performance.now();
  const command = runMain(['rotate-keys'], { DATA_DIR: dataDir, ENCRYPTION_KEYS: `${NEW},${OLD}` });
  let over = false;
  void command.ended.then(() => {
    over = true;
  });
  const asker = async (own: number) => {
    for (let turn = own; !over; turn += 1) {
      const since = performance.now();
      await tasks[turn % 5 === 4 ? 2 : turn % 2]?.(own).catch((error: unknown) => failures.push(`${error}`));
      slowest = Math.max(slowest, performance.now() - since);
      reads += 1;
    }
  };
  await Promise.all(owned.map((_, own) => asker(own)));
  const seconds = (performance.now() - began) / 1000;
  expect([await command.ended, command.stderr()]).toEqual([0, '']);
  const [, told = ''] = await command.said(/^([\d,]+) secrets were encrypted anew with the key "new"\./m);
  expect(command.stdout()).toContain('they can be removed: "old".');
  expectNone('Secrets', 'requests that failed while the secrets were encrypted anew', failures, reads, 1000);
  tell('Secrets', 'secrets encrypted anew by the command', `${told} in ${seconds.toFixed(1)} s`);
  tell('Secrets', 'slowest answer meanwhile', `${slowest.toFixed(0)} ms`);

  await server?.close();
  expect(Number(told.replaceAll(',', ''))).toBeLessThanOrEqual(all.length);
  expect([listedKeys(dataDir), usedKeys(dataDir)]).toEqual([['new'], ['new']]);
  const vault = new Vault(parseEncryptionKeys(NEW));
  const after = sealedValues(dataDir);
  expect(after).toHaveLength(all.length);
  const wrong = after.filter(({ table, id, field, workspaceId, envelope }) => {
    const number = numberOf(id);
    if (Number.isNaN(number)) return !vault.opens(envelope, { workspaceId, table, row: id, field });
    const opened = vault.open(envelope, { workspaceId, table, row: id, field });
    return JSON.stringify(opened) !== JSON.stringify(contents[table]?.(number));
  });
  expectNone('Secrets', 'secrets that do not open with the new key alone, or not as last written', wrong, after.length);

  await start(NEW);
  for (let count = 0; count < 20; count += 1) await tasks[0]?.(0);
  for (const [id, token] of latest) await called({ connection: { id } }, token);
  expect(failures).toEqual([]);
}, 1_200_000);
