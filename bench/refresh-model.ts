/** The refreshes of very many connections, second by second: tokens that expire, providers with limits and outages, a sweeper's slots. */
import { refreshTime, retryTime } from '../src/connections/refresh-times';
import { Queues } from './queues';

export interface ProviderLoad {
  readonly name: string;
  /** How many tokens it issued. */
  readonly tokens: number;
  /** How many refreshes it grants in a second; it refuses the rest. */
  readonly limit: number;
  /** How long it takes to answer, in seconds. */
  readonly latency: number;
  /** In how many seconds, until the beginning, all of them were obtained; left out: ever since. */
  readonly within?: number;
  /** When it renews nothing, and how long a try takes then: the time until it refuses, or until we give up. */
  readonly outage?: { readonly from: number; readonly to: number; readonly latency: number };
}

export interface Policy {
  /** How many tries all processes together have under way at most. */
  readonly slots: number;
  /** How many of them may be with one provider. */
  readonly perProvider: number;
  /** Whether the tries with a provider are a tenth fewer after a second in which it refused or failed one, and grow by a fiftieth after one in which it did not. */
  readonly adapts: boolean;
  /** How many tokens all processes together look up at a time, where the next look has to wait for the last answer; 0: it does not. */
  readonly round: number;
  readonly hasJitter: boolean;
  /** Without it, what failed is always tried again after the first pause. */
  readonly hasBackoff: boolean;
}

export interface Scenario {
  readonly providers: readonly ProviderLoad[];
  /** How long tokens live, in seconds, and which part of them. */
  readonly lifetimes: readonly (readonly [seconds: number, part: number])[];
  readonly policy: Policy;
  /** How long to look, in seconds. */
  readonly seconds: number;
  /** How many tokens go together, for speed. */
  readonly weight: number;
  readonly random: () => number;
}

/** What happened at one provider; all but `rates` and `unusable` count tokens or tries of the whole time. */
export interface Figures {
  readonly name: string;
  /** Times that a token fell due. */
  due: number;
  refreshed: number;
  /** Tries beyond the provider's limit. */
  refused: number;
  /** Tries during the outage. */
  failed: number;
  /** Tokens that expired before they were renewed, and by how many seconds at most. */
  late: number;
  latest: number;
  /** Tokens that fell due and were not renewed yet, at the end. */
  waiting: number;
  /** Tries in each second, whatever came of them. */
  readonly tries: Float64Array;
  /** Tokens renewed in each second. */
  readonly renewed: Float64Array;
  /** Tokens that have expired and are not renewed, in each second. */
  readonly unusable: Float64Array;
}

