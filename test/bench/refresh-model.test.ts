/** The model behind the simulation of refreshes: what falls due is renewed or waits, the rates are those of arithmetic, and outages end. */
import { type Figures, type Policy, type Scenario, simulate } from '../../bench/refresh-model';
import { drained, lifetimes, providersOf, seeded } from '../../bench/refresh-simulation';

const policy: Policy = {
  slots: 1000,
  perProvider: 125,
  round: 0,
  adapts: false,
  hasJitter: true,
  hasBackoff: true,
};

/** Two providers of a hundred thousand tokens each that live for an hour, where the first has an outage of ten minutes. */
const scenario = (more: Partial<Scenario> = {}, latency = 0.05, limit = 200): Scenario => ({
  providers: [
    { name: 'out', tokens: 100_000, limit, latency: 0.05, outage: { from: 600, to: 1200, latency } },
    { name: 'in', tokens: 100_000, limit, latency: 0.05 },
  ],
  lifetimes: [[3600, 1]],
  policy,
  seconds: 7200,
  weight: 10,
  random: seeded(7),
  ...more,
});

const sum = (series: Float64Array) => series.reduce((all, one) => all + one, 0);

function two(given: Scenario): [Figures, Figures] {
  const [out, other] = simulate(given);
  if (!out || !other) throw new Error('There are two providers.');
  return [out, other];
}

test.each([
  ['shared slots', { ...policy, perProvider: 1000 }, 0.05],
  ['shared slots, in rounds', { ...policy, perProvider: 1000, round: 5000 }, 20],
  ['slots for each provider', policy, 20],
  ['slots for each provider, adapting', { ...policy, adapts: true }, 0.05],
  ['no jitter and no back-off', { ...policy, hasJitter: false, hasBackoff: false }, 0.05],
])('what falls due is renewed or waits, and every try is renewed, refused or failed: %s', (_, given, latency) => {
  for (const told of simulate(scenario({ policy: given }, latency))) {
    expect(told.due).toBe(told.refreshed + told.waiting);
    expect(sum(told.tries)).toBe(told.refreshed + told.refused + told.failed);
    expect(sum(told.renewed)).toBe(told.refreshed);
    expect(told.due).toBeGreaterThan(100_000);
  }
});

test('without an outage tokens are renewed as often as their times say, never late, and nothing waits', () => {
  const [, other] = two(scenario());
  // Of an hour, 300 seconds less half of what is spread of them on average: 3600 - 300 * (1 - 0.5 / 2) = 3375.
  const rate = 100_000 / 3375;
  expect(other.refreshed / 7200 / rate).toBeCloseTo(1, 1);
  expect([other.late, other.refused, other.failed]).toEqual([0, 0, 0]);
  expect(other.waiting).toBeLessThan(rate * 3);
});

test('a provider never renews more than its limit in a second', () => {
  const [out, other] = two(scenario({}, 0.05, 50));
  for (const { renewed } of [out, other]) expect(Math.max(...renewed)).toBeLessThanOrEqual(50);
  expect(Math.max(...out.renewed)).toBe(50);
  expect(out.refused).toBeGreaterThan(0);
});

test('nothing is renewed in an outage, and after it all that waited is', () => {
  const [out] = two(scenario());
  expect(sum(out.renewed.subarray(600, 1200))).toBe(0);
  // Those whose lead is over: 600 seconds but the time that is left to a token that falls due, 150 to 300 of an hour's.
  const rate = 100_000 / 3375;
  expect(out.late).toBeGreaterThan(rate * (600 - 300));
  expect(out.late).toBeLessThan(rate * 600 * 1.2);
  expect(out.unusable.at(-1)).toBe(0);
  const last = out.unusable.findLastIndex((count) => count > 0);
  // The longest pause after ten minutes of failures, 900 seconds at most, and what the limit makes of it.
  expect(last).toBeLessThan(1200 + 900);
});

test('a provider that does not answer holds up the others where slots are shared, and does not where each has its own', () => {
  const small = { slots: 30, round: 0 };
  const [, starved] = two(scenario({ policy: { ...policy, ...small, perProvider: 30 } }, 20));
  const [, spared] = two(scenario({ policy: { ...policy, ...small, perProvider: 10 } }, 20));
  expect(starved.late).toBeGreaterThan(1000);
  expect(spared.late).toBe(0);
});

test('the load of the simulation is a hundred million tokens, of which the biggest provider can take its own', () => {
  const providers = providersOf(20);
  expect(providers.reduce((all, { tokens }) => all + tokens, 0)).toBe(100_000_000);
  expect(lifetimes.reduce((all, [, part]) => all + part, 0)).toBeCloseTo(1);
  // The lead of 900 seconds is a fifth, 180, of which an eighth is spread: 900 - 135; that of a day is 300.
  const perToken = 0.8 / 3375 + 0.1 / 765 + 0.1 / (86_400 - 225);
  for (const { tokens, limit } of providers) expect(tokens * perToken).toBeLessThan(limit * 0.75);
});

test('the time until all is well again is counted from the end of the outage', () => {
  const unusable = new Float64Array(10_000);
  unusable.fill(5, 2000, 5000);
  expect(drained({ unusable } as Figures)).toBe(5000 - 4800);
  expect(drained({ unusable } as Figures, 5)).toBe(0);
});
