/** The relay by Redis: one channel for all processes. While Redis is away, what is told waits; what was missed is read from the database. */
import { randomUUID } from 'node:crypto';
import { createRedisEventTarget } from '@graphql-yoga/redis-event-target';
import type { Redis } from 'ioredis';
import type { Log } from '../log';
import { parseUrl } from '../parse-url';
import { connectRedis } from '../redis';
import type { Told } from './happening';
import type { Relay } from './relay';

interface Letter {
  /** The process that wrote it, which has told its own subscribers already. */
  readonly from: string;
  readonly told: Told;
}

/** How many letters may wait for Redis to come back: beyond, they are left to the database. */
const WAITING_LIMIT = 10_000;

export function redisRelay(url: string, log: Log): Relay {
  const self = randomUUID();
  // Channels know nothing of the databases of a Redis server, so that the number stands in the name.
  const channel = `grapnel:${parseUrl(url)?.pathname.slice(1) || '0'}:events`;
  const connect = () => connectRedis(url, log, 'events of other processes come later, from the database');
  const [publisher, subscriber] = [connect(), connect()];
  let waiting = 0;
  const target = createRedisEventTarget<CustomEvent<Letter>>({
    // What the library does not wait for fails when the server stops, and must not end the process as an unhandled rejection.
    publishClient: {
      publish(topic: string, text: string) {
        if (waiting >= WAITING_LIMIT) return;
        waiting += 1;
        const done = () => {
          waiting -= 1;
        };
        publisher.publish(topic, text).then(done, done);
      },
    } as unknown as Redis,
    subscribeClient: {
      on: (event: 'message', listener: (topic: string, text: string) => void) => subscriber.on(event, listener),
      subscribe: (topic: string) => void subscriber.subscribe(topic).catch(() => undefined),
      unsubscribe: (topic: string) => void subscriber.unsubscribe(topic).catch(() => undefined),
    } as unknown as Redis,
  });
  return {
    tell(told) {
      target.dispatchEvent(new CustomEvent(channel, { detail: { from: self, told } }));
    },
    listen(hear) {
      target.addEventListener(channel, ({ detail: { from, told } }) => {
        if (from !== self) hear(told);
      });
    },
    async close() {
      for (const client of [publisher, subscriber]) client.disconnect();
    },
  };
}
