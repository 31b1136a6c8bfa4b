/** Killed at each step of an authorization: it goes on, or it ends in time and whoever watches is told; a flow is never half of a grant. */
import { type OidcServer, startOidc } from '../peers/oidc';
import { Person, type Seen } from '../peers/person';
import { begin, type Flow, flowOf, grantsOf, invoke, linkIn } from '../support/oauth';
import { type Ask, dataOf } from '../support/server';
import { succeeded } from '../support/story';
import { amount, expectNone, tell } from '../support/trust';
import { watchFlow } from '../support/watching';
import { connectionTo } from './account';
import { damages, inDatabase, type Lives, lives, spread, type Victim } from './victim';

jest.setTimeout(1_200_000);

const APP = 'https://app.example.com/done';
const atCallback = (url: URL) => url.pathname.startsWith('/authorization/callback/');
const atApp = ({ host }: URL) => host === 'app.example.com';

let server: Lives;
let victim: Victim;
let oidc: OidcServer;

beforeAll(async () => {
  [server, oidc] = await Promise.all([lives(), startOidc()]);
  victim = await server.start();
  const query = `mutation { workspaceUpdate(input: { returnToUrls: ["${APP}"] }) { userErrors { message } } }`;
  succeeded((await dataOf(victim.ask(query))).workspaceUpdate);
});
afterAll(async () => {
  await server.end();
  await oidc.close();
});

interface Journey {
  readonly connection: string;
  readonly flow: Flow;
  readonly person: Person;
  /** Where the person is. */
  readonly at: Seen;
}

/** Somebody in front of our start page. */
async function invited(ask: Ask, returnTo?: string): Promise<Journey> {
  const connection = await connectionTo(ask, oidc);
  const flow = await begin(ask, connection, { returnTo });
  const person = new Person();
  return { connection, flow, person, at: await person.visit(linkIn(flow)) };
}

/** Somebody whom the provider sends back. */
async function returning(ask: Ask, returnTo?: string): Promise<Journey> {
  const journey = await invited(ask, returnTo);
  const page = await journey.person.press(journey.at);
  return { ...journey, at: await journey.person.consent(page, { stopBefore: atCallback }) };
}

async function confirm(ask: Ask, { url }: Seen): Promise<void> {
  const token = new URL(url).searchParams.get('confirmationToken');
  const query = 'mutation ($token: String!) { authorizationConfirm(token: $token) { userErrors { message } } }';
  succeeded((await dataOf(ask(query, { token }))).authorizationConfirm);
}

interface Act {
  prepare(ask: Ask): Promise<Journey>;
  /** What is interrupted, and done again after it. */
  act(journey: Journey): Promise<Seen>;
  /** What is left to do when that is done. */
  rest(journey: Journey, seen: Seen): Promise<unknown>;
  /** Whether a kill at this step (from 1) of `steps` may leave a flow that only time ends: its state is used up, its answer unheard. */
  mayEnd(step: number, steps: readonly string[]): boolean;
}

const consumed = (steps: readonly string[]) => steps.indexOf('after COMMIT') + 1;
const visitCallback = ({ person, at }: Journey) => person.visit(at.url, { stopBefore: atApp });

const acts: Record<string, Act> = {
  'setting out': {
    prepare: invited,
    act: ({ person, at }) => person.press(at),
    rest: async ({ person }, page) => person.consent(page),
    mayEnd: () => false,
  },
  'coming back': {
    prepare: returning,
    act: visitCallback,
    rest: async () => undefined,
    mayEnd: (step, steps) => step >= consumed(steps) && step < steps.length,
  },
  'coming back, to be confirmed': {
    prepare: (ask) => returning(ask, APP),
    act: visitCallback,
    rest: (_journey, seen) => confirm(victim.ask, seen),
    mayEnd: (step, steps) => step >= consumed(steps),
  },
  'the confirmation': {
    async prepare(ask) {
      const journey = await returning(ask, APP);
      return { ...journey, at: await visitCallback(journey) };
    },
    act: async ({ at }) => confirm(victim.ask, at).then(() => at),
    rest: async () => undefined,
    mayEnd: () => false,
  },
};

