/** Killed at any moment while many write: whatever was acknowledged before is there afterwards, and the database is whole. */
import { randomInt } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { revoke } from '../flows/grants';
import { begin } from '../support/oauth';
import { type Ask, dataOf } from '../support/server';
import { createConnection, createConnector, readyConnector, staticConfigs, staticCredentials } from '../support/story';
import { amount, expectNone, tell } from '../support/trust';
import { damages, inDatabase, type Lives, lives, type Victim } from './victim';

jest.setTimeout(1_200_000);

const WRITERS = 8;
/** After how many acknowledged writes, and then how many steps, a server is killed at most. */
const [MOST_WRITES, MOST_STEPS] = [40, 60];

let server: Lives;
let victim: Victim;

beforeAll(async () => {
  server = await lives();
  victim = await server.start();
});
afterAll(() => server.end());

/** What was acknowledged: the row that shows it, what that row must say, and in which column. */
interface Acknowledged {
  readonly table: string;
  readonly id: string;
  readonly column: string;
  readonly value: string;
}

let count = 0;

/** Does one thing after the other, as an application does, and says what was acknowledged as soon as it is. */
async function* work(ask: Ask): AsyncGenerator<Acknowledged> {
  const name = `Load ${++count}`;
  const draft = await createConnector(ask, { name: `Draft ${count}` });
  yield { table: 'connector', id: draft, column: 'stage', value: 'DRAFT' };
  const connector = await readyConnector(ask, { name, allowedHosts: ['api.example'] }, staticConfigs.basic);
  yield { table: 'connector', id: connector, column: 'stage', value: 'READY' };
  const one = await createConnection(ask, { connector: { id: connector }, name });
  yield { table: 'connection', id: one, column: 'name', value: name };
  const flow = await begin(ask, one, { credentials: staticCredentials.basic });
  yield { table: 'authorization_flow', id: flow.id, column: 'status', value: 'AUTHORIZED' };
  const query = `mutation { apiKeyCreate(input: { name: "${name}", role: VIEWER }) { apiKey { id } } }`;
  const { apiKey } = (await dataOf(ask(query))).apiKeyCreate;
  yield { table: 'api_key', id: apiKey.id, column: 'name', value: name };
  const other = await createConnection(ask, { connector: { id: connector }, name: `${name} to be revoked` });
  await begin(ask, other, { credentials: staticCredentials.basic });
  await revoke(ask, other);
  yield { table: 'connection', id: other, column: 'status', value: 'REVOKED' };
}

/** Many work until the server is killed; gives what was acknowledged by then. */
async function loadAndKill(): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  const news = new EventEmitter();
  const writers = Array.from({ length: WRITERS }, async () => {
    for (;;)
      for await (const one of work(victim.ask)) {
        acknowledged.push(one);
        news.emit('news');
      }
  });
  const all = Promise.allSettled(writers);
  for (const enough = randomInt(MOST_WRITES); acknowledged.length < enough; ) await once(news, 'news');
  // Half of them die between two steps, half wherever the signal finds them.
  if (randomInt(2) === 0) await victim.killAt(randomInt(1, MOST_STEPS)).catch(() => undefined);
  else await victim.kill();
  await victim.gone;
  const reasons = (await all).map((end) => (end.status === 'rejected' ? `${end.reason}` : 'none'));
  expect(reasons.filter((reason) => !/fetch failed|terminated|socket|other side closed/i.test(reason))).toEqual([]);
  return acknowledged;
}

function missing(acknowledged: readonly Acknowledged[]): string[] {
  return inDatabase(server.dataDir, (database) =>
    acknowledged.flatMap(({ table, id, column, value }) => {
      const found = database.prepare(`SELECT "${column}" FROM ${table} WHERE id = ?`).pluck().get(id);
      return found === value ? [] : [`${column} of ${id}: ${found} in place of ${value}`];
    }),
  );
}

/** Connections and their grants that do not agree: each authorization and revocation writes to both. */
function halves(): unknown[] {
  return inDatabase(server.dataDir, (database) =>
    database
      .prepare(
        `SELECT connection.id, connection.status, connection_grant.status AS kept FROM connection
         LEFT JOIN connection_grant ON connectionId = connection.id
         WHERE connection.status <> coalesce(connection_grant.status, 'UNAUTHORIZED')`,
      )
      .all(),
  );
}

test('at random, again and again on the same database', async () => {
  const lost: string[] = [];
  const damaged: unknown[] = [];
  let writes = 0;
  const kills = amount(3, 300);
  for (let kill = 0; kill < kills; kill += 1) {
    const acknowledged = await loadAndKill();
    writes += acknowledged.length;
    victim = await server.start();
    lost.push(...missing(acknowledged));
    damaged.push(...damages(server.dataDir), ...halves());
  }
  expectNone('Killed', 'acknowledged writes lost, of those made before 300 SIGKILLs at random', lost, writes, 4000);
  expectNone('Killed', 'damages of the database, after SIGKILLs at random under load', damaged, kills, 300);
  tell('Killed', 'SIGKILLs at random, and the writes acknowledged before them', `${kills}; ${writes}`);
});
