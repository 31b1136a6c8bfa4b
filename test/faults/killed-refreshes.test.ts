/** Killed at each step of a refresh: only what the provider answered and nobody saved is lost, and that is told. */
import { refresh, rowOf, stateOf } from '../flows/grants';
import { endLease } from '../flows/processes';
import { type OidcServer, startOidc } from '../peers/oidc';
import { invoke } from '../support/oauth';
import { OWNER_KEY } from '../support/server';
import { openSocket } from '../support/sockets';
import { amount, expectNone, tell } from '../support/trust';
import { authorizeAt, connectionTo, renewalsAt } from './account';
import { damages, type Lives, lives, spread, type Victim } from './victim';

jest.setTimeout(1_200_000);

let server: Lives;
let victim: Victim;
let oidc: OidcServer;
let id: string;

beforeAll(async () => {
  [server, oidc] = await Promise.all([lives(), startOidc()]);
  victim = await server.start();
  id = await connectionTo(victim.ask, oidc);
  await authorizeAt(victim.ask, id);
});
afterAll(async () => {
  await server.end();
  await oidc.close();
});

const lost: string[] = [];
const silent: string[] = [];
const damaged: string[] = [];
let [kills, inWindow] = [0, 0];

/** The steps of a refresh that nobody disturbs. */
async function stepsOfOne(): Promise<string[]> {
  await victim.killAt(0);
  expect(await refresh(victim.ask, id)).toMatchObject({ codes: [] });
  return victim.steps();
}

/** One refresh that is killed, and what there is to find afterwards. */
async function killAndLook(step: number, name: string): Promise<void> {
  const [before, asked] = [(await rowOf(server, id)).credentials, renewalsAt(oidc)];
  await victim.killAt(step);
  const acknowledged = await refresh(victim.ask, id).then(
    () => true,
    () => false,
  );
  if (acknowledged) await victim.kill();
  else await victim.gone;
  kills += 1;
  victim = await server.start();
  damaged.push(...damages(server.dataDir).map((damage) => `${name}: ${JSON.stringify(damage)}`));
  const isSpent = renewalsAt(oidc) > asked;
  const isSaved = (await rowOf(server, id)).credentials !== before;
  if (acknowledged && !isSaved) lost.push(`${name}: acknowledged, but not there`);
  await endLease(server.dataDir, id);
  if (!isSpent || isSaved) {
    const { codes } = await refresh(victim.ask, id);
    const state = await stateOf(victim.ask, id);
    const status = await invoke(victim.ask, id, `${oidc.url}/me`).catch((error: Error) => error.message);
    if (codes.length > 0 || state !== 'CONNECTED OK NONE' || status !== 200)
      lost.push(`${name}: ${codes} ${state} ${status}`);
    else return;
  } else {
    inWindow += 1;
    const told = await toldOfRefresh();
    const state = await stateOf(victim.ask, id);
    if (told !== 'TROUBLED' || state !== 'NEEDS_ATTENTION BROKEN REAUTHORIZE') silent.push(`${name}: ${told} ${state}`);
  }
  await authorizeAt(victim.ask, id);
}

/** The event that a refresh makes. */
async function toldOfRefresh(): Promise<string> {
  const socket = openSocket(victim.url, OWNER_KEY);
  const watch = socket.subscribe(`subscription { connectionEvents(filter: { connectionId: "${id}" }) { kind } }`);
  const { data } = await socket.ask(`mutation { connectionRefresh(id: "${id}") { userErrors { code } } }`);
  expect(data.connectionRefresh.userErrors).toEqual([{ code: 'PROVIDER_ERROR' }]);
  const { connectionEvents } = await watch.next();
  socket.close();
  return connectionEvents.kind;
}

test('at each step', async () => {
  const steps = await stepsOfOne();
  expect(steps).toEqual([
    ...['before BEGIN', 'after BEGIN', 'after UPDATE', 'before COMMIT', 'after COMMIT'],
    ...['before the request', 'after the answer'],
    ...['before BEGIN', 'after BEGIN', 'after UPDATE', 'after UPDATE'],
    // The audit log: who asked for it, and the head of the chain.
    ...['after INSERT', 'after UPDATE'],
    ...['before COMMIT', 'after COMMIT'],
  ]);
  const numbers = steps.map((_, at) => at + 1);
  for (let round = 0; round < amount(1, 8); round += 1)
    for (const number of spread(numbers, amount(3, steps.length)))
      await killAndLook(number, `refresh killed ${steps[number - 1]} (step ${number} of ${steps.length})`);
});

test('the sum of it', () => {
  expectNone('Killed', 'tokens lost outside the window of no client, of SIGKILLs during refreshes', lost, kills, 100);
  expectNone('Killed', 'losses in that window that nobody was told of', silent, inWindow, 40);
  expectNone('Killed', 'damages of the database, after SIGKILLs during refreshes', damaged, kills, 100);
  tell('Killed', 'SIGKILLs during refreshes; of those in the window that no client can close', `${kills}; ${inWindow}`);
});