/** How long what is left of a flow may last, by its status, in milliseconds. */
const limits: Record<string, number> = { PENDING: 60_000, AWAITING_CONFIRMATION: 600_000 };

const lost: string[] = [];
const stuck: string[] = [];
const damaged: string[] = [];
let [kills, ended] = [0, 0];

/** Whether there is a grant if and only if the flow says so, and it serves. */
async function isWhole({ flow, connection }: Journey): Promise<boolean> {
  const { status } = await flowOf(victim.ask, flow.id);
  const grants = await grantsOf(victim.ask, connection);
  if (status !== 'AUTHORIZED') return grants.length === 0;
  return grants[0]?.status === 'CONNECTED' && (await invoke(victim.ask, connection, `${oidc.url}/me`)) === 200;
}

/** How the rest of a flow that nobody can go on with ends; the moment is brought about. */
async function endingOf({ flow: { id } }: Journey): Promise<string> {
  const { status, expiresAt } = await flowOf(victim.ask, id);
  const remaining = Date.parse(expiresAt) - Date.now();
  const watched = watchFlow(victim.url, id);
  const first = await watched.next();
  inDatabase(server.dataDir, (database) =>
    database.prepare('UPDATE authorization_flow SET expiresAt = ? WHERE id = ?').run(Date.now(), id),
  );
  const rest = await watched.rest();
  return remaining <= (limits[status] ?? 0) && first.status === status ? rest.join() : `${status} for ${remaining} ms`;
}

test.each(Object.entries(acts))('%s', async (name, { prepare, act, rest, mayEnd }) => {
  const example = await prepare(victim.ask);
  await victim.killAt(0);
  const seen = await act(example);
  const steps = await victim.steps();
  await rest(example, seen);
  expect([(await flowOf(victim.ask, example.flow.id)).status, await isWhole(example)]).toEqual(['AUTHORIZED', true]);

  const numbers = steps.map((_, at) => at + 1);
  for (let round = 0; round < amount(1, 3); round += 1)
    for (const number of spread(numbers, amount(name === 'coming back' ? 3 : 1, numbers.length))) {
      const where = `${name}, killed ${steps[number - 1]} (step ${number} of ${steps.length})`;
      const journey = await prepare(victim.ask);
      await victim.killAt(number);
      const failure = await act(journey).then(
        () => undefined,
        (error: unknown) => `${error}`,
      );
      expect([undefined, 'TypeError: fetch failed']).toContain(failure);
      if (failure) kills += 1;
      // What the server did by itself during the example counts among its steps: then there are fewer this time.
      else await victim.kill();
      await victim.gone;
      victim = await server.start();
      damaged.push(...damages(server.dataDir).map((damage) => `${where}: ${JSON.stringify(damage)}`));
      if (!(await isWhole(journey))) lost.push(`${where}: a flow and a grant that do not agree`);

      await act(journey)
        .then((again) => rest(journey, again))
        .catch(() => undefined);
      const { status } = await flowOf(victim.ask, journey.flow.id);
      if (status !== 'AUTHORIZED' && !mayEnd(number, steps)) lost.push(`${where}: it cannot go on, but is ${status}`);
      if (status !== 'AUTHORIZED') {
        ended += 1;
        const end = await endingOf(journey);
        if (end !== 'EXPIRED') stuck.push(`${where}: ${end}`);
      }
      if (!(await isWhole(journey))) lost.push(`${where}: in the end, a flow and a grant that do not agree`);
    }
});

test('the sum of it', () => {
  expectNone('Killed', 'authorizations lost that could go on, of SIGKILLs during authorizations', lost, kills, 90);
  expectNone('Killed', 'flows that outlast their time or end untold, of those nobody can go on with', stuck, ended, 20);
  expectNone('Killed', 'damages of the database, after SIGKILLs during authorizations', damaged, kills, 90);
  tell('Killed', 'SIGKILLs during authorizations', `${kills}`);
});
