/** Secrets: a whole story with a canary at every secret place, and none of them in logs, answers or the files of the database. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSources } from '../../ormconfig';
import { Grant } from '../../src/connections/grant';
import { contentOf, databaseSettings, isOnPostgres } from '../support/database';
import { INVOKE, preview } from '../support/invoke';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import {
  authorize,
  createConnection,
  createConnector,
  markReady,
  setAuthConfig,
  staticConfigs,
} from '../support/story';

/** A new secret with characters that look different in every coding. */
const canary = (name: string) => `Can4ry/${name}+&=${randomBytes(12).toString('hex')}`;

const secrets = {
  owner: canary('owner').padEnd(32, 'x'),
  encryptionKey: randomBytes(32).toString('base64'),
  wrongKey: canary('wrong-key'),
  clientSecret: canary('client'),
  rotatedSecret: canary('rotated'),
  consumerSecret: canary('consumer'),
  password: canary('password'),
  bearerToken: canary('bearer'),
  queryKey: canary('query'),
  formKey: canary('form'),
  headerKey: canary('header'),
  accessKey: canary('access'),
  secretKey: canary('aws'),
  sessionToken: canary('session'),
  variable: canary('variable'),
  newVariable: canary('new-variable'),
  refused: canary('refused'),
};
/** What the server itself draws is told once, in the answer that makes it. */
const told: Record<string, string> = {};

let server: TestServer;
let peer: PeerApi;
const answers: string[] = [];
let ask: Ask;

/** Asks, and keeps the answer to be searched. */
const recording =
  (as: Ask): Ask =>
  async (query, variables) => {
    const answer = await as(query, variables);
    answers.push(JSON.stringify(answer));
    return answer;
  };

/** Asks for a secret that the server draws, and keeps the rest of the answer to be searched. */
async function tells(name: string, field: string, query: string, variables?: object): Promise<string> {
  const data = await dataOf(server.askAs(secrets.owner)(query, variables));
  const [payload] = Object.values(data) as [Record<string, string>];
  told[name] = payload[field] as string;
  answers.push(JSON.stringify({ ...payload, [field]: '' }));
  return told[name];
}

const idsByType = new Map<string, string>();

beforeAll(async () => {
  peer = await startPeerApi();
  server = await startTestServer({
    env: { BOOTSTRAP_API_KEY: secrets.owner, ENCRYPTION_KEYS: `canary:${secrets.encryptionKey}` },
  });
  ask = recording(server.askAs(secrets.owner));

  const configs: Record<string, object> = {
    ...staticConfigs,
    apiKey: {
      apiKey: {
        parameters: [
          { name: 'Q', key: 'q', location: 'QUERY_STRING' },
          { name: 'F', key: 'f', location: 'FORM_DATA' },
          { name: 'H', key: 'X-H', location: 'HEADER', prefix: 'Key ' },
        ],
      },
    },
    oauth1: {
      oauth1: {
        consumerKey: 'consumer',
        consumerSecret: secrets.consumerSecret,
        requestTokenUrl: `${peer.url}/1`,
        authorizationUrl: `${peer.url}/2`,
        tokenUrl: `${peer.url}/3`,
      },
    },
    oauth2: {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'client',
        clientSecret: secrets.clientSecret,
        authorizationUrl: `${peer.url}/2`,
        tokenUrl: `${peer.url}/3`,
      },
    },
  };
  const connectionFields = [{ name: 'pin', label: 'Pin', secret: true }];
  for (const [type, authConfig] of Object.entries(configs)) {
    const connector = await createConnector(ask, { name: type, allowedHosts: ['127.0.0.1'], connectionFields });
    await setAuthConfig(ask, connector, authConfig);
    await markReady(ask, connector);
    const variables = [{ name: 'pin', value: secrets.variable }];
    idsByType.set(type, await createConnection(ask, { connector: { id: connector }, name: type, variables }));
    if (type === 'oauth2')
      await ask(
        'mutation ($id: ID!, $secret: String!) { connectorRotateClientSecret(id: $id, secret: $secret) { userErrors { message } } }',
        { id: connector, secret: secrets.rotatedSecret },
      );
  }
});
afterAll(() => Promise.all([server.remove(), peer.close()]));

