/** Rotation of the encryption key while a server answers: no read fails, nothing is lost, and the old key can be removed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEncryptionKeys } from '../../../src/config';
import { Vault } from '../../../src/storage/vault';
import { endAll, runMain } from '../../support/main-process';
import { type PeerApi, startPeerApi } from '../../support/peer-api';
import { type Ask, dataOf, startTestServer, type TestServer } from '../../support/server';
import { authorize } from '../../support/story';
import { amount, expectNone, tell } from '../../support/trust';
import { contents, fill, makeTemplates, numberOf, secretOf } from './many-secrets';
import { key, listedKeys, sealedValues, usedKeys } from './rotating';

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

test('every secret is encrypted anew by the command, while a server reads and writes; then the old key is not needed', async () => {
  const rows = amount(2000, 100_000);
  const { connection, connector, owned } = await makeTemplates((await start(OLD)).ask, peer.host, ASKERS);
  await server?.close();
  fill(dataDir, OLD, rows);
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
