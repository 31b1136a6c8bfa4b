/** Encryption keys that are wrong, missing or damaged: server and rotation refuse in clear words, and every byte stays as it is. */
import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INVOKE } from '../../support/invoke';
import { endAll, runMain } from '../../support/main-process';
import { type PeerApi, startPeerApi } from '../../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../../support/server';
import { connected } from '../../support/story';
import { amount, expectNone } from '../../support/trust';
import { bytesIn, key, listedKeys, onDatabase, rotate, usedKeys } from './rotating';

jest.setTimeout(60_000);

const RIGHT = key('k1', 1);
let peer: PeerApi;
let first: TestServer;
let connection: string;
let dataDir: string;
let before: Record<string, string>;

beforeEach(async () => {
  peer = await startPeerApi();
  first = await startTestServer({ env: { ENCRYPTION_KEYS: RIGHT } });
  connection = await connected(first.ask, 'basic', peer.host);
  await first.close();
  dataDir = first.dataDir;
  before = bytesIn(dataDir);
});
afterEach(async () => {
  await endAll();
  await Promise.all([first.remove(), peer.close()]);
});

const start = (ENCRYPTION_KEYS: string) => startTestServer({ dataDir, env: { ENCRYPTION_KEYS } });

/** Whether everything is as it was with the right key. */
async function expectAllThere(): Promise<void> {
  const server = await start(RIGHT);
  const { invokeUrl } = await dataOf(
    server.ask(INVOKE, { input: { connection: { id: connection }, url: peer.url, method: 'GET' } }),
  );
  expect(invokeUrl.response.status).toBe(200);
  await server.close();
}

const refusals: [string, string, RegExp][] = [
  ['another key of the same id', key('k1', 2), /"k1" is not the one that encrypted.*although it has its id/],
  ['another key first, and another of the same id', `${key('k2', 1)},${key('k1', 2)}`, /"k1" is not the one/],
  ['only a key of another id', key('k2', 2), /"k1" is missing.*ENCRYPTION_KEYS.*rotate-keys/],
  ['the right key under another id', key('k2', 1), /"k1" is missing/],
  ['no key', '', /encrypted with the key "k1", and there is none.*no new key was made/],
];

test.each(refusals)('with %s the server does not start', async (_name, keys, message) => {
  await expect(start(keys)).rejects.toThrow(message);
  await expect(start(keys)).rejects.toThrow('Nothing was changed');
  expect(bytesIn(dataDir)).toEqual(before);
  await expectAllThere();
});

test.each(refusals)('with %s a database from before there was a list of keys is left as it is', async (_name, keys) => {
  onDatabase(dataDir, (database) =>
    database.exec(`DROP TABLE encryption_key; DELETE FROM migrations WHERE name LIKE 'EncryptionKey%'`),
  );
  before = bytesIn(dataDir);
  await expect(start(keys)).rejects.toThrow('Nothing was changed');
  expect(bytesIn(dataDir)).toEqual(before);
  await expectAllThere();
  expect(listedKeys(dataDir)).toEqual(['k1']);
});

test('of a database from before, every key in use is listed, and one damaged secret does not make a key wrong', async () => {
  const server = await start(`${key('k2', 2)},${RIGHT}`);
  const second = await connected(server.ask, 'basic', peer.host, 'Second');
  await connected(server.ask, 'basic', peer.host, 'Third');
  await server.close();
  expect(usedKeys(dataDir)).toEqual(['k1', 'k2']);
  onDatabase(dataDir, (database) => {
    database.exec(`DROP TABLE encryption_key; DELETE FROM migrations WHERE name LIKE 'EncryptionKey%'`);
    database
      .prepare(`UPDATE connection_grant SET credentials = 'v1.k2.' || substr(credentials, 8) WHERE connectionId = ?`)
      .run(second);
  });
  await expect(start(RIGHT)).rejects.toThrow('"k2" is missing');
  await expect(start(`${key('k2', 3)},${RIGHT}`)).rejects.toThrow('"k2" is not the one');
  await (await start(`${RIGHT},${key('k2', 2)},${key('k3', 3)}`)).close();
  expect(listedKeys(dataDir)).toEqual(['k1', 'k2']);
});

test.each<[string, string, RegExp]>([
  ['another key of the same id', `${key('k2', 2)},${key('k1', 2)}`, /"k1" is not the one/],
  ['a first key that no server knows', `${key('k2', 2)},${RIGHT}`, /No server has started yet with the key "k2"/],
  ['no key', '', /there is none/],
])('with %s nothing is rotated', async (_name, keys, message) => {
  await expect(rotate(dataDir, keys)).rejects.toThrow(message);
  expect(bytesIn(dataDir)).toEqual(before);
  await expectAllThere();
});

test('damaged keys, in ENCRYPTION_KEYS or in the key file, start nothing and change nothing', async () => {
  const tried = amount(16, 400);
  const taken: string[] = [];
  const [, base64 = ''] = RIGHT.split(':');
  for (let count = 0; count < tried; count += 1) {
    const bytes = Buffer.from(base64, 'base64');
    const bit = randomInt(bytes.length * 8);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const damaged = [
      `k1:${bytes.toString('base64')}`,
      `k1:${base64.slice(0, randomInt(base64.length))}`,
      RIGHT.slice(0, randomInt(3)) + base64,
      RIGHT.replace('k1', `k${randomInt(2, 9)}`),
    ][count % 4] as string;
    const isFile = count % 8 >= 4;
    const file = join(dataDir, 'encryption-keys');
    if (isFile) writeFileSync(file, damaged);
    const there = bytesIn(dataDir);
    const outcome = await (async () => start(isFile ? '' : damaged))().catch((error: Error) => error);
    if (!(outcome instanceof Error)) await outcome.close();
    const isClear =
      outcome instanceof Error && /key "k\d"|ENCRYPTION_KEYS must|encryption keys in/.test(outcome.message);
    const isSilent = outcome instanceof Error && !outcome.message.includes(base64.slice(0, 20));
    const isSame = JSON.stringify(bytesIn(dataDir)) === JSON.stringify(there);
    if (!isClear || !isSilent || !isSame) taken.push(`${isFile ? 'file' : 'variable'} ${damaged}: ${outcome}`);
    if (isFile) rmSync(file);
  }
  expectNone('Secrets', 'wrong, missing or damaged keys that a server took, or that cost a byte', taken, tried, 400);
  await expectAllThere();
}, 600_000);

test('the process ends with the exit code 1, and says why on standard error', async () => {
  const environment = { DATA_DIR: dataDir, ENCRYPTION_KEYS: key('k1', 2), LOG_LEVEL: 'silent' };
  for (const args of [[], ['rotate-keys', '--stopped']]) {
    const main = runMain(args, environment);
    expect(await main.ended).toBe(1);
    expect(main.stdout()).toBe('');
    expect(main.stderr()).toMatch(/^grapnel: The encryption key "k1" is not the one .* Nothing was changed\.\n$/);
  }
  expect(bytesIn(dataDir)).toEqual(before);
});
