/** A canary in every secret field, the whole story played, and none of them anywhere but where it has to go. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { Person, type Seen } from '../../peers/person';
import { INVOKE, preview } from '../../support/invoke';
import { authorizing, linkIn, oauthConnector } from '../../support/oauth';
import { type Ask, dataOf, startTestServer, type TestServer } from '../../support/server';
import { openSocket, type Socket, type Watch } from '../../support/sockets';
import { authorize, createConnection, readyConnector, staticConfigs } from '../../support/story';
import { amount, expectNone } from '../../support/trust';
import { type Canary, codings, type Haystack, search, typed } from './canaries';
import { type ChattyProvider, startChattyProvider } from './chatty-provider';

jest.setTimeout(60_000);

const APP = 'https://app.example.com/done';
const encryptionKey = randomBytes(32);
const canaries: Canary[] = [
  { name: 'ENCRYPTION_KEYS', text: encryptionKey.toString('base64') },
  { name: 'BOOTSTRAP_API_KEY', text: typed().padEnd(40, 'x') },
];
const ownerKey = canaries[1]?.text as string;
const control = `Control${randomBytes(8).toString('hex')}`;
const haystacks: Haystack[] = [];

let server: TestServer;
let provider: ChattyProvider;
let ask: Ask;
let socket: Socket;
let events: Watch;

const put = (name: string, text = typed()): string => {
  canaries.push({ name, text });
  return text;
};

/** Asks, and keeps the answer to be searched; `except`: the secrets that it is there to tell. */
const recording =
  (as: Ask): Ask =>
  async (query, variables) => {
    const answer = await as(query, variables);
    const text = JSON.stringify(answer);
    const told = [...text.matchAll(/"(?:secret|token|adminKey)":"([^"]+)"/g)].map(([, secret]) => secret as string);
    const links = [...text.matchAll(/"authorizationUrl":"[^"]*\/([^"/?]+)(?:\?[^"]*)?"/g)].map(
      ([, token]) => token as string,
    );
    for (const secret of told) put('a key or token of ours', secret);
    for (const token of links) put('start token', token);
    haystacks.push({ place: `the answer of ${query.trim().slice(0, 60)}`, text, except: [...told, ...links] });
    return answer;
  };

/** Keeps what a person saw to be searched; the page leads on with the token in its own address. */
function seen({ url, body, headers }: Seen): void {
  const own = canaries.filter(({ name, text }) => name === 'start token' && url.includes(text)).map(({ text }) => text);
  haystacks.push({ place: `the page ${new URL(url).pathname.slice(0, 16)}`, text: body, except: own });
  for (const [name, value] of headers)
    if (name !== 'set-cookie' && !own.some((token) => value.includes(token)))
      haystacks.push({ place: 'a header of a page', text: value });
}

beforeAll(async () => {
  provider = await startChattyProvider();
  server = await startTestServer({
    env: { BOOTSTRAP_API_KEY: ownerKey, ENCRYPTION_KEYS: `canary:${encryptionKey.toString('base64')}` },
  });
  ask = recording(server.askAs(ownerKey));
  await ask('mutation ($input: WorkspaceUpdateInput!) { workspaceUpdate(input: $input) { userErrors { code } } }', {
    input: { returnToUrls: [APP] },
  });
  socket = openSocket(server.url, ownerKey);
  events = await socket.watch(
    'subscription { connectionEvents { kind connection { name status health { reason } variables { name value } } } }',
  );
});
afterAll(async () => {
  socket.close();
  await Promise.all([server.remove(), provider.close()]);
});

async function callsOf(id: string, url = provider.url): Promise<void> {
  for (const path of ['/api', '/api?a=b']) {
    const { data } = await server.askAs(ownerKey)(INVOKE, {
      input: { connection: { id }, url: `${url}${path}`, method: 'POST' },
    });
    // What an API answers is for the caller, even when it repeats the credentials; all else of the answer is ours.
    const { userErrors } = data.invokeUrl;
    haystacks.push({ place: 'the user errors of a call', text: JSON.stringify(userErrors) });
  }
  haystacks.push({ place: 'a preview', text: JSON.stringify(await preview(ask, id, { url: `${url}/api` })) });
  for (const target of ['http://192.0.2.1/', `${url.replace('http:', 'https:')}/`, 'http://user:x@a.example/'])
    await ask(INVOKE, { input: { connection: { id }, url: target, method: 'GET' } });
}

