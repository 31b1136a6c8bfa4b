/** Authorizing with credentials that are given: what is refused, and what is kept in place of what was there before. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Clock, clockAt } from '../support/clock';
import { type PeerApi, startPeerApi } from '../support/peer-api';
import { refusals, USER_ERRORS } from '../support/refusals';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

type StaticType = keyof typeof staticConfigs;
const types = Object.keys(staticConfigs) as StaticType[];

let clock: Clock;
let server: TestServer;
let peer: PeerApi;
const connectors = new Map<string, string>();
/** A connection of each type, shared by all. */
const connections = new Map<string, string>();
let personal: string;

beforeAll(async () => {
  clock = clockAt('2026-03-01T10:00:00.000Z');
  peer = await startPeerApi();
  server = await startTestServer({ now: clock.now });
  for (const type of types) {
    const config =
      type === 'apiKey'
        ? {
            apiKey: {
              parameters: [
                { name: 'Key', key: 'X-Api-Key', location: 'HEADER' },
                { name: 'App', key: 'appid', location: 'QUERY_STRING' },
              ],
            },
          }
        : staticConfigs[type];
    const id = await readyConnector(server.ask, { name: type, allowedHosts: [peer.host] }, config);
    connectors.set(type, id);
    connections.set(type, await createConnection(server.ask, { connector: { id }, name: type }));
  }
  personal = await createConnection(server.ask, {
    connector: { id: connectors.get('basic') },
    name: 'Personal',
    authorizationLevel: 'LOGGED_IN_USER',
  });
});
afterAll(async () => {
  await peer.close();
  await server.remove();
});

const credentialsOf: Record<StaticType, object> = {
  ...staticCredentials,
  apiKey: {
    apiKey: {
      values: [
        { key: 'X-Api-Key', value: 'key-of-alice' },
        { key: 'appid', value: 'app-of-alice' },
      ],
    },
  },
};

const authorize = async (input: object) =>
  (
    await dataOf(
      server.ask(
        `mutation ($input: ConnectionAuthorizeInput!) {
          connectionAuthorize(input: $input) {
            flow { id status authorizationUrl userId error { code } expiresAt connection { id status } }
            connection { id status }
            ${USER_ERRORS}
          }
        }`,
        { input },
      ),
    )
  ).connectionAuthorize;

const GRANT = 'id status userId authorizedAt grantedScopes expiresAt health { state remedy since lastSuccessAt }';
const grantOf = async (id: string, userId?: string) =>
  (
    await dataOf(
      server.ask(
        `query ($id: ID!, $userId: String) { connection(by: { id: $id }) { grant(userId: $userId) { ${GRANT} } } }`,
        { id, userId },
      ),
    )
  ).connection.grant;

const grantRows = (connectionId: string): number => {
  const database = new Database(join(server.dataDir, 'grapnel.sqlite'), { readonly: true });
  const { rows } = database
    .prepare('SELECT count(*) AS rows FROM connection_grant WHERE "connectionId" = ?')
    .get(connectionId) as { rows: number };
  database.close();
  return rows;
};

describe.each(types)('%s', (type) => {
  const connection = () => ({ id: connections.get(type) });

  test('is authorized at once', async () => {
    const {
      flow,
      connection: now,
      userErrors,
    } = await authorize({
      connection: connection(),
      credentials: credentialsOf[type],
    });
    expect(userErrors).toEqual([]);
    expect(flow).toEqual({
      id: expect.stringMatching(/^flw_[0-9a-f]{32}$/),
      status: 'AUTHORIZED',
      authorizationUrl: null,
      userId: null,
      error: null,
      expiresAt: clock.in(0),
      connection: { ...connection(), status: 'CONNECTED' },
    });
    expect(now).toEqual({ ...connection(), status: 'CONNECTED' });
    expect(await grantOf(`${connection().id}`)).toEqual({
      id: expect.stringMatching(/^grt_[0-9a-f]{32}$/),
      status: 'CONNECTED',
      userId: null,
      authorizedAt: clock.in(0),
      grantedScopes: [],
      expiresAt: null,
      health: { state: 'OK', remedy: 'NONE', since: expect.any(String), lastSuccessAt: null },
    });
  });

  test('without credentials is refused', async () => {
    for (const input of [{}, { credentials: null }]) {
      const payload = await authorize({ connection: connection(), ...input });
      expect([payload.flow, payload.connection, refusals(payload)]).toEqual([
        null,
        null,
        ['ValidationError REQUIRED credentials'],
      ]);
    }
  });

  test.each(types.filter((other) => other !== type))('with those of %s is refused', async (other) => {
    const payload = await authorize({ connection: connection(), credentials: credentialsOf[other] });
    expect(refusals(payload)).toEqual(['ValidationError NOT_ACCEPTED credentials']);
  });
});

