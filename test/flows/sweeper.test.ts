/** The sweeper: what falls due is done by itself, whatever goes wrong beside it, and a stop loses nothing. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Refresher } from '../../src/authorization/refresher';
import { Renewals } from '../../src/authorization/renewals';
import { Grants } from '../../src/connections/grants';
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { clockAt } from '../support/clock';
import { begin } from '../support/oauth';
import { OWNER_KEY, startTestServer, type TestServer } from '../support/server';
import { call, conditionOf, connectedAt, connectionAt, eventsOf, stateOf } from './grants';

const clock = clockAt('2030-01-01T00:00:00.000Z');
let server: TestServer;
let provider: TokenServer;
const providers: TokenServer[] = [];

beforeAll(async () => {
  server = await startTestServer({ now: clock.now });
});
afterAll(async () => {
  await server.remove();
  await Promise.all(providers.map((one) => one.close()));
});
// A provider for each test: as time passes, the grants of former tests are refreshed too.
beforeEach(async () => {
  sweepOften();
  provider = await startTokenServer();
  providers.push(provider);
});
afterEach(() => jest.restoreAllMocks());

/** Lets what waits for a second wait for a hundredth of one. */
function sweepOften(): void {
  const original = global.setTimeout;
  const hurried = (work: () => void, wait?: number) => original(work, wait === 1000 ? 10 : wait);
  jest.spyOn(global, 'setTimeout').mockImplementation(hurried as typeof setTimeout);
}

/** Resolves when the provider was asked for a renewal and the answer was saved, both after this call. */
async function nextRenewal(from: TokenServer): Promise<void> {
  const runs = jest.spyOn(Renewals.prototype, 'run');
  await from.arrival();
  await Promise.all(runs.mock.results.map(({ value }) => value));
}

test('what falls due is refreshed before it expires, without a call; what is not due is left alone', async () => {
  const id = await connectedAt(server.ask, provider);
  const other = await startTokenServer();
  providers.push(other);
  other.settings.expiresIn = 86_400;
  await connectedAt(server.ask, other);
  const renewed = nextRenewal(provider);
  clock.pass(3451);
  await renewed;
  expect(await conditionOf(server.ask, id)).toMatchObject({ health: 'OK NONE', expiresAt: clock.in(3600) });
  expect(provider.renewals()).toHaveLength(1);
  expect(other.renewals()).toEqual([]);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
});

test('a refresh that fails is tried again by itself when its time has come, and told once it works', async () => {
  const id = await connectedAt(server.ask, provider);
  const events = eventsOf(id);
  provider.answer({ renewal: (_asked, response) => response.writeHead(503).end() });
  clock.pass(3451);
  await events.count(1);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED WAIT');
  provider.answer();
  clock.pass(5);
  await events.count(2);
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
  expect(events.kinds).toEqual(['TROUBLED', 'RECOVERED']);
  expect(provider.renewals()).toHaveLength(2);
});

test('an error in one sweep does not end the sweeps', async () => {
  await connectedAt(server.ask, provider);
  const renew = jest.spyOn(Refresher.prototype, 'renew').mockRejectedValueOnce(new Error('a passing fault'));
  const renewed = nextRenewal(provider);
  clock.pass(3451);
  await renewed;
  expect(renew.mock.calls.length).toBeGreaterThan(1);
  expect(server.logLines.filter((line) => line.includes('a passing fault'))).toHaveLength(1);
});

