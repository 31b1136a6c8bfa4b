/** The audit log of connections: made, changed, authorized (by whomever began it), refreshed on request, revoked, deleted. */
import {
  authorizeByPerson,
  call,
  codeGrant,
  connectedAt,
  connectionAt,
  refresh,
  startUnsweptServer,
} from '../flows/grants';
import { Person } from '../peers/person';
import { answering, startTokenServer, type TokenServer } from '../peers/token-server';
import { deleteConnection, revokeConnection, updateConnection } from '../support/acts';
import { deedsOf, inShort } from '../support/audit';
import { clockAt } from '../support/clock';
import { createKey, createSessionToken, revokeKey } from '../support/keys';
import { authorizing, begin, linkIn } from '../support/oauth';
import { type Ask, dataOf, type TestServer } from '../support/server';
import { authorize, createConnection, readyConnector, staticConfigs, staticCredentials } from '../support/story';

const APP = 'https://app.example.com/done';
const clock = clockAt('2030-01-01T00:00:00Z');

let server: TestServer;
let provider: TokenServer;
let ownerId: string;
let basic: string;

beforeAll(async () => {
  [server, provider] = await Promise.all([startUnsweptServer({ now: clock.now }), startTokenServer()]);
  ownerId = (await dataOf(server.ask('{ apiKeys { nodes { id } } }'))).apiKeys.nodes[0].id;
  const input = {
    name: 'Basics',
    connectionFields: [
      { name: 'region', label: 'Region', required: false },
      { name: 'pin', label: 'PIN', secret: true, required: false },
    ],
  };
  basic = await readyConnector(server.ask, input, staticConfigs.basic);
  const query = `mutation ($input: WorkspaceUpdateInput!) { workspaceUpdate(input: $input) { userErrors { code } } }`;
  await dataOf(server.ask(query, { input: { returnToUrls: [APP] } }));
});
afterAll(() => Promise.all([server.remove(), provider.close()]));
afterEach(() => provider.answer());

let count = 0;
async function shared(more: object = {}): Promise<{ id: string; name: string }> {
  count += 1;
  const name = `Shared ${count}`;
  return { id: await createConnection(server.ask, { connector: { id: basic }, name, ...more }), name };
}
const nameOf = async (id: string) =>
  (await dataOf(server.ask('query ($id: ID!) { connection(by: { id: $id }) { name } }', { id }))).connection.name;
const told = async (work: () => Promise<unknown>) => (await deedsOf(server.ask, work)).deeds;

test('making one, changing it: names of variables, not their values', async () => {
  const { deeds, gave } = await deedsOf(server.ask, () => shared({ linkName: 'first' }));
  const { id, name } = gave;
  const made = { connector: basic, linkName: 'first', authorizationLevel: 'ADMIN' };
  expect(deeds.map(inShort)).toEqual([['CONNECTION_CREATED', 'CONNECTION', id, name, made]]);
  const variables = [
    { name: 'region', value: 'eu' },
    { name: 'pin', value: 'pin-that-is-secret' },
  ];
  const changed = await told(() => updateConnection(server.ask, id, { name: 'New name', variables }));
  const details = { fields: 'name', formerName: name, variables: 'region, pin' };
  expect(changed.map(inShort)).toEqual([['CONNECTION_UPDATED', 'CONNECTION', id, 'New name', details]]);
  expect(await told(() => updateConnection(server.ask, id, {}))).toEqual([]);
});

test('authorizing with credentials, revoking, deleting', async () => {
  const { id, name } = await shared();
  let flow = '';
  const authorized = await told(async () => {
    flow = await authorize(server.ask, id, staticCredentials.basic);
  });
  expect(authorized.map(inShort)).toEqual([['CONNECTION_AUTHORIZED', 'CONNECTION', id, name, { flow }]]);
  expect(authorized[0]?.actor.id).toBe(ownerId);
  const revoked = await told(() => revokeConnection(server.ask, id));
  expect(revoked.map(inShort)).toEqual([['CONNECTION_REVOKED', 'CONNECTION', id, name, { grants: '1' }]]);
  const deleted = await told(() => deleteConnection(server.ask, id));
  const details = { connector: basic, grants: '1' };
  expect(deleted.map(inShort)).toEqual([['CONNECTION_DELETED', 'CONNECTION', id, name, details]]);
});

