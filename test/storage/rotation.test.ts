/** The rotation of the encryption key: it undoes no write, can be broken off, and gives no key up that something is sealed with. */
import { parseEncryptionKeys } from '../../src/config';
import { Store } from '../../src/storage/store';
import { Vault } from '../../src/storage/vault';
import { key, listedKeys, onDatabase, rotate, sealedValues, usedKeys } from '../attacks/secrets/rotating';
import { call } from '../flows/grants';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { startTestServer, type TestServer } from '../support/server';
import { authorize, connected, readyConnector } from '../support/story';

jest.setTimeout(20_000);

const [OLD, NEW] = [key('old', 1), key('new', 2)];

let peer: PeerApi;
let server: TestServer;
let id: string;
let dataDir: string;

beforeEach(async () => {
  peer = await startPeerApi();
  server = await startTestServer({ env: { ENCRYPTION_KEYS: OLD } });
  dataDir = server.dataDir;
  id = await connected(server.ask, 'bearerToken', peer.host);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all([server.remove(), peer.close()]);
});

async function restart(ENCRYPTION_KEYS: string): Promise<void> {
  await server.close();
  server = await startTestServer({ dataDir, env: { ENCRYPTION_KEYS } });
}

/** The token that the API is called with. */
async function tokenSent(): Promise<string | undefined> {
  await call(server.ask, id, peer);
  return peer.received.at(-1)?.headers.authorization?.replace('Bearer ', '');
}

test('a secret that a server wrote between being read and being replaced stays as the server wrote it', async () => {
  await restart(`${NEW},${OLD}`);
  const [row] = sealedValues(dataDir);
  const place = {
    workspaceId: `${row?.workspaceId}`,
    table: 'connection_grant',
    row: `${row?.id}`,
    field: 'credentials',
  };
  const written = new Vault(parseEncryptionKeys(OLD)).seal({ token: 'token-written-meanwhile' }, place);
  const seal = Vault.prototype.seal;
  const sealing = jest.spyOn(Vault.prototype, 'seal').mockImplementationOnce(function (this: Vault, ...args) {
    onDatabase(dataDir, (database) => database.prepare('UPDATE connection_grant SET credentials = ?').run(written));
    return seal.apply(this, args);
  });
  // The next round finds what was written with the old key.
  expect(await rotate(dataDir, `${NEW},${OLD}`)).toMatchObject({ isDone: true });
  expect(sealing).toHaveBeenCalledTimes(2);
  await restart(NEW);
  expect(await tokenSent()).toBe('token-written-meanwhile');
});

test('broken off and run again, it goes on where it was', async () => {
  const clientSecret = 'secret-of-the-client';
  await readyConnector(
    server.ask,
    { name: 'Client' },
    {
      oauth2: {
        grantType: 'CLIENT_CREDENTIALS',
        clientId: 'client',
        clientSecret,
        tokenUrl: 'https://a.example/token',
      },
    },
  );
  await restart(`${NEW},${OLD}`);
  const write = Store.prototype.write;
  // The first transaction checks the keys, the second one encrypts the secrets of connectors anew, the third one those of grants.
  const writing = jest.spyOn(Store.prototype, 'write').mockImplementation(function (this: Store, work) {
    if (writing.mock.calls.length === 3) throw new Error('broken off');
    return write.call(this, work) as never;
  });
  await expect(rotate(dataDir, `${NEW},${OLD}`)).rejects.toThrow('broken off');
  writing.mockRestore();
  expect([listedKeys(dataDir), usedKeys(dataDir)]).toEqual([
    ['new', 'old'],
    ['new', 'old'],
  ]);
  expect((await rotate(dataDir, `${NEW},${OLD}`)).printed).toMatch(/^1 secrets .*\n.*can be removed: "old"/);
  expect([listedKeys(dataDir), usedKeys(dataDir)]).toEqual([['new'], ['new']]);
});

test('a server that still encrypts with the old key has it listed again with what it writes', async () => {
  await restart(`${NEW},${OLD}`);
  await restart(`${OLD},${NEW}`);
  expect(await rotate(dataDir, `${NEW},${OLD}`)).toMatchObject({ isDone: true });
  expect(listedKeys(dataDir)).toEqual(['new']);
  await authorize(server.ask, id, { bearerToken: { token: 'token-of-a-late-server' } });
  expect([listedKeys(dataDir), usedKeys(dataDir)]).toEqual([['new', 'old'], ['old']]);
  await expect(restart(NEW)).rejects.toThrow('"old" is missing');
  expect((await rotate(dataDir, `${NEW},${OLD}`)).printed).toContain('can be removed: "old"');
  await restart(NEW);
  expect(await tokenSent()).toBe('token-of-a-late-server');
});

test('secrets of a key that is missing are told, and their key is not given up; one that nothing needs is', async () => {
  await restart(`${NEW},${key('idle', 3)},${OLD}`);
  await restart(`${key('idle', 3)},${NEW},${OLD}`);
  await restart(`${NEW},${key('idle', 3)},${OLD}`);
  expect(listedKeys(dataDir)).toEqual(['idle', 'new', 'old']);
  const { isDone, printed, logged } = await rotate(dataDir, NEW);
  expect(isDone).toBe(false);
  expect(printed).toContain('can be removed: "idle"');
  expect(printed).toContain('1 secrets are still encrypted with other keys: "old"');
  expect(logged.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ level: 'error', count: 0, freed: ['idle'], needed: ['old'], left: 1 }),
  );
  expect(listedKeys(dataDir)).toEqual(['new', 'old']);
});

test('a damaged secret is told, stays as it is, and holds nothing else up', async () => {
  await connected(server.ask, 'basic', peer.host, 'Another');
  const damage = onDatabase(dataDir, (database) =>
    database.prepare('UPDATE connection_grant SET credentials = ? WHERE connectionId = ?').run('v1.old.AAAA', id),
  );
  expect(damage.changes).toBe(1);
  await restart(`${NEW},${OLD}`);
  const { isDone, printed, logged } = await rotate(dataDir, `${NEW},${OLD}`);
  expect([isDone, printed]).toEqual([false, expect.stringContaining('1 secrets were encrypted anew')]);
  expect(logged.filter((line) => line.includes('was altered, moved'))).toHaveLength(1);
  expect(listedKeys(dataDir)).toEqual(['new', 'old']);
  expect(
    sealedValues(dataDir)
      .map(({ envelope }) => envelope.slice(0, 7))
      .sort(),
  ).toEqual(['v1.new.', 'v1.old.']);
});

test('before a server knows the new key nothing is encrypted with it, unless all are said to be stopped', async () => {
  await server.close();
  await expect(rotate(dataDir, `${NEW},${OLD}`)).rejects.toThrow('restart them');
  await expect(rotate(dataDir, `${NEW},${OLD}`, '--now')).rejects.toThrow('--stopped');
  expect(usedKeys(dataDir)).toEqual(['old']);
  expect(await rotate(dataDir, `${NEW},${OLD}`, '--stopped')).toMatchObject({ isDone: true });
  await restart(NEW);
  expect(await tokenSent()).toBe('token-of-alice');
});

test('with nothing to encrypt it says so, and changes no secret', async () => {
  const before = sealedValues(dataDir);
  expect(await rotate(dataDir, OLD)).toMatchObject({
    isDone: true,
    printed: '0 secrets were encrypted anew with the key "old".\n',
  });
  expect(sealedValues(dataDir)).toEqual(before);
});