describe('credentials that nothing can renew', () => {
  test('are told of when they end, once; the API may take them all the same, and then all is well', async () => {
    provider.settings.givesRefreshToken = false;
    const id = await connectedAt(server.ask, provider);
    const events = eventsOf(id);
    const end = clock.in(3600);
    expect(await conditionOf(server.ask, id)).toMatchObject({ health: 'OK NONE', expiresAt: end, nextRefreshAt: null });
    clock.pass(3600);
    await events.count(1);
    const condition = await conditionOf(server.ask, id);
    expect(condition).toMatchObject({ status: 'CONNECTED', health: 'DEGRADED REAUTHORIZE', since: end });
    expect(condition.reason).toContain(end);

    expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
    expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
    // Another that ends later shows that there was a sweep since.
    const other = await connectedAt(server.ask, provider);
    const others = eventsOf(other);
    clock.pass(3600);
    await others.count(1);
    expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
    expect(events.kinds).toEqual(['TROUBLED', 'RECOVERED']);
    expect(provider.renewals()).toEqual([]);
  });

  test('and whose end is only what the connector assumes are not told of: they may never end', async () => {
    provider.settings.givesRefreshToken = false;
    provider.settings.expiresIn = null;
    const id = await connectedAt(server.ask, provider);
    const events = eventsOf(id);
    expect((await conditionOf(server.ask, id)).expiresAt).toBe(clock.in(3600));
    provider.settings.expiresIn = 3600;
    const other = await connectedAt(server.ask, provider);
    const others = eventsOf(other);
    clock.pass(3600);
    await others.count(1);
    expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
    expect(events.kinds).toEqual([]);
  });

  test('and that the API refuses stay in trouble', async () => {
    provider.settings.givesRefreshToken = false;
    const id = await connectedAt(server.ask, provider);
    const events = eventsOf(id);
    clock.pass(3600);
    await events.count(1);
    provider.forgetAccessTokens();
    expect(await call(server.ask, id, provider)).toMatchObject({ status: 401 });
    expect(await stateOf(server.ask, id)).toBe('CONNECTED DEGRADED REAUTHORIZE');
  });
});

test('a flow that takes too long expires, and whoever watches is told, although a provider keeps others waiting', async () => {
  const id = await connectedAt(server.ask, provider);
  const answers: (() => void)[] = [];
  provider.answer({ renewal: (_asked, _response, usual) => void answers.push(usual) });
  const asked = provider.arrival();
  clock.pass(3451);
  await asked;

  const waiting = await connectionAt(server.ask, provider);
  const flow = await begin(server.ask, waiting);
  const client = createClient({
    url: `${server.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${OWNER_KEY}` },
  });
  const statuses: string[] = [];
  const query = `subscription { authorizationFlow(id: "${flow.id}") { status error { code } } }`;
  for await (const { data } of client.iterate<{ authorizationFlow: { status: string } }>({ query })) {
    statuses.push(data?.authorizationFlow.status ?? '');
    if (statuses.length === 1) clock.pass(600);
  }
  await client.dispose();
  expect(statuses).toEqual(['PENDING', 'EXPIRED']);
  for (const answer of answers) answer();
  provider.answer();
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
});

test('a stop waits for a refresh under way and saves what it brings, at the second try if need be', async () => {
  const short = await startTestServer({ now: clock.now });
  const id = await connectedAt(short.ask, provider);
  const { renew } = Grants.prototype;
  const saves: string[] = [];
  jest.spyOn(Grants.prototype, 'renew').mockImplementation(async function (this: Grants, ...save) {
    const [, { connectionId }] = save;
    saves.push(connectionId);
    if (saves.filter((one) => one === id).length === 1 && connectionId === id) throw new Error('database is locked');
    return renew.apply(this, save);
  });
  let release = () => {};
  provider.answer({
    renewal: (_asked, _response, usual) => {
      release = usual;
    },
  });
  const asked = provider.arrival();
  clock.pass(3451);
  await asked;
  const closed = short.close();
  release();
  await closed;
  provider.answer();

  const next = await startTestServer({ now: clock.now, dataDir: short.dataDir });
  expect(await conditionOf(next.ask, id)).toMatchObject({ health: 'OK NONE', expiresAt: clock.in(3600) });
  expect(await call(next.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.called).toEqual([provider.latest()]);
  expect(provider.renewals()).toHaveLength(1);
  await next.remove();
});