test('the user whose credentials they are, by a session token of that user', async () => {
  const { id, name } = await shared({ authorizationLevel: 'LOGGED_IN_USER' });
  const token = await createSessionToken(server.ask, id, { userId: 'ann' });
  const authorized = await told(() => authorize(server.askAs(token), id, staticCredentials.basic));
  const details = { flow: expect.stringMatching(/^flw_/), userId: 'ann' };
  expect(authorized.map(inShort)).toEqual([['CONNECTION_AUTHORIZED', 'CONNECTION', id, name, details]]);
  const id_ = expect.stringMatching(/^ses_/);
  expect(authorized[0]?.actor).toEqual({ kind: 'SESSION_TOKEN', id: id_, name: 'Owner', role: null, userId: 'ann' });
  // Half a character, which no database could keep, is told as it can be kept.
  await authorize(server.ask, id, staticCredentials.basic, '\ud800');
  const revoked = await told(() => revokeConnection(server.ask, id, 'ann'));
  expect(revoked.map(inShort)).toEqual([
    ['CONNECTION_REVOKED', 'CONNECTION', id, name, { userId: 'ann', grants: '1' }],
  ]);
});

test('a person who finishes in the browser does so for the key that began it, even if that is no more', async () => {
  const id = await connectionAt(server.ask, provider);
  const name = await nameOf(id);
  const key = await createKey(server.ask, 'INTEGRATOR', { name: 'Backend' });
  const by = { kind: 'KEY', id: key.id, name: 'Backend', role: 'INTEGRATOR', userId: null };
  const { deeds: began, gave: flow } = await deedsOf(server.ask, () => begin(server.askAs(key.secret), id));
  expect(began.map(inShort)).toEqual([['AUTHORIZATION_BEGUN', 'CONNECTION', id, name, { flow: flow.id }]]);
  await revokeKey(server.ask, key.id);
  const person = new Person();
  const finished = await told(async () => person.press(await person.visit(linkIn(flow))));
  expect(finished.map(inShort)).toEqual([['CONNECTION_AUTHORIZED', 'CONNECTION', id, name, { flow: flow.id }]]);
  expect([...began, ...finished].map(({ actor }) => actor)).toEqual([by, by]);
  // The request that began it: the one of the browser belongs to nobody.
  expect(finished[0]?.requestId).toBe(began[0]?.requestId);
});

test('who confirms is told beside who began', async () => {
  const id = await connectionAt(server.ask, provider);
  const key = await createKey(server.ask, 'INTEGRATOR', { name: 'Confirmer' });
  const person = new Person();
  const flow = await begin(server.ask, id, { returnTo: APP });
  const back = await person.press(await person.visit(linkIn(flow)), {
    stopBefore: ({ host }) => host === 'app.example.com',
  });
  const token = new URL(back.url).searchParams.get('confirmationToken');
  const query = 'mutation ($token: String!) { authorizationConfirm(token: $token) { userErrors { code } } }';
  const confirmed = await told(() => dataOf(server.askAs(key.secret)(query, { token })));
  const details = { flow: flow.id, begunBy: ownerId };
  expect(confirmed.map(inShort)).toEqual([['CONNECTION_AUTHORIZED', 'CONNECTION', id, await nameOf(id), details]]);
  expect(confirmed[0]?.actor.id).toBe(key.id);
  // The token serves once.
  expect(await told(() => dataOf(server.ask(query, { token })))).toEqual([]);
});

