/** The clock of the machine set forward, and back: nothing expires for good that has not, nothing lives on for ever, and nobody is stormed. */
import { EventEmitter, once } from 'node:events';
import { ClockJumps } from '../../src/authorization/clock-jumps';
import { Renewals } from '../../src/authorization/renewals';
import { call, conditionOf, connectedAt, connectionAt, refresh, stateOf } from '../flows/grants';
import { lease } from '../flows/processes';
import { startTokenServer, type TokenServer } from '../peers/token-server';
import { clockAt } from '../support/clock';
import { begin, flowOf } from '../support/oauth';
import { dataOf, startTestServer, type TestServer } from '../support/server';
import { amount, expectNone } from '../support/trust';

jest.setTimeout(10_000);

const [HOUR, DAY, DECADE] = [3600, 86_400, 315_576_000];
const JUMPS: [string, number][] = [
  ['an hour', HOUR],
  ['a day', DAY],
  ['ten years', DECADE],
];

const clock = clockAt('2030-01-01T00:00:00.000Z');
let server: TestServer;
let provider: TokenServer;

beforeEach(async () => {
  const original = global.setTimeout;
  // Lets what waits for a second wait for a hundredth of one.
  const hurried = (work: () => void, wait?: number) => original(work, wait === 1000 ? 10 : wait);
  jest.spyOn(global, 'setTimeout').mockImplementation(hurried as typeof setTimeout);
  [server, provider] = await Promise.all([startTestServer({ now: clock.now }), startTokenServer()]);
  await sweeps(1);
});
afterEach(async () => {
  await server.remove();
  await provider.close();
  jest.restoreAllMocks();
});

/** Resolves when the clock was looked at so many times from now on, and what came of it was done. */
async function sweeps(count: number): Promise<void> {
  const news = new EventEmitter();
  const { mend } = ClockJumps.prototype;
  const spy = jest.spyOn(ClockJumps.prototype, 'mend').mockImplementation(async function (this: ClockJumps) {
    await mend.call(this);
    news.emit('done');
  });
  for (let done = 0; done < count; done += 1) await once(news, 'done');
  spy.mockRestore();
}

/** Resolves when the provider was asked for a renewal, and the answer was saved. */
async function nextRenewal(): Promise<void> {
  const runs = jest.spyOn(Renewals.prototype, 'run');
  await provider.arrival();
  await Promise.all(runs.mock.results.map(({ value }) => value));
}

const secondsUntil = (moment: string | null) => (Date.parse(moment ?? '') - clock.now().getTime()) / 1000;

const wrong: string[] = [];
let tried = 0;

/** Counts what does not hold, and fails the test. */
function holds(what: string, found: unknown, expected: unknown): void {
  tried += 1;
  if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push(`${what}: ${JSON.stringify(found)}`);
  expect(found).toEqual(expected);
}

async function sessionToken(connection: string): Promise<string> {
  const query = `mutation ($input: SessionTokenCreateInput!) {
    sessionTokenCreate(input: $input) { token userErrors { message } }
  }`;
  const input = { connection: { id: connection }, expiresInSeconds: DAY };
  return (await dataOf(server.ask(query, { input }))).sessionTokenCreate.token;
}

/** Whether it is known at all; a session token may not ask this, but is told so. */
const isGood = async (token: string) =>
  (await server.askAs(token)('{ viewer { role } }')).errors?.[0]?.extensions.code !== 'UNAUTHENTICATED';