/** A text of so many characters. */
const long = (length: number) => 'x'.repeat(length);

test.each<[StaticType, string, object, string[]]>([
  [
    'basic',
    'an empty user name and password',
    { username: '', password: '' },
    ['REQUIRED password', 'REQUIRED username'],
  ],
  ['basic', 'a colon in the user name', { username: 'a:b', password: 'p' }, ['INVALID_CHARACTERS username']],
  ['basic', 'a colon in the password', { username: 'a', password: 'p:q' }, []],
  [
    'basic',
    'control characters',
    { username: 'a\n', password: '\u007f' },
    ['INVALID_CHARACTERS password', 'INVALID_CHARACTERS username'],
  ],
  ['basic', '2048 characters', { username: long(2048), password: long(2048) }, []],
  [
    'basic',
    '2049 characters',
    { username: long(2049), password: long(2049) },
    ['TOO_LONG password', 'TOO_LONG username'],
  ],
  ['apiKey', 'no value', { values: [] }, ['REQUIRED values', 'REQUIRED values']],
  ['apiKey', 'one missing', { values: [{ key: 'appid', value: 'a' }] }, ['REQUIRED values']],
  [
    'apiKey',
    'an empty value',
    {
      values: [
        { key: 'appid', value: '' },
        { key: 'X-Api-Key', value: 'k' },
      ],
    },
    ['REQUIRED values.0.value'],
  ],
  [
    'apiKey',
    'an unknown key',
    {
      values: [
        { key: 'appid', value: 'a' },
        { key: 'X-Api-Key', value: 'k' },
        { key: 'other', value: 'o' },
      ],
    },
    ['UNKNOWN_KEY values.2.key'],
  ],
  [
    'apiKey',
    'a key twice',
    {
      values: [
        { key: 'appid', value: 'a' },
        { key: 'X-Api-Key', value: 'k' },
        { key: 'appid', value: 'b' },
      ],
    },
    ['ALREADY_EXISTS values.2.key'],
  ],
  [
    'apiKey',
    'a value that is no header value',
    {
      values: [
        { key: 'appid', value: 'ä' },
        { key: 'X-Api-Key', value: 'ä' },
      ],
    },
    ['INVALID_CHARACTERS values.1.value'],
  ],
  ['bearerToken', 'an empty token', { token: '' }, ['REQUIRED token']],
  ['bearerToken', 'a space in the token', { token: 'a b' }, ['INVALID_CHARACTERS token']],
  ['bearerToken', 'a token of 8192 characters', { token: long(8192) }, []],
  ['bearerToken', 'a token of 8193 characters', { token: long(8193) }, ['TOO_LONG token']],
  ['aws', 'empty keys', { accessKey: '', secretKey: '' }, ['REQUIRED accessKey', 'REQUIRED secretKey']],
  ['aws', 'an empty session token', { accessKey: 'a', secretKey: 's', sessionToken: '' }, ['REQUIRED sessionToken']],
  [
    'aws',
    'spaces',
    { accessKey: 'a b', secretKey: 's s', sessionToken: 't t' },
    ['INVALID_CHARACTERS accessKey', 'INVALID_CHARACTERS secretKey', 'INVALID_CHARACTERS sessionToken'],
  ],
  ['aws', 'no session token', { accessKey: 'a', secretKey: 's', sessionToken: null }, []],
])('%s with %s gets its answer', async (type, _what, value, expected) => {
  const payload = await authorize({ connection: { id: connections.get(type) }, credentials: { [type]: value } });
  const places = payload.userErrors.map(({ code, path }: { code: string; path: string[] }) => {
    expect(path.slice(0, 2)).toEqual(['credentials', type]);
    return `${code} ${path.slice(2).join('.')}`;
  });
  expect([places.sort(), payload.flow === null]).toEqual([expected, expected.length > 0]);
});

