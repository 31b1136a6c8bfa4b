/** Flows with `returnTo`: no grant before the application has confirmed that the person who finished is the one who began. */
import { Person } from '../peers/person';
import { type Sloppy, startSloppy } from '../peers/sloppy';
import { clockAt } from '../support/clock';
import { contentOf } from '../support/database';
import {
  authorizing,
  begin,
  type Flow,
  flowOf,
  grantsOf,
  linkIn,
  newConnection,
  type OAuthConnector,
  oauthConnector,
} from '../support/oauth';
import { type Ask, dataOf, startTestServer, type TestServer } from '../support/server';
import { together } from '../support/together';
import { watchFlow } from '../support/watching';

const clock = clockAt('2030-01-01T00:00:00Z');
const APP = 'https://app.example.com/done';
const WITH_QUERY = 'https://app.example.com/done?a=b%20c+d&e&f=%2F';

let server: TestServer;
let sloppy: Sloppy;
let connector: OAuthConnector;

beforeAll(async () => {
  [server, sloppy] = await Promise.all([startTestServer({ now: clock.now }), startSloppy()]);
  connector = await oauthConnector(
    server.ask,
    { name: 'Drive', scopes: ['read', 'write'] },
    {
      oauth2: {
        grantType: 'AUTHORIZATION_CODE',
        clientId: 'acme',
        clientSecret: 'secret',
        authorizationUrl: `${sloppy.url}/authorize`,
        tokenUrl: `${sloppy.url}/token`,
      },
    },
  );
  const query = `mutation ($input: WorkspaceUpdateInput!) {
    workspaceUpdate(input: $input) { workspace { returnToUrls } userErrors { code } }
  }`;
  const { workspaceUpdate } = await dataOf(server.ask(query, { input: { returnToUrls: [APP, WITH_QUERY] } }));
  expect(workspaceUpdate).toEqual({ workspace: { returnToUrls: [APP, WITH_QUERY] }, userErrors: [] });
});
afterAll(() => Promise.all([server.remove(), sloppy.close()]));
beforeEach(() => sloppy.reset());

const atCallback = (url: URL) => url.pathname.startsWith('/authorization/callback/');
const atApp = ({ host }: URL) => host === 'app.example.com';

interface Away {
  readonly connection: string;
  readonly flow: Flow;
  readonly person: Person;
  readonly callback: string;
}

/** Somebody who is about to come back from the provider. */
async function away(returnTo: string = APP, ask: Ask = server.ask, connectionInput: object = {}): Promise<Away> {
  const connection = await newConnection(server.ask, connector, connectionInput);
  return leave(await begin(ask, connection, { returnTo }), connection);
}

async function leave(flow: Flow, connection: string): Promise<Away> {
  const person = new Person();
  const { url } = await person.press(await person.visit(linkIn(flow)), { stopBefore: atCallback });
  return { connection, flow, person, callback: url };
}

/** Back from the provider: the address in the application that the person is sent to. */
async function back({ person, callback }: Away): Promise<URL> {
  return new URL((await person.visit(callback, { stopBefore: atApp })).url);
}

async function confirm(ask: Ask, token: string | null) {
  const query = `mutation ($token: String!) {
    authorizationConfirm(token: $token) { flow { id status } userErrors { __typename code path } }
  }`;
  return (await dataOf(ask(query, { token }))).authorizationConfirm;
}

const notFound = { flow: null, userErrors: [{ __typename: 'NotFoundError', code: 'NOT_FOUND', path: ['token'] }] };

async function sessionOf(connection: string, userId?: string): Promise<Ask> {
  const query = 'mutation ($input: SessionTokenCreateInput!) { sessionTokenCreate(input: $input) { token } }';
  const { sessionTokenCreate } = await dataOf(server.ask(query, { input: { connection: { id: connection }, userId } }));
  return server.askAs(sessionTokenCreate.token);
}

test('the person comes back to the application, which confirms, and only then there is a grant', async () => {
  const journey = await away();
  const watched = watchFlow(server.url, journey.flow.id);
  expect((await watched.next()).status).toBe('PENDING');
  const url = await back(journey);
  expect(`${url.origin}${url.pathname}`).toBe(APP);
  expect([...url.searchParams.keys()]).toEqual(['authorizationFlowId', 'authorizationFlowStatus', 'confirmationToken']);
  expect(url.searchParams.get('authorizationFlowId')).toBe(journey.flow.id);
  expect(url.searchParams.get('authorizationFlowStatus')).toBe('AWAITING_CONFIRMATION');
  expect(await watched.next()).toMatchObject({
    status: 'AWAITING_CONFIRMATION',
    authorizationUrl: null,
    error: null,
    expiresAt: clock.in(600),
  });
  expect(await grantsOf(server.ask, journey.connection)).toEqual([]);

  const token = url.searchParams.get('confirmationToken');
  expect(token).toMatch(/^gc_[\w-]{43}$/);
  const kept = await contentOf(server.dataDir);
  expect(kept).toContain(journey.flow.id);
  expect(kept).not.toContain(token);

  expect(await confirm(server.ask, token)).toEqual({
    flow: { id: journey.flow.id, status: 'AUTHORIZED' },
    userErrors: [],
  });
  expect(await watched.rest()).toEqual(['AUTHORIZED']);
  expect(await grantsOf(server.ask, journey.connection)).toMatchObject([
    { status: 'CONNECTED', grantedScopes: ['read', 'write'], expiresAt: clock.in(3600) },
  ]);
});

