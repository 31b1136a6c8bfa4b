/** A server process killed in the middle of a refresh: nothing is lost that the provider gives again, and nothing is silent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answerer, startTokenServer, type TokenServer } from '../peers/token-server';
import { type Clock, clockAt } from '../support/clock';
import { startTestServer, type TestServer } from '../support/server';
import { call, conditionOf, connectedAt, eventsOf, rowOf, startUnsweptServer, stateOf } from './grants';
import { endAll, expire, type ServerProcess, startProcess } from './processes';

jest.setTimeout(20_000);

/** How long a lease lasts, in milliseconds. */
const LEASE = 30_000;

let dataDir: string;
let victim: ServerProcess;
let provider: TokenServer;
let id: string;
let old: string;
let next: TestServer | undefined;

beforeEach(async () => {
  [provider, dataDir] = [await startTokenServer(), mkdtempSync(join(tmpdir(), 'grapnel-killed-'))];
  victim = await startProcess(dataDir);
  id = await connectedAt(victim.ask, provider);
  old = provider.latest();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await next?.close();
  next = undefined;
  await endAll();
  await provider.close();
  rmSync(dataDir, { recursive: true });
});

/** A call on the expired token, in the course of which the process is killed. */
async function callAndDie(): Promise<void> {
  await expire(dataDir, id);
  await expect(call(victim.ask, id, provider)).rejects.toThrow('fetch failed');
  await victim.kill();
  provider.answer();
  provider.onConnection(undefined);
}

/** The next server on the same data, with a clock of its own that begins now. */
async function restart(start: typeof startTestServer): Promise<{ server: TestServer; clock: Clock }> {
  const clock = clockAt(new Date().toISOString());
  next = await start({ dataDir, now: clock.now });
  return { server: next, clock };
}

/** Kills the process before it hears the answer. */
const killing: Answerer = async (_asked, _response, usual) => {
  await victim.kill();
  usual();
};

async function expectLease(): Promise<void> {
  const { leaseUntil } = await rowOf({ dataDir }, id);
  expect(leaseUntil).toBeGreaterThan(Date.now());
  expect(leaseUntil).toBeLessThanOrEqual(Date.now() + LEASE);
}

test('before the token request: the refresh is done after the lease has run out, and nothing is lost', async () => {
  provider.onConnection((socket) => {
    // The signal is on its way before the connection ends, so that the process never learns of the end.
    void victim.kill();
    socket.destroy();
  });
  await callAndDie();
  await expectLease();
  expect(provider.renewals()).toEqual([]);

  const { server, clock } = await restart(startUnsweptServer);
  const answer = call(server.ask, id, provider);
  // Whoever holds the lease might live.
  expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
  expect(provider.renewals()).toEqual([]);
  clock.pass(LEASE / 1000);
  expect(await answer).toMatchObject({ status: 200 });
  expect(provider.renewals()).toHaveLength(1);
  expect(provider.called).toEqual([provider.latest()]);
});

describe('after the provider answered, and before the answer was saved', () => {
  const cutting: Answerer = async (_asked, response, usual) => {
    const { end } = response;
    // Half of the answer arrives, the other half finds nobody.
    response.end = (async (body: string) => {
      await new Promise<void>((written) => response.write(body.slice(0, body.length / 2), () => written()));
      await victim.kill();
      return Reflect.apply(end, response, []);
    }) as unknown as typeof end;
    usual();
  };

  test.each([
    ['heard nothing of it', killing],
    ['heard half of it', cutting],
  ])('by a process that %s: nothing is lost where the old token serves again', async (_name, answer) => {
    provider.settings.rotation = 'LENIENT';
    provider.answer({ renewal: answer });
    await callAndDie();
    await expectLease();
    expect(provider.isAlive(old)).toBe(false);

    const { server, clock } = await restart(startTestServer);
    clock.pass(LEASE / 1000);
    expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
    expect(provider.called).toEqual([provider.latest()]);
    expect(provider.renewals()).toHaveLength(2);
    expect(await stateOf(server.ask, id)).toBe('CONNECTED OK NONE');
  });

  test('by a provider that takes no token twice: that it has to be authorized again is told without a call', async () => {
    provider.answer({ renewal: killing });
    await callAndDie();
    const { credentials } = await rowOf({ dataDir }, id);

    const { server, clock } = await restart(startTestServer);
    const events = eventsOf(id);
    clock.pass(LEASE / 1000);
    await events.count(1);
    expect(events.kinds).toEqual(['TROUBLED']);
    expect(await stateOf(server.ask, id)).toBe('NEEDS_ATTENTION BROKEN REAUTHORIZE');
    expect(await rowOf({ dataDir }, id)).toMatchObject({ credentials, leaseUntil: null });
    expect(await call(server.ask, id, provider)).toMatchObject({ codes: ['NOT_AUTHORIZED'] });
  });
});

test('after the save, at the first use: the new token is there, and nothing is refreshed again', async () => {
  provider.answer({ api: killing });
  await callAndDie();
  const renewed = provider.latest();
  expect(renewed).not.toBe(old);
  expect(provider.called).toEqual([renewed]);

  const { server } = await restart(startTestServer);
  expect(await call(server.ask, id, provider)).toMatchObject({ status: 200 });
  expect(provider.called).toEqual([renewed, renewed]);
  expect(provider.renewals()).toHaveLength(1);
  expect(await conditionOf(server.ask, id)).toMatchObject({ status: 'CONNECTED', health: 'OK NONE' });
});