test.each<[string, object]>([
  ['basic', { basic: { username: 'u' } }],
  ['aws', { aws: { accessKey: 'a' } }],
  ['bearerToken', { bearerToken: { token: 'a', prefix: 'b' } }],
  ['basic', { basic: { username: 'u', password: 'secret-of-mine' }, aws: null }],
])('what does not fit the schema of %s is BAD_USER_INPUT, and repeats no value', async (type, credentials) => {
  const query = 'mutation ($input: ConnectionAuthorizeInput!) { connectionAuthorize(input: $input) { flow { id } } }';
  const { errors = [] } = await server.ask(query, {
    input: { connection: { id: connections.get(type) }, credentials },
  });
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  expect(JSON.stringify(errors)).not.toContain('secret-of-mine');
});

describe('the user', () => {
  const credentials = staticCredentials.basic;

  test.each<[string, string | null | undefined, string[]]>([
    ['nobody', undefined, []],
    ['null', null, []],
    ['somebody', 'user-7', ['ValidationError NOT_ACCEPTED userId']],
    ['an empty one', '', ['ValidationError NOT_ACCEPTED userId']],
  ])('of a shared connection may be %s: %j', async (_who, userId, expected) => {
    expect(refusals(await authorize({ connection: { id: connections.get('basic') }, userId, credentials }))).toEqual(
      expected,
    );
  });

  test.each<[string, string | null | undefined, string[]]>([
    ['nobody', undefined, ['ValidationError REQUIRED userId']],
    ['null', null, ['ValidationError REQUIRED userId']],
    ['an empty one', '', ['ValidationError REQUIRED userId']],
    ['one of 255 characters', '𝒰'.repeat(255), []],
    ['one of 256 characters', 'u'.repeat(256), ['ValidationError TOO_LONG userId']],
    ['one with a line break', 'a\r\nb', ['ValidationError INVALID_CHARACTERS userId']],
    ['one with any other character', ' "ä' + "'\\%_ ", []],
  ])('of a personal connection may be %s: %j', async (_who, userId, expected) => {
    const payload = await authorize({ connection: { id: personal }, userId, credentials });
    expect(refusals(payload)).toEqual(expected);
    if (expected.length === 0)
      expect([payload.flow.userId, (await grantOf(personal, `${userId}`)).userId]).toEqual([userId, userId]);
  });

  test('and the credentials are told off together', async () => {
    const payload = await authorize({
      connection: { id: personal },
      credentials: { basic: { username: '', password: 'p' } },
    });
    expect(refusals(payload)).toEqual([
      'ValidationError REQUIRED userId',
      'ValidationError REQUIRED credentials.basic.username',
    ]);
  });

  test('is one whatever another is called: users are told apart by every character', async () => {
    const users = ['anna', 'Anna', 'anna ', 'änna', 'a\u0308nna'];
    for (const userId of users) await authorize({ connection: { id: personal }, userId, credentials });
    const grants = await Promise.all(users.map((userId) => grantOf(personal, userId)));
    expect(grants.map(({ userId }) => userId)).toEqual(users);
    expect(new Set(grants.map(({ id }) => id)).size).toBe(users.length);
  });
});

test('a connection that is not there is NOT_FOUND', async () => {
  const payload = await authorize({ connection: { linkName: 'none' }, credentials: staticCredentials.basic });
  expect(refusals(payload)).toEqual(['NotFoundError NOT_FOUND connection']);
});

test('a connection may be named by its link name, whatever its case', async () => {
  const payload = await authorize({ connection: { linkName: 'BASIC' }, credentials: staticCredentials.basic });
  expect([payload.userErrors, payload.connection.id]).toEqual([[], connections.get('basic')]);
});
