/** What others notice of an attack: how long their requests take while somebody floods the server with what costs most. */
import { createKey } from '../../support/keys';
import { startTestServer, type TestServer } from '../../support/server';
import { amount, expectNone, tell } from '../../support/trust';
import { CHAPTER, isOurFault, type Told, ways } from './ways';

let server: TestServer;
let benign: string;
let attacker: string;

beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT: '6000', LOG_LEVEL: 'silent' } });
  benign = (await createKey(server.ask, 'ADMIN')).secret;
  attacker = (await createKey(server.ask, 'ADMIN')).secret;
});
afterAll(async () => {
  await server.remove();
});

const aliased = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
/** What costs most: of what is answered, just below each limit, and of what is refused, with as much work as can be had before. */
const attacks: readonly (readonly [string, object?])[] = [
  [
    '{ __schema { types { name fields { name args { name type { name } } type { fields { name type { name } } } } } } }',
  ],
  [`{ ${aliased(50, 'connections(first: 100) { totalCount nodes { id } }')} }`],
  [`{ ${'viewer { role } '.repeat(2_400)} }`],
  [`{ connections { nodes { ${'id '.repeat(4_900)} } } }`],
  [`{ __type(name: "Query") { ${aliased(4_000, 'name')} } }`],
  ['mutation ($ids: [ID!]!) { scopesDelete(ids: $ids) { userErrors { code } } }', { ids: Array(500_000).fill('x') }],
  [`{ ${'ofType { '.repeat(1_000)} name ${'}'.repeat(1_000)} }`],
];

const p99 = (times: readonly number[]) =>
  [...times].sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1]?.toFixed(0) ?? '';

/** How long each of `count` benign requests takes, in milliseconds, one after the other. */
async function measure(count: number, told: Told[]): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const begun = performance.now();
    told.push(await ways.HTTP(server, benign, '{ viewer { role } connections(first: 20) { nodes { id status } } }'));
    times.push(performance.now() - begun);
  }
  return times;
}

test('honest requests are answered while another key attacks on every transport', async () => {
  const told: Told[] = [];
  const attacked: Told[] = [];
  const count = amount(5, 200);
  await measure(5, told);
  const alone = await measure(count, told);
  let isOver = false;
  const flood = async (way: keyof typeof ways, first: number) => {
    for (let turn = first; !isOver; turn++) {
      const [query, variables] = attacks[turn % attacks.length] as (typeof attacks)[number];
      attacked.push(await ways[way](server, attacker, query, variables));
    }
  };
  const floods = (['HTTP', 'WebSocket', 'SSE'] as const).map((way, index) => flood(way, 2 * index));
  const under = await measure(count, told);
  isOver = true;
  await Promise.all(floods);
  tell(CHAPTER, 'benign p99 alone', `${p99(alone)} ms`);
  tell(CHAPTER, 'benign p99 while attacked', `${p99(under)} ms (${attacked.length} attacks beside ${count} requests)`);
  const limited = attacked.filter(({ codes, closed }) => codes.includes('RATE_LIMITED') || closed?.[0] === 1013);
  tell(CHAPTER, 'attacks that the limit of requests ended', `${limited.length} of ${attacked.length}`);
  expectNone(
    CHAPTER,
    'honest requests not answered while attacked',
    told.filter(({ codes }) => codes.length > 0),
    told.length,
  );
  expectNone(CHAPTER, 'attacks answered 5xx', attacked.filter(isOurFault), attacked.length);
  expect(attacked.length).toBeGreaterThan(0);
}, 600_000);
