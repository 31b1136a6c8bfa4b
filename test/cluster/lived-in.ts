/** A server on SQLite that was lived in: all six auth types, grants, flows, a logo, keys, a second workspace; and all it answers. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { call, connectedAt, refresh } from '../flows/grants';
import { CONSUMER_KEY, CONSUMER_SECRET, dance, newConnection } from '../flows/oauth1-steps';
import { providers } from '../peers/oauth1';
import { startTokenServer } from '../peers/token-server';
import { auditPage } from '../support/audit';
import { done, wholeConnector } from '../support/connectors';
import { createKey, createSessionToken, createWorkspace } from '../support/keys';
import { begin, invoke } from '../support/oauth';
import { startPeerApi } from '../support/peer-api';
import { type Ask, dataOf, startTestServer, type TestOptions, type TestServer } from '../support/server';
import { authorize, connected, createConnection, readyConnector, staticConfigs } from '../support/story';

const staticTypes = ['basic', 'apiKey', 'bearerToken', 'aws'] as const;
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** What is not ASCII is where lengths and comparisons go wrong. */
const USERS = ['zoë', 'Ωmega', '用户', '👩‍🚀', ' a:b', "o'clock", '"\\,{}NULL', 'NULL', '-', '1:x'];

/** A server on SQLite, wherever the tests run. */
export const startOnSqlite = (options: TestOptions = {}): Promise<TestServer> =>
  startTestServer({ ...options, env: { DATABASE_URL: '', REDIS_URL: '', ...options.env } });

export interface LivedIn {
  readonly dataDir: string;
  /** The head of the audit log of each workspace, when it was left. */
  readonly heads: readonly string[];
  /** All that it answered, when it was left. */
  readonly answers: object;
  answersOf(server: TestServer): Promise<object>;
  /** The credentials that its static types send. */
  sentBy(server: TestServer): Promise<object>;
  /** Calls every API through its connection; gives what came of it. */
  callAll(server: TestServer): Promise<object>;
  /** Closes the peers. */
  close(): Promise<void>;
}

const [[, startOAuth1]] = providers as [(typeof providers)[number]];

/** Makes it, and stops it. */
export async function livedIn(): Promise<LivedIn> {
  const [peer, tokens, oauth1] = await Promise.all([startPeerApi(), startTokenServer(), startOAuth1()]);
  const server = await startOnSqlite();
  const { ask } = server;
  const ids: string[] = [];
  for (const type of staticTypes) ids.push(await connected(ask, type, peer.host));
  const bearer = await readyConnector(ask, { name: 'Many', allowedHosts: [peer.host] }, staticConfigs.bearerToken);
  await done(ask, 'connectorSetLogo', { id: bearer, imageBase64: PIXEL });
  const input = { connector: { id: bearer }, name: 'Many users', authorizationLevel: 'LOGGED_IN_USER' };
  const many = await createConnection(ask, input);
  for (const userId of USERS)
    await authorize(ask, many, { bearerToken: { token: `token-of-${userId.length}` } }, userId);
  const oauth2 = await connectedAt(ask, tokens, { scopes: ['read', 'write'] });
  const pending = (await begin(ask, oauth2)).id;
  await oauth1.know({ clients: { [CONSUMER_KEY]: CONSUMER_SECRET } });
  const { connection: ofOAuth1 } = await newConnection(ask, { provider: oauth1.url });
  await dance(ask, ofOAuth1);
  const key = (await createKey(ask, 'INTEGRATOR')).secret;
  const token = await createSessionToken(ask, many, { userId: USERS[0] });
  const other = (await createWorkspace(ask, 'Other')).secret;
  await connected(server.askAs(other), 'basic', peer.host);

  async function answersOf({ url, ask: owner, askAs }: TestServer): Promise<object> {
    const asked = [
      everythingOf(owner),
      dataOf(owner('query ($id: ID!) { authorizationFlow(id: $id) { id status expiresAt userId } }', { id: pending })),
      auditPage(owner),
      dataOf(askAs(key)('{ viewer { role workspace { id name } } }')),
      everythingOf(askAs(other)),
      dataOf(askAs(token)(`{ connection(by: { id: "${many}" }) { id name status } }`)),
    ];
    return JSON.parse(JSON.stringify(await Promise.all(asked)).replaceAll(url, 'URL'));
  }

  /** The credentials that the API is sent, of types that send them as they are. */
  async function sentBy({ ask: owner }: TestServer): Promise<object> {
    peer.received.splice(0);
    for (const id of ids.slice(0, 3)) await invoke(owner, id, `${peer.url}/things`);
    for (const userId of USERS) await invoke(owner, many, `${peer.url}/things`, userId);
    return peer.received.map(({ headers }) => [headers.authorization, headers['x-api-key']]);
  }

  async function callAll(on: TestServer): Promise<object> {
    const { ask: owner } = on;
    return {
      sent: await sentBy(on),
      aws: await invoke(owner, ids[3] as string, `${peer.url}/things`),
      oauth1: await invoke(owner, ofOAuth1, `${oauth1.url}/resource`),
      oauth2: [await call(owner, oauth2, tokens), await refresh(owner, oauth2), await call(owner, oauth2, tokens)],
    };
  }

  const answers = await answersOf(server);
  const heads = await Promise.all([auditPage(ask), auditPage(server.askAs(other))]);
  await server.close();
  return {
    dataDir: server.dataDir,
    heads: heads.map(({ nodes }) => nodes.at(-1)?.hash ?? ''),
    answers,
    answersOf,
    sentBy,
    callAll,
    close: async () => void (await Promise.all([peer.close(), tokens.close(), oauth1.close()])),
  };
}

/** Each within what an operation may cost. */
const EVERYTHING = [
  '{ viewer { role workspace { id name returnToUrls createdAt } } }',
  '{ apiKeys { nodes { id name role lastFour createdAt expiresAt } } }',
  `{ connectors(first: 10) { nodes { ${wholeConnector.replace('first: 100', 'first: 10')} } } }`,
  `{ connections(first: 10) { totalCount nodes {
    id name linkName status authorizationLevel grantedScopes createdAt updatedAt connector { id } scopes { id value }
    health { state reason remedy since expiresAt nextRefreshAt lastErrorAt }
    grants(first: 20) { nodes { id userId status authorizedAt expiresAt grantedScopes health { state reason since } } }
  } } }`,
];

const everythingOf = async (ask: Ask) => Promise.all(EVERYTHING.map((query) => dataOf(ask(query))));

/** The hash of each file of a folder. */
export const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );

/** Opens the SQLite database of a stopped server. */
export const openSqlite = (dataDir: string) => new Database(join(dataDir, 'grapnel.sqlite'));
