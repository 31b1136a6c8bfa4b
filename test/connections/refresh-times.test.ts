/** When credentials are refreshed, tried again, and fresh: tables with both sides of each boundary. */
import { isFresh, refreshTime, retryTime } from '../../src/connections/refresh-times';

const now = new Date('2030-01-01T00:00:00.000Z');
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const secondsUntil = (moment: Date) => (moment.getTime() - now.getTime()) / 1000;

describe('what expires is refreshed before, by a fifth of its life or five minutes, whichever is less, spread over half of that', () => {
  test.each([
    // lifetime, random, refreshed after (all seconds)
    [3600, 0, 3300],
    [3600, 0.5, 3375],
    [3600, 1, 3450],
    [86_400, 0, 86_100],
    [86_400, 1, 86_250],
    [1501, 0, 1201],
    [1500, 0, 1200],
    [1499, 0, 1499 * 0.8],
    [900, 0, 720],
    [900, 1, 810],
    [60, 0, 48],
    [60, 1, 54],
    [1, 0, 0.8],
    [0, 0, 0],
    [0, 1, 0],
  ])('%d seconds of life, random %d: after %d', (life, random, after) => {
    expect(secondsUntil(refreshTime(now, inSeconds(life), random))).toBeCloseTo(after, 2);
  });

  test('what is over already is due already', () => {
    expect(refreshTime(now, inSeconds(-100), 0).getTime()).toBeLessThanOrEqual(now.getTime());
  });
});

describe('the next try comes after 5 seconds, then doubles up to 15 minutes; half of each wait is left to chance', () => {
  test.each([
    // failures in a row, least, most (seconds)
    [1, 2.5, 5],
    [2, 5, 10],
    [3, 10, 20],
    [4, 20, 40],
    [7, 160, 320],
    [8, 320, 640],
    [9, 450, 900],
    [10, 450, 900],
    [100, 450, 900],
    [5000, 450, 900],
  ])('after failure %d: %d to %d seconds', (failures, least, most) => {
    expect(secondsUntil(retryTime(now, failures, 0, null))).toBe(least);
    expect(secondsUntil(retryTime(now, failures, 1, null))).toBe(most);
  });
});

describe('never sooner than the provider asks for, of which an hour is believed, and up to a tenth later', () => {
  test.each([
    // Retry-After, failures, at random 0, at random 1 (seconds)
    [0, 1, 2.5, 5],
    [2, 1, 2.5, 5],
    [3, 1, 3, 5],
    [120, 1, 120, 132],
    [600, 9, 600, 900],
    [899, 9, 899, 988.9],
    [3599, 1, 3599, 3958.9],
    [3600, 1, 3600, 3960],
    [3601, 1, 3600, 3960],
    [999_999, 1, 3600, 3960],
  ])('Retry-After %d at failure %d: %d to %d seconds', (retryAfter, failures, least, most) => {
    expect(secondsUntil(retryTime(now, failures, 0, retryAfter))).toBeCloseTo(least, 2);
    expect(secondsUntil(retryTime(now, failures, 1, retryAfter))).toBeCloseTo(most, 2);
  });
});

describe('credentials are used as they are', () => {
  test.each([
    // seconds to live, seconds until the refresh (null: never), fresh
    ['without expiry, always', null, null, true],
    ['until ten seconds before their end', 10.001, -100, true],
    ['and not in the last ten seconds', 10, -100, false],
    ['nor when they are over', 0, -100, false],
    ['nor long after', -1000, -2000, false],
    ['until their refresh is due, should they live shorter than that', 2, 1, true],
    ['and not from then on', 2, 0, false],
    ['to their end, while the next try to refresh them waits for longer', 1, 600, true],
    ['and not after it, whatever the next try waits for', 0, 600, false],
    ['where nobody can renew them, by the same ten seconds', 11, null, true],
    ['where nobody can renew them, by the same ten seconds', 10, null, false],
  ])('%s (%p, %p)', (_name, life, refresh, fresh) => {
    const times = {
      expiresAt: life === null ? null : inSeconds(life),
      nextRefreshAt: refresh === null ? null : inSeconds(refresh),
    };
    expect(isFresh(times, now)).toBe(fresh);
  });
});