/** Credentials that people bring along. */
async function staticStory(round: number): Promise<void> {
  const configs = {
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
  };
  const credentials = () => ({
    basic: { username: put('user name'), password: put('password') },
    apiKey: { values: ['q', 'f', 'X-H'].map((key) => ({ key, value: put(`API key ${key}`) })) },
    bearerToken: { token: put('bearer token') },
    aws: { accessKey: put('access key'), secretKey: put('secret key'), sessionToken: put('AWS session token') },
  });
  for (const type of ['basic', 'apiKey', 'bearerToken', 'aws'] as const) {
    const name = `${type} ${round} ${control}`;
    const connectionFields = [{ name: 'pin', label: 'Pin', secret: true }];
    const input = {
      name: name.slice(0, 50),
      linkName: `${type}${round}`,
      allowedHosts: ['127.0.0.1'],
      connectionFields,
    };
    const connector = await readyConnector(ask, input, configs[type]);
    const variables = [{ name: 'pin', value: put('variable') }];
    const id = await createConnection(ask, { connector: { id: connector }, name: `${type} ${round}`, variables });
    const token = (
      await dataOf(
        ask(
          'mutation ($input: SessionTokenCreateInput!) { sessionTokenCreate(input: $input) { token userErrors { code } } }',
          { input: { connection: { id } } },
        ),
      )
    ).sessionTokenCreate.token;
    await authorize(recording(server.askAs(token)), id, { [type]: credentials()[type] });
    await callsOf(id);
    // What is refused is not repeated either.
    const refused = { ...credentials(), basic: { username: `${put('refused')}:`, password: `${put('refused')}\n` } };
    await authorizing(ask, id, { credentials: { [type === 'basic' ? 'basic' : 'aws']: refused[type] } });
    await ask(
      `mutation { connectionAuthorize(input: { connection: { id: "${id}" }, credentials: "${put('misplaced', `Can4ry${randomBytes(9).toString('hex')}`)}" }) { userErrors { code } } }`,
    );
    await recording(server.askAs(put('wrong key')))('{ viewer { role } }');
  }
  const update =
    'mutation ($id: ID!, $input: ConnectionUpdateInput!) { connectionUpdate(id: $id, input: $input) { connection { variables { name value } } userErrors { message } } }';
  const { id } = (await dataOf(ask(`{ connection(by: { linkName: "basic_${round}" }) { id } }`))).connection;
  await ask(update, { id, input: { variables: [{ name: 'pin', value: put('variable') }] } });
}

/** Credentials that a provider gives. */
async function providerStory(round: number): Promise<void> {
  const extra = [{ name: 'audience', value: 'all' }];
  const oauth2 = (grantType: string) => ({
    oauth2: {
      grantType,
      clientId: 'client',
      clientSecret: put('client secret'),
      tokenUrl: `${provider.url}/token`,
      ...(grantType !== 'CLIENT_CREDENTIALS' && {
        authorizationUrl: `${provider.url}/authorize`,
        revokeTokenUrl: `${provider.url}/revoke`,
      }),
      clientAuthentication: round % 2 ? 'CLIENT_SECRET_BASIC' : 'CLIENT_SECRET_POST',
      tokenParameters: extra,
    },
  });
  const configs: [string, object][] = [
    ['code', oauth2('AUTHORIZATION_CODE')],
    ['pkce', oauth2('AUTHORIZATION_CODE_WITH_PKCE')],
    ['client', oauth2('CLIENT_CREDENTIALS')],
    [
      'one',
      {
        oauth1: {
          consumerKey: 'consumer',
          consumerSecret: put('consumer secret'),
          signatureMethod: round % 2 ? 'HMAC_SHA1' : 'PLAINTEXT',
          requestTokenUrl: `${provider.url}/oauth1/initiate`,
          authorizationUrl: `${provider.url}/oauth1/authorize`,
          tokenUrl: `${provider.url}/oauth1/token`,
        },
      },
    ],
  ];
  for (const [type, authConfig] of configs) {
    const name = `${type} ${round} ${control}`;
    const connector = await oauthConnector(ask, { name, allowedHosts: [provider.host] }, authConfig);
    for (const way of ['plainly', 'with confirmation', 'refused']) {
      const id = await createConnection(ask, { connector: { id: connector.id }, name: `${type} ${way} ${round}` });
      provider.refuse(way === 'refused' && type !== 'one');
      await journey(id, way === 'with confirmation');
      provider.refuse(false);
      await callsOf(id);
      for (const refuses of [false, true]) {
        provider.refuse(refuses);
        await ask(
          'mutation ($id: ID!) { connectionRefresh(id: $id) { connection { health { reason } } userErrors { message ... on ProviderError { providerError providerErrorDescription } } } }',
          { id },
        );
      }
      await ask('mutation ($id: ID!) { connectionRevoke(id: $id) { remoteRevoked userErrors { message } } }', { id });
      provider.refuse(false);
    }
    if (type !== 'one')
      await ask(
        'mutation ($id: ID!, $secret: String!) { connectorRotateClientSecret(id: $id, secret: $secret) { userErrors { message } } }',
        { id: connector.id, secret: put('rotated secret') },
      );
  }
}

