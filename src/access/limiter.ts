/** How often something may happen in a minute: counted in the process, or in Redis for all processes together. */
import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { rateLimited } from '../errors';

/** The window that is counted in, in seconds. */
export const WINDOW_SECONDS = 60;

export interface Limiter {
  /** Counts `points` for `holder`. Throws RATE_LIMITED when that is more than its share of this minute. */
  take(holder: string, points?: number): Promise<void>;
}

export interface LimiterOptions {
  /** Tells limiters in one Redis apart. */
  readonly name: string;
  /** How many points a holder has for each minute; 0: no limit. */
  readonly limit: number;
  /** Whose limit it is and what of, as the message begins: `A key may make 6,000 requests`. */
  readonly sentence: string;
  /** Where all processes count together. While it cannot be reached, each counts for itself. */
  readonly redis?: Redis | undefined;
}

const unlimited: Limiter = { take: async () => undefined };

export function createLimiter(options: LimiterOptions): Limiter {
  const { limit, sentence } = options;
  if (limit === 0) return unlimited;
  const counter = counterOf(options);
  return {
    async take(holder, points = 1) {
      try {
        await counter.consume(holder, points);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
        throw rateLimited(`${sentence} a minute: try again in ${seconds} seconds.`, seconds);
      }
    },
  };
}

function counterOf({ name, limit: points, redis }: LimiterOptions): RateLimiterAbstract {
  const options = { keyPrefix: `grapnel:rate:${name}`, points, duration: WINDOW_SECONDS };
  const memory = new RateLimiterMemory(options);
  if (!redis) return memory;
  return new RateLimiterRedis({
    ...options,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: memory,
  });
}