const id = (type: string) => idsByType.get(type) as string;

/** `text` as it might be found: as it is, in URLs and forms, in hex, and in base64 at each of its three offsets. */
function codings(text: string): string[] {
  const bytes = Buffer.from(text);
  const base64 = [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return whole.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const base64url = base64.map((coded) => coded.replaceAll('+', '-').replaceAll('/', '_'));
  const form = new URLSearchParams([['', text]]).toString().slice(1);
  const hex = bytes.toString('hex');
  return [...new Set([text, encodeURIComponent(text), form, hex, hex.toUpperCase(), ...base64, ...base64url])];
}

/** Which secrets stand in `haystack`, however they are coded. */
function found(haystack: string): string[] {
  return Object.entries({ ...secrets, ...told }).flatMap(([name, secret]) =>
    codings(secret).some((coded) => haystack.includes(coded)) ? [name] : [],
  );
}

/** The names and the contents of the files of the database; elsewhere, all that is in it. */
const databaseFiles = async () =>
  isOnPostgres ? [{ name: 'grapnel.sqlite', text: await contentOf(server.dataDir) }] : sqliteFiles();

const sqliteFiles = () =>
  readdirSync(server.dataDir)
    .filter((name) => name.startsWith('grapnel.sqlite'))
    .map((name) => ({ name, text: readFileSync(join(server.dataDir, name), 'latin1') }));

async function live() {
  // Keys and tokens that the server makes.
  const key = await tells(
    'apiKey',
    'secret',
    'mutation { apiKeyCreate(input: { name: "Helper", role: ADMIN }) { apiKey { id lastFour } secret } }',
  );
  await tells('adminKey', 'adminKey', 'mutation { workspaceCreate(input: { name: "Other" }) { adminKey } }');
  const session = await tells(
    'browserToken',
    'token',
    'mutation ($input: SessionTokenCreateInput!) { sessionTokenCreate(input: $input) { token expiresAt } }',
    { input: { connection: { id: id('basic') } } },
  );
  await recording(server.askAs(key))('{ viewer { role } apiKeys { nodes { name lastFour } } }');
  await recording(server.askAs(secrets.wrongKey))('{ viewer { role } }');

  // Credentials, and wrong ones.
  await authorize(recording(server.askAs(session)), id('basic'), {
    basic: { username: 'alice', password: secrets.password },
  });
  await authorize(ask, id('bearerToken'), { bearerToken: { token: secrets.bearerToken } });
  const { queryKey, formKey, headerKey, accessKey, secretKey, sessionToken } = secrets;
  const values = Object.entries({ q: queryKey, f: formKey, 'X-H': headerKey }).map(([name, value]) => ({
    key: name,
    value,
  }));
  await authorize(ask, id('apiKey'), { apiKey: { values } });
  await authorize(ask, id('aws'), { aws: { accessKey, secretKey, sessionToken } });
  const { refused } = secrets;
  const wrong = [
    { basic: { username: `${refused}:`, password: `${refused}\n` } },
    { basic: { username: refused } },
    { basic: { username: 1, password: { refused } } },
    { bearerToken: { token: refused } },
    { apiKey: { values: [{ key: refused, value: `${refused}\0` }] } },
    { [refused]: refused },
  ];
  for (const credentials of wrong)
    for (const type of ['basic', 'apiKey'])
      await ask(
        'mutation ($input: ConnectionAuthorizeInput!) { connectionAuthorize(input: $input) { userErrors { code message path } } }',
        { input: { connection: { id: id(type) }, credentials } },
      );
  const literal = `{ basic: { username: 1, password: "${refused}" } }`;
  await ask(
    `mutation { connectionAuthorize(input: { connection: { id: "x" }, credentials: ${literal} }) { userErrors { code } } }`,
  );
  await ask(`mutation { connectionAuthorize(input: "${refused}" `);

  // Variables.
  await ask(
    'mutation ($id: ID!, $input: ConnectionUpdateInput!) { connectionUpdate(id: $id, input: $input) { connection { variables { name value } } } }',
    { id: id('basic'), input: { variables: [{ name: 'pin', value: secrets.newVariable }] } },
  );

  // Calls that go well, and calls that do not.
  for (const type of Object.keys(staticConfigs)) {
    for (const status of [200, 401, 500]) {
      peer.answer((_, response) => response.writeHead(status).end());
      await ask(INVOKE, { input: { connection: { id: id(type) }, url: `${peer.url}/${type}`, method: 'POST' } });
    }
    await preview(ask, id(type), { url: peer.url });
    peer.answer((_, response) => response.socket?.resetAndDestroy());
    for (const url of [peer.url, peer.url.replace('http:', 'https:'), 'http://192.0.2.1/'])
      await ask(INVOKE, { input: { connection: { id: id(type) }, url, method: 'POST' } });
    const headers = ['Authorization', 'X-H', 'X-A\n'].map((name) => ({ name, value: `${refused}\r\n` }));
    await ask(INVOKE, {
      input: { connection: { id: id(type) }, url: `http://u:${refused}@h/`, method: 'GET', headers },
    });
  }

  // All there is to read.
  await ask(`{ connectors { nodes { name readiness { ready } authorizationForm { fields { key label } } authConfig { __typename
    ... on OAuth1AuthConfig { consumerSecret { isSet lastFour } } ... on OAuth2AuthConfig { clientSecret { isSet lastFour } } } } } }`);
  await ask(
    '{ connections { nodes { name status health { state reason } variables { name value } grants { nodes { id status } } } } }',
  );
}

/** Damages the credentials of a connection, so that its next call fails inside of the server. */
async function damage(connectionId: string) {
  const { DATABASE_URL: databaseUrl } = await databaseSettings(server.dataDir);
  const { writer } = dataSources({ databaseUrl, dataDir: server.dataDir });
  await writer.initialize();
  const { credentials } = await writer.manager.findOneByOrFail(Grant, { connectionId });
  await writer.manager.update(Grant, { connectionId }, { credentials: `${credentials}`.replace(/.{9}$/, 'AAAAAAAAA') });
  await writer.destroy();
}

test('no secret is in a log line, an answer or a file of the database, in any coding', async () => {
  await live();
  await damage(id('basic'));
  const { data, errors } = await ask(INVOKE, {
    input: { connection: { id: id('basic') }, url: peer.url, method: 'GET' },
  });
  expect([data, errors?.[0].extensions.code]).toEqual([null, 'INTERNAL']);

  // Each credential did travel, or nothing here would mean anything.
  const sent = peer.received.map(({ target, rawHeaders, body }) => [target, ...rawHeaders, body].join('\n')).join('\n');
  expect(found(sent).sort()).toEqual(
    ['accessKey', 'bearerToken', 'formKey', 'headerKey', 'password', 'queryKey', 'sessionToken'].sort(),
  );

  const open = await databaseFiles();
  const names = ['grapnel.sqlite', ...(isOnPostgres ? [] : ['grapnel.sqlite-shm', 'grapnel.sqlite-wal'])];
  expect(open.map(({ name }) => name).sort()).toEqual(names);
  await server.close();
  const haystacks: Record<string, string> = {
    logs: server.logLines.join(''),
    answers: answers.join('\n'),
    ...Object.fromEntries(open.map(({ name, text }) => [`${name} of the running server`, text])),
    ...Object.fromEntries((await databaseFiles()).map(({ name, text }) => [`${name} of the stopped server`, text])),
  };
  expect(haystacks.logs).toContain('/graphql');
  expect(haystacks.logs).toContain('was altered, moved, or encrypted with another key');
  expect(haystacks.answers).toContain('bearerToken');
  expect(haystacks['grapnel.sqlite of the stopped server']).toContain('v1.canary.');
  expect(
    Object.entries(haystacks).flatMap(([place, text]) => found(text).map((name) => `${name} in ${place}`)),
  ).toEqual([]);
});

test('the search finds a secret in every coding', () => {
  const { password } = secrets;
  for (const before of ['', 'a', 'ab']) {
    const bytes = Buffer.from(`${before}${password}:`);
    for (const coding of ['base64', 'base64url', 'hex', 'utf8'] as const)
      expect(found(bytes.toString(coding))).toEqual(['password']);
  }
  expect(found(encodeURIComponent(password))).toEqual(['password']);
  expect(found(new URLSearchParams({ password }).toString())).toEqual(['password']);
});
