/** Killed at each step of each kind of write: what was acknowledged is there, and what was not is there whole or not at all. */
import { revoke } from '../flows/grants';
import { begin, grantsOf } from '../support/oauth';
import { type Ask, dataOf } from '../support/server';
import {
  createConnection,
  createConnector,
  readyConnector,
  setAuthConfig,
  staticConfigs,
  staticCredentials,
  succeeded,
} from '../support/story';
import { amount, expectNone, tell } from '../support/trust';
import { damages, type Lives, lives, spread, type Victim } from './victim';

jest.setTimeout(1_200_000);

let server: Lives;
let victim: Victim;

beforeAll(async () => {
  server = await lives();
  victim = await server.start();
});
afterAll(() => server.end());

let count = 0;
const fresh = () => `Thing ${++count}`;

interface Write {
  /** What has to be there before; gives the id that the write is about. */
  prepare(ask: Ask): Promise<string>;
  act(ask: Ask, id: string): Promise<unknown>;
  /** What there is to see of it. */
  look(ask: Ask, id: string): Promise<string>;
}

const CONFIG = staticConfigs.bearerToken;
const credentials = staticCredentials.bearerToken;

async function connection(ask: Ask): Promise<string> {
  const name = fresh();
  const connector = await readyConnector(ask, { name, allowedHosts: ['api.example'] }, CONFIG);
  return createConnection(ask, { connector: { id: connector }, name });
}

/** What is to be seen of the authorizations of a connection: of itself, of its grant, of both. */
async function standing(ask: Ask, id: string): Promise<string> {
  const { connection } = await dataOf(ask('query ($id: ID!) { connection(by: { id: $id }) { status } }', { id }));
  if (connection === null) return 'gone';
  return [connection.status, ...(await grantsOf(ask, id)).map(({ status }) => status)].join(' ');
}

async function seen(ask: Ask, field: string, id: string): Promise<string> {
  const { connector } = await dataOf(ask(`query ($id: ID!) { connector(by: { id: $id }) { ${field} } }`, { id }));
  return JSON.stringify(connector);
}

const writes: Record<string, Write> = {
  'a connector that is made': {
    prepare: async () => fresh(),
    act: (ask, name) => createConnector(ask, { name }),
    async look(ask, name) {
      const { connectors } = await dataOf(ask('{ connectors(last: 1) { nodes { name } } }'));
      return `${connectors.nodes[0]?.name === name}`;
    },
  },
  'a configuration with its secret': {
    prepare: (ask) => createConnector(ask, { name: fresh() }),
    act: (ask, id) =>
      setAuthConfig(ask, id, {
        oauth2: { grantType: 'CLIENT_CREDENTIALS', clientId: 'client', clientSecret: 'secret' },
      }),
    look: (ask, id) => seen(ask, 'authConfig { ... on OAuth2AuthConfig { clientId clientSecret { isSet } } }', id),
  },
  'many scopes at once': {
    async prepare(ask) {
      const id = await createConnector(ask, { name: fresh() });
      await setAuthConfig(ask, id, { oauth2: { grantType: 'CLIENT_CREDENTIALS', clientId: 'client' } });
      return id;
    },
    async act(ask, id) {
      const scopes = Array.from({ length: 20 }, (_, at) => ({ name: `Scope ${at}`, value: `scope-${at}` }));
      const query = `mutation ($id: ID!, $scopes: [ScopeInput!]!) {
        scopesAdd(connectorId: $id, scopes: $scopes) { userErrors { message } }
      }`;
      succeeded((await dataOf(ask(query, { id, scopes }))).scopesAdd);
    },
    look: (ask, id) => seen(ask, 'scopes { totalCount }', id),
  },
  'a connection that is made': {
    prepare: (ask) => readyConnector(ask, { name: fresh() }, CONFIG),
    act: (ask, id) => createConnection(ask, { connector: { id }, name: fresh() }),
    look: (ask, id) => seen(ask, 'connectionCount', id),
  },
  'credentials that are kept': {
    prepare: connection,
    act: (ask, id) => begin(ask, id, { credentials }),
    look: standing,
  },
  'credentials that are forgotten': {
    async prepare(ask) {
      const id = await connection(ask);
      await begin(ask, id, { credentials });
      return id;
    },
    act: async (ask, id) => succeeded(await revoke(ask, id)),
    look: standing,
  },
  'a connection that is deleted with all it has': {
    async prepare(ask) {
      const id = await connection(ask);
      await begin(ask, id, { credentials });
      return id;
    },
    async act(ask, id) {
      const query = 'mutation ($id: ID!) { connectionDelete(id: $id) { userErrors { message } } }';
      succeeded((await dataOf(ask(query, { id }))).connectionDelete);
    },
    look: standing,
  },
  'a key that is made': {
    prepare: async () => fresh(),
    async act(ask, name) {
      const query = `mutation ($name: String!) {
        apiKeyCreate(input: { name: $name, role: VIEWER }) { userErrors { message } }
      }`;
      succeeded((await dataOf(ask(query, { name }))).apiKeyCreate);
    },
    async look(ask, name) {
      const { apiKeys } = await dataOf(ask('{ apiKeys(last: 1) { nodes { name } } }'));
      return `${apiKeys.nodes[0]?.name === name}`;
    },
  },
};

const lost: string[] = [];
const halves: string[] = [];
const damaged: string[] = [];
let kills = 0;

test.each(Object.entries(writes))('%s', async (name, { prepare, act, look }) => {
  const example = await prepare(victim.ask);
  const before = await look(victim.ask, example);
  await victim.killAt(0);
  await act(victim.ask, example);
  const steps = await victim.steps();
  const after = await look(victim.ask, example);
  expect(after).not.toBe(before);
  expect(steps.at(-1)).toBe('after COMMIT');

  const numbers = steps.map((_, at) => at + 1);
  for (const number of spread(numbers, amount(1, numbers.length))) {
    const id = await prepare(victim.ask);
    await victim.killAt(number);
    const outcome = await act(victim.ask, id).then(
      () => after,
      () => undefined,
    );
    if (outcome === undefined) await victim.gone;
    else await victim.kill();
    kills += 1;
    victim = await server.start();
    const found = await look(victim.ask, id);
    const where = `${name}, killed ${steps[number - 1]} (step ${number} of ${steps.length}): ${found}`;
    const isCommitted = number === steps.length;
    if (outcome === undefined && found !== (isCommitted ? after : before)) halves.push(where);
    if (outcome !== undefined && found !== after) lost.push(where);
    damaged.push(...damages(server.dataDir).map((damage) => `${where}: ${JSON.stringify(damage)}`));
  }
});

test('the sum of it', () => {
  expectNone('Killed', 'writes that are there by halves, of SIGKILLs at their named steps', halves, kills, 60);
  expectNone('Killed', 'acknowledged writes lost, of SIGKILLs at their named steps', lost, kills, 60);
  expectNone('Killed', 'damages of the database, after SIGKILLs at named steps of writes', damaged, kills, 60);
  tell('Killed', 'SIGKILLs at named steps of writes', `${kills}`);
});