test('its own query stays as it is', async () => {
  const { href } = await back(await away(WITH_QUERY));
  expect(href.startsWith(`${WITH_QUERY}&authorizationFlowId=flw_`)).toBe(true);
});

test.each([
  ['another path', `${APP}/`],
  ['another query', `${APP}?x`],
  ['a fragment', `${APP}#x`],
  ['another case', APP.replace('done', 'Done')],
  ['another scheme', APP.replace('https', 'http')],
  ['another port', APP.replace('.com', '.com:8443')],
  ['another host', APP.replace('.com', '.com.evil.example')],
  ['a user name', APP.replace('app', 'app@evil')],
  ['a space before it', ` ${APP}`],
  ['nothing', ''],
  ['a script', 'javascript:alert(1)'],
])('an address that is not allow-listed letter by letter is refused: %s', async (_name, returnTo) => {
  const connection = await newConnection(server.ask, connector);
  const { connectionAuthorize } = await dataOf(authorizing(server.ask, connection, { returnTo }));
  expect(connectionAuthorize).toMatchObject({
    flow: null,
    userErrors: [{ __typename: 'ValidationError', code: 'NOT_ACCEPTED', path: ['returnTo'] }],
  });
});

test('everything that is wrong is told at once', async () => {
  const connection = await newConnection(server.ask, connector, { authorizationLevel: 'LOGGED_IN_USER' });
  const input = { returnTo: 'https://evil.example/', credentials: { bearerToken: { token: 'x' } } };
  const { userErrors } = (await dataOf(authorizing(server.ask, connection, input))).connectionAuthorize;
  expect(userErrors.map(({ code, path }: { code: string; path: string[] }) => `${code} ${path}`).sort()).toEqual([
    'NOT_ACCEPTED credentials',
    'NOT_ACCEPTED returnTo',
    'REQUIRED userId',
  ]);
});

describe('the confirmation token', () => {
  test('serves once, however many confirm at once', async () => {
    const journey = await away();
    const token = (await back(journey)).searchParams.get('confirmationToken');
    together(20);
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(server.ask, token)));
    expect(answers.filter(({ flow }) => flow !== null).length).toBe(1);
    expect(answers.filter(({ flow }) => flow === null)).toEqual(Array(19).fill(notFound));
    expect(await confirm(server.ask, token)).toEqual(notFound);
    expect((await grantsOf(server.ask, journey.connection)).length).toBe(1);
  });

  test.each([
    ['just before ten minutes', 599, true],
    ['after ten minutes', 600, false],
  ])('%s', async (_name, seconds, isOpen) => {
    const journey = await away();
    const token = (await back(journey)).searchParams.get('confirmationToken');
    const watched = watchFlow(server.url, journey.flow.id);
    expect((await watched.next()).status).toBe('AWAITING_CONFIRMATION');
    clock.pass(seconds);
    const answer = await confirm(server.ask, token);
    if (isOpen) expect(answer.flow.status).toBe('AUTHORIZED');
    else expect(answer).toEqual(notFound);
    expect(await watched.rest()).toEqual([isOpen ? 'AUTHORIZED' : 'EXPIRED']);
    expect((await grantsOf(server.ask, journey.connection)).length).toBe(isOpen ? 1 : 0);
  });

  test.each(['', 'x', `gc_${'a'.repeat(43)}`])('%j is none', async (token) => {
    expect(await confirm(server.ask, token)).toEqual(notFound);
  });

  test('is for the workspace that began only', async () => {
    const create = 'mutation ($input: WorkspaceCreateInput!) { workspaceCreate(input: $input) { adminKey } }';
    const { adminKey } = (await dataOf(server.ask(create, { input: { name: 'Elsewhere' } }))).workspaceCreate;
    const journey = await away();
    const token = (await back(journey)).searchParams.get('confirmationToken');
    expect(await confirm(server.askAs(adminKey), token)).toEqual(notFound);
    expect(await grantsOf(server.ask, journey.connection)).toEqual([]);
    expect((await confirm(server.ask, token)).flow.status).toBe('AUTHORIZED');
  });

  test('is not for keys that may only look', async () => {
    const create = 'mutation ($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { secret } }';
    const { secret } = (await dataOf(server.ask(create, { input: { name: 'Looker', role: 'VIEWER' } }))).apiKeyCreate;
    const journey = await away();
    const token = (await back(journey)).searchParams.get('confirmationToken');
    const query = 'mutation ($token: String!) { authorizationConfirm(token: $token) { flow { id } } }';
    const { errors } = await server.askAs(secret)(query, { token });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    expect(await grantsOf(server.ask, journey.connection)).toEqual([]);
  });

  test('is for the session token of the same connection and user only', async () => {
    const level = { authorizationLevel: 'LOGGED_IN_USER' };
    const connection = await newConnection(server.ask, connector, level);
    const [alice, bob] = [await sessionOf(connection, 'alice'), await sessionOf(connection, 'bob')];
    const other = await sessionOf(await newConnection(server.ask, connector));
    const journey = await leave(await begin(alice, connection, { returnTo: APP }), connection);
    const token = (await back(journey)).searchParams.get('confirmationToken');
    expect(await confirm(bob, token)).toEqual(notFound);
    expect(await confirm(other, token)).toEqual(notFound);
    expect(await grantsOf(server.ask, connection)).toEqual([]);
    expect((await confirm(alice, token)).flow).toEqual({ id: journey.flow.id, status: 'AUTHORIZED' });
    expect(await grantsOf(server.ask, connection)).toMatchObject([{ userId: 'alice', status: 'CONNECTED' }]);
  });

  test('of a connection that was deleted is none', async () => {
    const journey = await away();
    const token = (await back(journey)).searchParams.get('confirmationToken');
    const query = 'mutation ($id: ID!) { connectionDelete(id: $id) { userErrors { code } } }';
    expect((await dataOf(server.ask(query, { id: journey.connection }))).connectionDelete.userErrors).toEqual([]);
    expect(await confirm(server.ask, token)).toEqual(notFound);
  });
});

