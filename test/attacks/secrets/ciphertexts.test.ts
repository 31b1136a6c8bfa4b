/** Sealed secrets that somebody moved or altered in the database: none opens, and the refusal tells nothing of what is in them. */
import { randomInt } from 'node:crypto';
import { parseEncryptionKeys } from '../../../src/config';
import { type Place, Vault } from '../../../src/storage/vault';
import { INVOKE } from '../../support/invoke';
import { begin } from '../../support/oauth';
import { type PeerApi, startPeerApi } from '../../support/peer-api';
import { dataOf, startTestServer, type TestServer } from '../../support/server';
import { authorize, createConnection, readyConnector, staticConfigs } from '../../support/story';
import { amount, expectNone } from '../../support/trust';
import { key, onDatabase, type SealedValue, sealedValues } from './rotating';

jest.setTimeout(60_000);

const KEY = key('k1', 7);
const SECRET = 'secret-that-nobody-sees';
const vault = new Vault(parseEncryptionKeys(KEY));

let server: TestServer;
let peer: PeerApi;
let sealed: SealedValue[];
let basic: string[];

/** Makes secrets of every kind in one workspace; gives its connections with credentials of their own. */
async function populate(ask: TestServer['ask']): Promise<string[]> {
  const connectionFields = [{ name: 'pin', label: 'Pin', secret: true }];
  const oauth2 = {
    grantType: 'AUTHORIZATION_CODE',
    clientId: 'client',
    clientSecret: SECRET,
    authorizationUrl: 'https://provider.example/authorize',
    tokenUrl: 'https://provider.example/token',
  };
  const ids: string[] = [];
  for (const name of ['First', 'Second']) {
    const variables = [{ name: 'pin', value: SECRET }];
    const flowing = await readyConnector(ask, { name: `${name} flow`, connectionFields }, { oauth2 });
    await begin(ask, await createConnection(ask, { connector: { id: flowing }, name: `${name} flow`, variables }));
    const simple = await readyConnector(ask, { name, allowedHosts: [peer.host] }, staticConfigs.basic);
    const id = await createConnection(ask, { connector: { id: simple }, name });
    await authorize(ask, id, { basic: { username: name, password: SECRET } });
    ids.push(id);
  }
  return ids;
}

beforeAll(async () => {
  peer = await startPeerApi();
  server = await startTestServer({ env: { ENCRYPTION_KEYS: KEY } });
  basic = await populate(server.ask);
  const { workspaceCreate } = await dataOf(
    server.ask('mutation { workspaceCreate(input: { name: "Other" }) { adminKey } }'),
  );
  await populate(server.askAs(workspaceCreate.adminKey));
  sealed = sealedValues(server.dataDir);
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

const placeOf = ({ workspaceId, table, id, field }: SealedValue): Place => ({ workspaceId, table, row: id, field });

/** Opens `envelope` at `place`: `undefined` when it is refused without a word of the content, else what went wrong. */
function opening(envelope: string, place: Place): string | undefined {
  try {
    return `opened: ${JSON.stringify(vault.open(envelope, place))}`;
  } catch (error) {
    const { message } = error as Error;
    const isClear = message.startsWith(`The secret ${place.table}.${place.field} of ${place.row} `);
    const [, , text = ''] = envelope.split('.');
    // A few characters stand in every sentence.
    const tells = message.includes(SECRET) || (text.length >= 8 && message.includes(text.slice(0, 16)));
    return isClear && !tells ? undefined : message;
  }
}

test('every secret opens where it belongs, and nowhere else', () => {
  expect(sealed.map(({ table }) => table).sort()).toEqual(
    ['authorization_flow', 'connection', 'connection_grant', 'connector'].flatMap((table) => Array(4).fill(table)),
  );
  expect(new Set(sealed.map(({ workspaceId }) => workspaceId)).size).toBe(2);
  for (const one of sealed) expect(JSON.stringify(vault.open(one.envelope, placeOf(one)))).toMatch(/secret|startToken/);
  const hits: string[] = [];
  let tried = 0;
  for (const one of sealed)
    for (const other of sealed) {
      const [own, foreign] = [placeOf(one), placeOf(other)];
      // The whole place, and each part of it alone.
      const places = [foreign, ...Object.entries(foreign).map(([part, value]) => ({ ...own, [part]: value }))];
      for (const place of places.filter((moved) => JSON.stringify(moved) !== JSON.stringify(own))) {
        tried += 1;
        const wrong = opening(one.envelope, place);
        if (wrong) hits.push(wrong);
      }
    }
  expectNone('Secrets', 'secrets that open in another row, field or workspace', hits, tried, 500);
});

test('with any bit flipped none opens', () => {
  const hits: string[] = [];
  const tried = amount(500, 10_000);
  for (let count = 0; count < tried; count += 1) {
    const one = sealed[count % sealed.length] as SealedValue;
    // Every other time in the text of the envelope, id and version included, else in the bytes that it stands for.
    const [version, id, text = ''] = one.envelope.split('.');
    const isText = count % 2 === 0;
    const bytes = isText ? Buffer.from(one.envelope) : Buffer.from(text, 'base64url');
    const bit = randomInt(bytes.length * 8);
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const altered = isText ? bytes.toString('latin1') : [version, id, bytes.toString('base64url')].join('.');
    const wrong = opening(altered, placeOf(one));
    if (wrong) hits.push(`${bit} of ${isText ? 'the text' : 'the bytes'}: ${wrong}`);
  }
  expectNone('Secrets', 'secrets that open although a bit was flipped', hits, tried, 10_000);
});

test('cut, emptied or with a shorter tag none opens', () => {
  const [one] = sealed as [SealedValue];
  const text = one.envelope.split('.')[2] as string;
  for (const length of Array.from({ length: text.length }, (_, index) => index))
    expect(opening(`v1.k1.${text.slice(0, length)}`, placeOf(one))).toBeUndefined();
});

test('exchanged in the database, the server sends neither, says INTERNAL, and names only the place in its log', async () => {
  const grants = sealed.filter(({ table }) => table === 'connection_grant').slice(0, 2) as [SealedValue, SealedValue];
  const write = (id: string, envelope: string) =>
    onDatabase(server.dataDir, (database) =>
      database.prepare('UPDATE connection_grant SET credentials = ? WHERE id = ?').run(envelope, id),
    );
  write(grants[0].id, grants[1].envelope);
  write(grants[1].id, grants[0].envelope);
  const from = server.logLines.length;
  for (const id of basic) {
    const { data, errors } = await server.ask(INVOKE, {
      input: { connection: { id }, url: peer.url, method: 'GET' },
    });
    expect([data, errors?.map(({ extensions }) => extensions.code)]).toEqual([null, ['INTERNAL']]);
    expect(JSON.stringify(errors)).not.toMatch(/altered|k1|credentials/);
  }
  expect(peer.received).toEqual([]);
  const logged = server.logLines.slice(from).join('');
  for (const { id } of grants) expect(logged).toContain(`connection_grant.credentials of ${id} was altered, moved`);
  expect(logged).not.toContain(SECRET);
  for (const { id, envelope } of grants) write(id, envelope);
});
