/** Secrets in every sealed column: one of each made through the API, and as many copies of it as a test wants. */
import { parseEncryptionKeys } from '../../../src/config';
import { Vault } from '../../../src/storage/vault';
import { begin } from '../../support/oauth';
import type { Ask } from '../../support/server';
import { authorize, createConnection, readyConnector, staticConfigs } from '../../support/story';
import { onDatabase, type SealedValue, sealedValues } from './rotating';

export const secretOf = (number: number) => `client-secret-of-the-connector-${100_000 + number}`;

/** What is in the secrets of the row with this number. */
export const contents: Record<string, (number: number) => unknown> = {
  connection_grant: (number) => ({ token: `token-${number}` }),
  connector: (number) => ({ clientSecret: { value: secretOf(number), updatedAt: 0 } }),
  connection: (number) => ({ password: `variable-${number}` }),
  authorization_flow: (number) => ({ startToken: `start-${number}` }),
};

/** The number of a row that was filled in. */
export const numberOf = (id: string) => Number(/~(\d+)$/.exec(id)?.[1] ?? Number.NaN);

/** Copies the first row with secrets of each table, under other ids and names, sealed with `keys`, until there are `count` in all. */
export function fill(dataDir: string, keys: string, count: number): void {
  const vault = new Vault(parseEncryptionKeys(keys));
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

const oauth2 = {
  grantType: 'AUTHORIZATION_CODE',
  clientId: 'client',
  clientSecret: 'secret-template',
  authorizationUrl: 'https://provider.example/authorize',
  tokenUrl: 'https://provider.example/token',
};

interface Templates {
  /** One whose grants are of users. */
  readonly connection: string;
  readonly connector: string;
  /** Connections with a grant of their own, which is not filled up with others. */
  readonly owned: readonly string[];
}

/** One of each table, made as people make them; `host` is the one that may be called. Gives the ids. */
export async function makeTemplates(ask: Ask, host: string, owners: number): Promise<Templates> {
  const bearer = await readyConnector(ask, { name: 'Bearer', allowedHosts: [host] }, staticConfigs.bearerToken);
  const connection = await createConnection(ask, {
    connector: { id: bearer },
    name: 'Users',
    authorizationLevel: 'LOGGED_IN_USER',
  });
  await authorize(ask, connection, { bearerToken: { token: 'token' } }, 'user');
  const connector = await readyConnector(
    ask,
    { name: 'OAuth', connectionFields: [{ name: 'password', label: 'Password', secret: true }] },
    { oauth2 },
  );
  const flowing = await createConnection(ask, {
    connector: { id: connector },
    name: 'Flowing',
    variables: [{ name: 'password', value: 'variable' }],
  });
  await begin(ask, flowing);
  const owned: string[] = [];
  for (let own = 0; own < owners; own += 1) {
    const id = await createConnection(ask, { connector: { id: bearer }, name: `Own ${own}` });
    await authorize(ask, id, { bearerToken: { token: 'first' } });
    owned.push(id);
  }
  return { connection, connector, owned };
}
