/** When credentials are refreshed: before they expire, spread out, and ever more slowly while the provider is in trouble. */

const SECOND = 1000;
/** How long before expiry at the latest, and at most which part of the lifetime before. */
const LEAD = { most: 300 * SECOND, part: 0.2 };
/** How much of the lead is spread at random, so that what was obtained together does not fall due together. */
const SPREAD = 0.5;
const FIRST_RETRY = 5 * SECOND;
const LAST_RETRY = 900 * SECOND;
const LONGEST_ASKED = 4 * LAST_RETRY;
/** How much later than a provider asked for, at most: all who were told the same would come back at once. */
const ASKED_SPREAD = 0.1;
/** How far off the next try can be, in milliseconds. */
export const LONGEST_RETRY = LONGEST_ASKED * (1 + ASKED_SPREAD);

/** When to refresh what was obtained at `now` and expires at `expiresAt`. `random`: 0 to 1. */
export function refreshTime(now: Date, expiresAt: Date, random: number): Date {
  const lead = Math.min(LEAD.most, (expiresAt.getTime() - now.getTime()) * LEAD.part);
  return new Date(expiresAt.getTime() - lead * (1 - SPREAD * random));
}

/**
 * When to try again after `failures` (1 or more) in a row: doubling, capped, with jitter; never sooner than the provider asked for
 * (`retryAfter`, in seconds), of which an hour is the most that is believed.
 */
export function retryTime(now: Date, failures: number, random: number, retryAfter: number | null): Date {
  const backoff = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (failures - 1)) * (0.5 + random / 2);
  const asked = Math.min((retryAfter ?? 0) * SECOND, LONGEST_ASKED) * (1 + ASKED_SPREAD * random);
  return new Date(now.getTime() + Math.max(backoff, asked));
}

interface Times {
  readonly expiresAt: Date | null;
  readonly nextRefreshAt: Date | null;
}

/** How long credentials must still live to be used without a refresh: the time a call may take to get there. */
const MARGIN = 10 * SECOND;

/**
 * Whether credentials can be used as they are. Those that live shorter than the margin altogether are used until their refresh is
 * due; so are those whose refresh failed and waits for its next try.
 */
export function isFresh({ expiresAt, nextRefreshAt }: Times, now: Date): boolean {
  if (expiresAt === null) return true;
  const end = expiresAt.getTime();
  return now.getTime() < Math.max(end - MARGIN, Math.min(nextRefreshAt?.getTime() ?? 0, end));
}
