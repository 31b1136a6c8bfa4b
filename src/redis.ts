/** Connections to Redis: they are made anew by themselves, and tell when it is away and when it is back. */
import { Redis } from 'ioredis';
import type { Log } from './log';

/** How long to wait before the next try to reach Redis, in milliseconds, by the number of tries. */
const retryStrategy = (times: number) => Math.min(times * 100, 2_000);

/** Connects; `without` says what it is like while Redis does not answer. */
export function connectRedis(url: string, log: Log, without: string): Redis {
  const client = new Redis(url, { retryStrategy, maxRetriesPerRequest: null, connectionName: 'grapnel' });
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
