/** A hundred million connections, an hour's outage of their biggest provider and the wave after it, with several policies: prints a table. */
import { type Figures, type Policy, type ProviderLoad, type Scenario, simulate } from './refresh-model';

const HOUR = 3600;
const OUTAGE = { from: 1200, to: 1200 + HOUR };
/** How long we wait for a provider that does not answer, in seconds. */
const GIVE_UP = 20;
const LATENCY = 0.05;
const LIMIT = 5000;
const MILLION = 1_000_000;

/** One provider of ten million tokens, nine of five, forty-five of one. */
export function providersOf(outageLatency: number, limit = LIMIT): ProviderLoad[] {
  const some = (count: number, kind: string, tokens: number) =>
    Array.from({ length: count }, (_, index) => ({
      name: `${kind} ${index + 1}`,
      tokens,
      limit,
      latency: LATENCY,
    }));
  const biggest = some(1, 'biggest', 10 * MILLION).map((it) => ({
    ...it,
    outage: { ...OUTAGE, latency: outageLatency },
  }));
  return [...biggest, ...some(9, 'big', 5 * MILLION), ...some(45, 'small', MILLION)];
}

/** Tokens live an hour mostly. */
export const lifetimes: Scenario['lifetimes'] = [
  [HOUR, 0.8],
  [900, 0.1],
  [24 * HOUR, 0.1],
];

const SLOTS = 6400;
const fair: Policy = {
  slots: SLOTS,
  perProvider: SLOTS / 8,
  adapts: false,
  round: 0,
  hasJitter: true,
  hasBackoff: true,
};

interface Run {
  readonly title: string;
  readonly policy: Policy;
  /** How long a try takes during the outage, in seconds. */
  readonly outage: number;
  readonly limit?: number;
}

const runs: readonly Run[] = [
  { title: 'rounds, shared slots; silence', outage: GIVE_UP, policy: { ...fair, perProvider: SLOTS, round: 100_000 } },
  { title: 'shared slots; silence', outage: GIVE_UP, policy: { ...fair, perProvider: SLOTS } },
  { title: 'an eighth each; silence', outage: GIVE_UP, policy: fair },
  { title: 'an eighth each, adapting; silence', outage: GIVE_UP, policy: { ...fair, adapts: true } },
  { title: 'an eighth each; refusal', outage: LATENCY, policy: fair },
  { title: 'an eighth each, adapting; refusal', outage: LATENCY, policy: { ...fair, adapts: true } },
  { title: 'an eighth each, no jitter; refusal', outage: LATENCY, policy: { ...fair, hasJitter: false } },
  { title: 'an eighth each, no back-off; refusal', outage: LATENCY, policy: { ...fair, hasBackoff: false } },
  { title: 'an eighth each; refusal; twice the limit', outage: LATENCY, policy: fair, limit: 2 * LIMIT },
  {
    title: 'an eighth each, adapting; refusal; twice the limit',
    outage: LATENCY,
    policy: { ...fair, adapts: true },
    limit: 2 * LIMIT,
  },
];

/** Pseudo-random (mulberry32), so that each run sees the same tokens. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const sum = (of: readonly Figures[], what: (figures: Figures) => number) => of.reduce((all, one) => all + what(one), 0);

/** The highest mean of a minute. */
function peak(series: Float64Array, from = 0): number {
  let most = 0;
  for (let start = from; start + 60 <= series.length; start += 10)
    most = Math.max(most, series.subarray(start, start + 60).reduce((all, one) => all + one, 0) / 60);
  return most;
}

const mean = (series: Float64Array, from: number, to: number) =>
  series.subarray(from, to).reduce((all, one) => all + one, 0) / (to - from);

/** How many seconds after the outage all tokens of a provider were usable again. */
export function drained({ unusable }: Figures, but = 0): number | undefined {
  const last = unusable.findLastIndex((count) => count > but + 0.5);
  return last === unusable.length - 1 ? undefined : Math.max(last + 1 - OUTAGE.to, 0);
}

const number = (value: number) => Math.round(value).toLocaleString('en-US');

function outages(): void {
  console.log(
    '| policy | mean/s | biggest: expired in the outage | minutes until 50, 90, 99, 99.9 % are usable | peak renewals/s (÷ mean) | tries per renewal in the wave | peak tries/s | others: expired | late at most |',
  );
  console.log(`|${'---|'.repeat(9)}`);
  for (const { title, policy, outage, limit } of runs) {
    const scenario = { providers: providersOf(outage, limit), lifetimes, policy, seconds: 5 * HOUR, weight: 500 };
    const [biggest, ...others] = simulate({ ...scenario, random: seeded(1) });
    if (!biggest) throw new Error('There is a biggest provider.');
    const before = mean(biggest.renewed, 0, OUTAGE.from);
    const all = before + sum(others, ({ renewed }) => mean(renewed, 0, OUTAGE.from));
    const end = drained(biggest);
    const wave: [number, number] = [OUTAGE.to, OUTAGE.to + (end ?? HOUR)];
    const effort = mean(biggest.tries, ...wave) / mean(biggest.renewed, ...wave);
    const most = peak(biggest.renewed, OUTAGE.to);
    const latest = Math.max(...others.map(({ latest }) => latest));
    const after = [0.5, 0.1, 0.01, 0.001].map((part) => {
      const at = drained(biggest, part * 10 * MILLION);
      return at === undefined ? 'never' : number(at / 60);
    });
    console.log(
      `| ${title} | ${number(all)} | ${number(biggest.late)} | ${after.join(', ')} | ${number(most)} (${(most / before).toFixed(2)}) | ${effort.toFixed(2)} | ${number(peak(biggest.tries))} | ${number(sum(others, ({ late }) => late))} | ${number(latest)} s |`,
    );
  }
}

/** Five million connections made within a minute, all for an hour: how many renewals a second there are at most, an hour later and later still. */
function together(): void {
  const rounds = [1, 2, 4, 8];
  console.log(`\n| made within a minute | ${rounds.map((round) => `round ${round}: peak/s`).join(' | ')} |`);
  console.log(`|${'---|'.repeat(rounds.length + 1)}`);
  for (const hasJitter of [true, false]) {
    const provider = { name: 'busy', tokens: 5 * MILLION, limit: Infinity, latency: LATENCY, within: 60 };
    const policy = { ...fair, slots: MILLION, perProvider: MILLION, hasJitter };
    const scenario = { providers: [provider], policy, seconds: 9 * HOUR, weight: 500, random: seeded(1) };
    const [told] = simulate({ ...scenario, lifetimes: [[HOUR, 1]] });
    // Each falls due after 3,300 seconds without jitter, 3,375 on average with it.
    const period = hasJitter ? 3375 : 3300;
    const peaks = rounds.map((round) => peak(told!.renewed.subarray((round - 0.5) * period, (round + 0.5) * period)));
    console.log(`| ${hasJitter ? 'with' : 'without'} jitter | ${peaks.map(number).join(' | ')} |`);
  }
}

if (require.main === module) {
  outages();
  together();
}
