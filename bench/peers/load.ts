/** The load: as many requests as are answered, or one after the other with the time that each of them took. */
import autocannon from 'autocannon';
import { Client } from 'undici';
import { answering } from './answering';

export interface Target {
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Sent one after the other, and again from the start. */
  readonly bodies: readonly string[];
}

interface Job {
  readonly target: Target;
  readonly seconds: number;
  readonly connections: number;
}

/** Requests answered in a second. */
async function throughput({ target, seconds, connections }: Job): Promise<number> {
  const { url, headers, bodies } = target;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: bodies.map((body) => ({ method: 'POST', headers, body })),
  });
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${url}: ${result.errors} errors and ${result.non2xx} refusals under load.`);
  return result['2xx'] / result.duration;
}

/** How long requests took, in milliseconds, when each connection sends the next one after the answer; at least three on each. */
async function latency({ target, seconds, connections }: Job): Promise<number[]> {
  const { origin, pathname } = new URL(target.url);
  const took: number[] = [];
  const until = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: connections }, async (_, offset) => {
      const client = new Client(origin);
      for (let count = 0; count < 3 || performance.now() < until; count++) {
        const body = target.bodies[(offset + count) % target.bodies.length];
        const began = performance.now();
        const answer = await client.request({ method: 'POST', path: pathname, headers: target.headers, body });
        await answer.body.text();
        took.push(performance.now() - began);
        if (answer.statusCode !== 200) throw new Error(`${target.url} answered ${answer.statusCode}.`);
      }
      await client.close();
    }),
  );
  return took;
}

/** Requests answered in a second by several at once. */
async function together({ jobs }: { jobs: readonly Job[] }): Promise<number> {
  const rates = await Promise.all(jobs.map(throughput));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

answering({ throughput, latency, together });