test('what was asked for is remembered as it was, whatever changes before the confirmation', async () => {
  const journey = await away();
  const token = (await back(journey)).searchParams.get('confirmationToken');
  const query = 'mutation ($id: ID!) { connectionUpdate(id: $id, input: { scopeIds: [] }) { userErrors { code } } }';
  expect((await dataOf(server.ask(query, { id: journey.connection }))).connectionUpdate.userErrors).toEqual([]);
  await confirm(server.ask, token);
  expect(await grantsOf(server.ask, journey.connection)).toMatchObject([{ grantedScopes: ['read', 'write'] }]);
});

describe('a flow that ends otherwise brings the person back with its status, and without a token', () => {
  const declined = (parameters: URLSearchParams) => {
    parameters.delete('code');
    parameters.set('error', 'access_denied');
  };
  test.each<[string, () => void, string, string]>([
    ['declined', () => sloppy.sendBack(declined), 'DENIED', 'DENIED'],
    ['refused', () => sloppy.answer({ status: 400, body: { error: 'no' } }), 'FAILED', 'PROVIDER_REFUSED'],
  ])('%s', async (_name, prepare, status, code) => {
    prepare();
    const connection = await newConnection(server.ask, connector);
    const flow = await begin(server.ask, connection, { returnTo: APP });
    const person = new Person();
    const { url } = await person.press(await person.visit(linkIn(flow)), { stopBefore: atApp });
    expect(url).toBe(`${APP}?authorizationFlowId=${flow.id}&authorizationFlowStatus=${status}`);
    expect(await flowOf(server.ask, flow.id)).toMatchObject({ status, error: { code } });
    expect(await grantsOf(server.ask, connection)).toEqual([]);
  });

  test('in another browser', async () => {
    const journey = await away();
    const { url } = await new Person().visit(journey.callback, { stopBefore: atApp });
    expect(url).toBe(`${APP}?authorizationFlowId=${journey.flow.id}&authorizationFlowStatus=FAILED`);
    expect(await flowOf(server.ask, journey.flow.id)).toMatchObject({ error: { code: 'WRONG_BROWSER' } });
    expect(sloppy.tokenRequests).toEqual([]);
    expect(await grantsOf(server.ask, journey.connection)).toEqual([]);
  });

  test('of twenty callbacks at once one comes back with a token, the others lead nowhere', async () => {
    const { person, callback, connection } = await away();
    together(20);
    const pages = await Promise.all(Array.from({ length: 20 }, () => person.visit(callback, { stopBefore: atApp })));
    expect(pages.filter(({ url }) => url.includes('confirmationToken=')).length).toBe(1);
    expect(pages.filter(({ status }) => status === 400).length).toBe(19);
    expect(sloppy.tokenRequests.length).toBe(1);
    expect(await grantsOf(server.ask, connection)).toEqual([]);
  });
});