describe.each(JUMPS.slice(0, amount(1, JUMPS.length)))('%s', (name, seconds) => {
  test('forward: what is due is refreshed once, and then when it is due again', async () => {
    const id = await connectedAt(server.ask, provider);
    const renewed = nextRenewal();
    clock.pass(seconds);
    await renewed;
    await sweeps(3);
    const { health, expiresAt } = await conditionOf(server.ask, id);
    holds(`${name} forward, state`, [health, secondsUntil(expiresAt)], ['OK NONE', HOUR]);
    holds(`${name} forward, refreshes`, provider.renewals().length, 1);
    holds(`${name} forward, call`, (await call(server.ask, id, provider)).status, 200);
  });

  test('back: what was obtained in a time to come is refreshed within a minute, once', async () => {
    clock.pass(seconds);
    const id = await connectedAt(server.ask, provider);
    await sweeps(2);
    clock.pass(-seconds);
    await sweeps(2);
    const { health, expiresAt, nextRefreshAt } = await conditionOf(server.ask, id);
    holds(`${name} back, state`, [health, secondsUntil(expiresAt)], ['OK NONE', HOUR]);
    holds(`${name} back, due within a minute`, secondsUntil(nextRefreshAt) <= 60, true);
    if (provider.renewals().length === 0) {
      const renewed = nextRenewal();
      clock.pass(60);
      await renewed;
    }
    await sweeps(3);
    holds(`${name} back, refreshes`, provider.renewals().length, 1);
    holds(`${name} back, next`, secondsUntil((await conditionOf(server.ask, id)).nextRefreshAt) > HOUR / 2, true);
  });

  test('back, in trouble: the next try is not put off until then, and there is no storm', async () => {
    clock.pass(seconds);
    const id = await connectedAt(server.ask, provider);
    provider.answer({ renewal: (_asked, response) => response.writeHead(503, { 'retry-after': '3600' }).end() });
    await refresh(server.ask, id);
    clock.pass(-seconds);
    await sweeps(2);
    holds(`${name} back in trouble, tries`, provider.renewals().length, 1);
    const arrived = provider.arrival();
    clock.pass(3960 + 61);
    await arrived;
    await sweeps(5);
    holds(`${name} back in trouble, tries when due`, provider.renewals().length, 2);
    holds(`${name} back in trouble, state`, await stateOf(server.ask, id), 'CONNECTED DEGRADED WAIT');
  });

  test('back: what nothing renews ends one lifetime later at the latest', async () => {
    provider.settings.givesRefreshToken = false;
    clock.pass(seconds);
    const id = await connectedAt(server.ask, provider);
    clock.pass(-seconds);
    await sweeps(2);
    holds(`${name} back, the end`, secondsUntil((await conditionOf(server.ask, id)).expiresAt), HOUR);
    clock.pass(HOUR);
    while ((await stateOf(server.ask, id)) === 'CONNECTED OK NONE') await sweeps(1);
    holds(`${name} back, ended`, await stateOf(server.ask, id), 'CONNECTED DEGRADED REAUTHORIZE');
  });

  test('back: flows, session tokens and leases do not live for ever', async () => {
    clock.pass(seconds);
    const id = await connectedAt(server.ask, provider);
    const flow = await begin(server.ask, await connectionAt(server.ask, provider));
    const token = await sessionToken(id);
    lease(server.dataDir, id, clock.now().getTime() + 30_000);
    clock.pass(-seconds);
    await sweeps(2);
    holds(`${name} back, lease`, (await refresh(server.ask, id)).codes, []);
    holds(`${name} back, flow`, (await flowOf(server.ask, flow.id)).status, 'PENDING');
    clock.pass(660);
    while ((await flowOf(server.ask, flow.id)).status === 'PENDING') await sweeps(1);
    holds(`${name} back, flow in the end`, (await flowOf(server.ask, flow.id)).status, 'EXPIRED');
    holds(`${name} back, session token`, await isGood(token), true);
    clock.pass(DAY);
    holds(`${name} back, session token in the end`, await isGood(token), false);
  });

  test('forward and back again: what the interval expired serves again, and nothing was forgotten', async () => {
    provider.settings.givesRefreshToken = false;
    const id = await connectedAt(server.ask, provider);
    const token = await sessionToken(id);
    clock.pass(seconds + DAY);
    while ((await stateOf(server.ask, id)) === 'CONNECTED OK NONE') await sweeps(1);
    clock.pass(-seconds - DAY);
    await sweeps(2);
    holds(`${name} and back, session token`, await isGood(token), true);
    holds(`${name} and back, call`, (await call(server.ask, id, provider)).status, 200);
    holds(`${name} and back, state`, await stateOf(server.ask, id), 'CONNECTED OK NONE');
  });
});

test('a start finds what was obtained before the clock was set back while the server stood still', async () => {
  clock.pass(DECADE);
  const id = await connectedAt(server.ask, provider);
  await server.close();
  clock.pass(-DECADE);
  const next = await startTestServer({ now: clock.now, dataDir: server.dataDir });
  await sweeps(2);
  holds('after a start, the end', secondsUntil((await conditionOf(next.ask, id)).expiresAt), HOUR);
  await next.close();
});

test('the sum of it', () => {
  expectNone('Killed', 'what expired wrongly, lived on or stormed, of clocks set forward and back', wrong, tried, 60);
});