export function simulate(scenario: Scenario): Figures[] {
  const { providers, lifetimes, policy, seconds, weight, random } = scenario;
  const particlesOf = providers.map(({ tokens }) => Math.round(tokens / weight));
  const particles = particlesOf.reduce((sum, count) => sum + count, 0);
  const figures = providers.map(({ name }) => figuresOf(name, seconds));
  const providerOf = new Uint16Array(particles);
  const lifetimeOf = new Float64Array(particles);
  const expiresAt = new Float64Array(particles);
  const failures = new Uint8Array(particles);
  const isWaiting = new Uint8Array(particles);
  // One queue for each second in which something falls due, and behind them those of what is due.
  const queues = new Queues(particles, seconds + providers.length + 1);
  const dueAt = (provider: number) => seconds + (policy.perProvider < policy.slots ? provider : 0);
  const roundQueue = seconds + providers.length;

  const chance = () => (policy.hasJitter ? random() : 0);
  const schedule = (particle: number, at: number) => {
    const second = Math.ceil(at);
    if (second < seconds) queues.add(second, particle);
  };
  const renew = (particle: number, now: number) => {
    expiresAt[particle] = now + lifetimeOf[particle]!;
    return refreshTime(new Date(now * 1000), new Date(expiresAt[particle]! * 1000), chance()).getTime() / 1000;
  };

  // As if it had always been so: each token is at some moment between its last refresh and its next.
  let particle = 0;
  for (const [provider, count] of particlesOf.entries())
    for (let index = 0; index < count; index++, particle++) {
      providerOf[particle] = provider;
      lifetimeOf[particle] = drawn(lifetimes, (index + 0.5) / count);
      const due = renew(particle, 0);
      const age = random() * Math.min(due, providers[provider]!.within ?? due);
      expiresAt[particle]! -= age;
      schedule(particle, due - age);
    }

  /** Slots with tries that last longer than a second, until when. */
  const held = providers.map(() => 0);
  const released = providers.map(() => new Float64Array(seconds + 60));
  const allowance = providers.map(() => policy.perProvider);
  let debt = 0;
  let inRound = 0;

  for (let now = 0; now < seconds; now++) {
    for (let due = queues.take(now); due !== -1; due = queues.take(now)) {
      const provider = providerOf[due]!;
      if (isWaiting[due] === 0) figures[provider]!.due += weight;
      isWaiting[due] = 1;
      queues.add(dueAt(provider), due);
    }
    for (const [provider, releases] of released.entries()) held[provider]! -= releases[now]!;
    const allHeld = held.reduce((sum, count) => sum + count, 0);
    let free = policy.slots - allHeld - debt;
    const granted = providers.map(() => 0);
    const isRefusing = providers.map(() => false);

    const attempt = (candidate: number): number => {
      const provider = providerOf[candidate]!;
      const { limit, outage, latency } = providers[provider]!;
      const told = figures[provider]!;
      const isOut = outage !== undefined && now >= outage.from && now < outage.to;
      const took = isOut ? outage.latency : latency;
      told.tries[now]! += weight;
      if (took >= 1) {
        held[provider]! += weight;
        released[provider]![Math.min(now + Math.round(took), seconds + 59)]! += weight;
      }
      if (!isOut && granted[provider]! + weight <= limit) {
        granted[provider]! += weight;
        told.refreshed += weight;
        told.renewed[now]! += weight;
        settle(told, expiresAt[candidate]!, now, weight);
        failures[candidate] = 0;
        isWaiting[candidate] = 0;
        schedule(candidate, Math.max(renew(candidate, now), now + 1));
      } else {
        told[isOut ? 'failed' : 'refused'] += weight;
        isRefusing[provider] = true;
        failures[candidate] = Math.min(failures[candidate]! + 1, 200);
        const nth = policy.hasBackoff ? failures[candidate]! : 1;
        const end = new Date((now + took) * 1000);
        schedule(candidate, Math.max(retryTime(end, nth, chance(), null).getTime() / 1000, now + 1));
      }
      return weight * (took >= 1 ? 1 : took);
    };

    if (policy.round > 0 && inRound === 0 && allHeld === 0)
      for (; inRound < policy.round; inRound += weight) {
        const taken = queues.take(seconds);
        if (taken === -1) break;
        queues.add(roundQueue, taken);
      }
    if (policy.round > 0)
      while (free > 0 && inRound > 0) {
        free -= attempt(queues.take(roundQueue));
        inRound -= weight;
      }
    else if (policy.perProvider < policy.slots)
      // In turns, beginning with another one each second, so that none is always last.
      for (let turn = 0; turn < providers.length; turn++) {
        const provider = (now + turn) % providers.length;
        let own = allowance[provider]! - held[provider]!;
        for (let next = 0; own > 0 && free > 0; ) {
          next = queues.take(seconds + provider);
          if (next === -1) break;
          const used = attempt(next);
          own -= used;
          free -= used;
        }
        if (policy.adapts) {
          const least = weight * providers[provider]!.latency;
          const grown = Math.min(allowance[provider]! * 1.02, policy.perProvider);
          allowance[provider] = isRefusing[provider] ? Math.max(allowance[provider]! * 0.9, least) : grown;
        }
      }
    else
      for (let next = 0; free > 0; ) {
        next = queues.take(seconds);
        if (next === -1) break;
        free -= attempt(next);
      }
    debt = Math.max(-free, 0);
  }

  for (let index = 0; index < particles; index++) {
    const told = figures[providerOf[index]!]!;
    if (isWaiting[index] === 1) told.waiting += weight;
    settle(told, expiresAt[index]!, seconds, weight);
  }
  for (const { unusable } of figures)
    for (let second = 1; second < seconds; second++) unusable[second]! += unusable[second - 1]!;
  return figures;
}

/** Notes a token that is renewed at `now`, or was not until then: whether it had expired. `unusable` holds changes so far. */
function settle(told: Figures, expiresAt: number, now: number, weight: number): void {
  if (expiresAt >= now) return;
  told.late += weight;
  told.latest = Math.max(told.latest, now - expiresAt);
  told.unusable[Math.max(Math.ceil(expiresAt), 0)]! += weight;
  if (now < told.unusable.length) told.unusable[now]! -= weight;
}

function figuresOf(name: string, seconds: number): Figures {
  const counts = { due: 0, refreshed: 0, refused: 0, failed: 0, late: 0, latest: 0, waiting: 0 };
  const series = () => new Float64Array(seconds);
  return { name, ...counts, tries: series(), renewed: series(), unusable: series() };
}

/** The value at a place from 0 to 1 in what is distributed by `parts`. */
function drawn(parts: Scenario['lifetimes'], place: number): number {
  let sum = 0;
  for (const [value, part] of parts) {
    sum += part;
    if (place < sum) return value;
  }
  return parts.at(-1)![0];
}