test('a person who declines, and a provider that refuses', async () => {
  const id = await connectionAt(server.ask, provider);
  const name = await nameOf(id);
  const returning = async (query: string) => {
    const person = new Person();
    const flow = await begin(server.ask, id);
    const atCallback = ({ pathname }: URL) => pathname.startsWith('/authorization/callback/');
    const { url } = await person.press(await person.visit(linkIn(flow)), { stopBefore: atCallback });
    const callback = new URL(url);
    callback.search = `?state=${callback.searchParams.get('state')}&${query}`;
    const deeds = await told(() => person.visit(callback.href));
    return { flow, deeds };
  };
  const denied = await returning('error=access_denied&error_description=secret+words');
  const end = { flow: denied.flow.id, code: 'DENIED' };
  expect(denied.deeds.map(inShort)).toEqual([['AUTHORIZATION_DENIED', 'CONNECTION', id, name, end]]);
  const failed = await returning('code=not-one-of-theirs');
  const failure = { flow: failed.flow.id, code: 'PROVIDER_REFUSED' };
  expect(failed.deeds.map(inShort)).toEqual([['AUTHORIZATION_FAILED', 'CONNECTION', id, name, failure]]);
  expect([...denied.deeds, ...failed.deeds].map(({ actor }) => actor.id)).toEqual([ownerId, ownerId]);
});

describe('a refresh', () => {
  test('on request is a deed', async () => {
    const id = await connectedAt(server.ask, provider);
    const refreshed = await told(() => refresh(server.ask, id));
    expect(refreshed.map(inShort)).toEqual([['CONNECTION_REFRESHED', 'CONNECTION', id, await nameOf(id), {}]]);
    expect(refreshed[0]?.actor.id).toBe(ownerId);
  });

  test('that a call needs is none, nor is the call', async () => {
    const id = await connectedAt(server.ask, provider);
    const renewals = provider.renewals().length;
    clock.pass(3600);
    expect(await told(async () => expect((await call(server.ask, id, provider)).status).toBe(200))).toEqual([]);
    expect(provider.renewals()).toHaveLength(renewals + 1);
  });

  test('that fails is none, even if the provider says that the grant is dead', async () => {
    const id = await connectedAt(server.ask, provider);
    provider.answer({ renewal: answering(400, { error: 'invalid_grant' }, { 'content-type': 'application/json' }) });
    expect(await told(async () => expect((await refresh(server.ask, id)).codes).toEqual(['PROVIDER_ERROR']))).toEqual(
      [],
    );
  });
});

test('what is refused leaves no entry', async () => {
  const { id } = await shared();
  const viewer = server.askAs((await createKey(server.ask, 'VIEWER')).secret);
  const refused: ((ask: Ask) => Promise<unknown>)[] = [
    (ask) => updateConnection(ask, id, { name: '!' }),
    (ask) => revokeConnection(ask, id),
    (ask) => refresh(ask, id),
    (ask) => authorizing(ask, id, { userId: 'ann' }),
    (ask) => authorizing(ask, id, { credentials: { bearerToken: { token: 't' } } }),
    () => viewer(`mutation { connectionDelete(id: "${id}") { deletedId } }`),
    (ask) =>
      ask(`mutation { connectionCreate(input: { connector: { id: "${basic}" }, name: "!" }) { userErrors { code } } }`),
    (ask) => ask('mutation { authorizationConfirm(token: "none") { userErrors { code } } }'),
  ];
  expect(
    await told(async () => {
      for (const act of refused) await act(server.ask);
    }),
  ).toEqual([]);
});

test('a second look at a flow that ended changes nothing and tells nothing', async () => {
  const id = await connectionAt(server.ask, provider, { authConfig: codeGrant(provider) });
  await authorizeByPerson(server.ask, id);
  const flow = await begin(server.ask, id);
  clock.pass(3600);
  // Too late: nobody did anything.
  expect(await told(() => new Person().visit(linkIn(flow)))).toEqual([]);
});
