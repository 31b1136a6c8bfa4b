/** Connections to Redis: they are made anew by themselves, and tell when it is away and when it is back. */
import { Redis, type RedisOptions } from 'ioredis';
import type { Log } from './log';

/** How long to wait before the next try to reach Redis, in milliseconds, by the number of tries. */
const retryStrategy = (times: number) => Math.min(times * 100, 2_000);

/** For whom a late answer is worth nothing: what is asked fails when Redis goes away, and when it stands still for a second. */
export const IMPATIENT: RedisOptions = { maxRetriesPerRequest: 0, socketTimeout: 1000 };

/** Connects; `without` says what it is like while Redis does not answer. What is asked waits for Redis, unless `options` say otherwise. */
export function connectRedis(url: string, log: Log, without: string, options: RedisOptions = {}): Redis {
  const usual = { retryStrategy, maxRetriesPerRequest: null, connectionName: 'grapnel' };
  const client = new Redis(url, { ...usual, ...options });
  let isAway = false;
  client.on('error', (err) => {
    if (!isAway) log.warn({ err }, `Redis does not answer: ${without}.`);
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) log.info('Redis answers again.');
    isAway = false;
  });
  return client;
}