/** Authorizes a connection by a person, as far as that goes. */
async function journey(id: string, isConfirmed: boolean): Promise<void> {
  const answer = await authorizing(ask, id, isConfirmed ? { returnTo: APP } : {});
  const { flow } = answer.data.connectionAuthorize;
  if (!flow?.authorizationUrl) return;
  const watching = await socket.watch(
    `subscription { authorizationFlow(id: "${flow.id}") { status error { message providerErrorDescription } } }`,
  );
  const person = new Person();
  const start = await person.visit(linkIn(flow));
  seen(start);
  const end = await person.press(start, { stopBefore: ({ host }) => host === 'app.example.com' });
  for (const value of person.cookiesOf(server.url).values()) put('cookie', value);
  if (end.status !== 0) seen(end);
  const confirmationToken = new URL(end.url).searchParams.get('confirmationToken');
  if (confirmationToken)
    await dataOf(
      ask(
        'mutation ($token: String!) { authorizationConfirm(token: $token) { flow { status } userErrors { message } } }',
        { token: put('confirmation token', confirmationToken) },
      ),
    );
  await watching.ended;
  haystacks.push({ place: 'the events of a flow', text: JSON.stringify(watching.told) });
}

const databaseFiles = (when: string): Haystack[] =>
  readdirSync(server.dataDir).map((name) => ({
    place: `${name} ${when}`,
    text: readFileSync(join(server.dataDir, name)),
  }));

test('no canary is anywhere it should not be', async () => {
  for (let round = 1; round <= amount(1, 3); round += 1) {
    await staticStory(round);
    await providerStory(round);
  }
  await ask('mutation { apiKeyCreate(input: { name: "Helper", role: ADMIN }) { secret } }');
  await ask('mutation { workspaceCreate(input: { name: "Other" }) { adminKey } }');
  await ask(getIntrospectionQuery());
  await ask(`{ connectors(first: 100) { nodes { name readiness { ready } authConfig { __typename
    ... on OAuth1AuthConfig { consumerSecret { isSet lastFour } } ... on OAuth2AuthConfig { clientSecret { isSet lastFour } } } } } }`);
  await ask(
    '{ connections(first: 100) { nodes { name health { reason } variables { name value } grants { nodes { id health { reason } } } } } }',
  );
  await ask(
    '{ auditEvents(first: 100) { nodes { id action requestId actor { id name userId } subject { id name } details { name value } } } }',
  );
  for (const path of ['/metrics', '/health/ready', '/']) {
    const answer = await fetch(server.url + path, {
      headers: { 'x-request-id': control, authorization: `Bearer ${ownerKey}` },
    });
    haystacks.push({ place: path, text: await answer.text() });
  }
  expect(events.told.length).toBeGreaterThan(10);
  haystacks.push({ place: 'the events of connections', text: JSON.stringify(events.told) });
  haystacks.push(...databaseFiles('of the running server'));
  await server.close();
  haystacks.push({ place: 'the log', text: server.logLines.join('') }, ...databaseFiles('of the stopped server'));

  const all = [...canaries, ...provider.canaries];
  const names = [...new Set(all.map(({ name }) => name))];
  // Each kind is there, and what was meant to travel did, or nothing here would mean anything.
  for (const name of [
    'access token',
    'refresh token',
    'PKCE verifier',
    'state',
    'cookie',
    'start token',
    'confirmation token',
    'token secret',
    'verifier',
  ])
    expect(names).toContain(name);
  const sent = provider.sent.join('\n');
  const travelled = all.filter(({ text }) => codings(text).some((coded) => sent.includes(coded)));
  expect(travelled.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'password',
      'API key q',
      'API key f',
      'API key X-H',
      'bearer token',
      'access key',
      'client secret',
      'refresh token',
    ]),
  );

  // What a provider quotes is told, but for the secrets in it.
  expect(haystacks.filter(({ text }) => text.includes('You sent')).length).toBeGreaterThan(3);

  // A name is no secret: the same search finds it in answers, on pages, in the log and in the database.
  const places = search([{ name: 'control', text: control.slice(0, 20) }], haystacks).hits.join('\n');
  for (const place of [
    'answer of',
    'page /',
    'log',
    'grapnel.sqlite-wal of the running',
    'grapnel.sqlite of the stopped',
  ])
    expect(places).toContain(place);

  const { hits, searches } = search(all, haystacks);
  expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThanOrEqual(amount(40, 200));
  expectNone(
    'Secrets',
    `canaries found, of ${all.length} in ${haystacks.length} places, by searches`,
    hits,
    searches,
    200,
  );
}, 300_000);

test('the search finds a canary in every coding, wherever it begins', () => {
  for (const text of [typed(), `Can4ry${'/+=~'.repeat(4)}`]) {
    const canary = { name: 'it', text };
    for (const before of ['', 'a', 'ab', 'abc']) {
      const bytes = Buffer.from(`${before}${text}:`);
      for (const coding of ['base64', 'base64url', 'hex', 'utf8'] as const)
        expect(search([canary], [{ place: 'here', text: bytes.toString(coding) }]).hits).toEqual(['it in here']);
      for (const coded of [
        encodeURIComponent(`${before}${text}`),
        `${new URLSearchParams({ a: before + text })}`,
        JSON.stringify({ [before]: before + text }),
        JSON.stringify({ inner: JSON.stringify([text]) }),
        bytes.toString('hex').toUpperCase(),
      ])
        expect(search([canary], [{ place: 'here', text: coded }]).hits).toEqual(['it in here']);
    }
    expect(search([canary], [{ place: 'here', text: text.slice(1) }]).hits).toEqual([]);
  }
});
