/** Load on a server, from a process of its own. */
import type { Target } from './peers/load';
import type { Child, Processes } from './processes';

export type { Target };

export class Load {
  private started: Child | undefined;

  constructor(private readonly processes: Processes) {}

  private get process(): Child {
    this.started ??= this.processes.peer('load');
    return this.started;
  }

  /** Requests answered in a second. Rejects when one of them is not. */
  throughput(target: Target, seconds: number, connections = 32): Promise<number> {
    return this.process.ask('throughput', { target, seconds, connections });
  }

  /** The same of several servers at once, in sum. */
  together(targets: readonly Target[], seconds: number, connections = 32): Promise<number> {
    const share = Math.ceil(connections / targets.length);
    return this.process.ask('together', {
      jobs: targets.map((target) => ({ target, seconds, connections: share })),
    });
  }

  /** How long requests took that were sent one after the other on each connection, in milliseconds. */
  latency(target: Target, seconds: number, connections = 1): Promise<number[]> {
    return this.process.ask('latency', { target, seconds, connections });
  }
}

/** The first answer of a target, which must be one without errors: what fails quickly would look fast. */
export async function firstAnswer({ url, headers, bodies }: Target): Promise<string> {
  const response = await fetch(url, { method: 'POST', headers, body: bodies[0] });
  const answer = await response.text();
  if (!response.ok || /"(errors|userErrors)":\[\{/.test(answer))
    throw new Error(`${url} answered ${response.status}: ${answer}`);
  return answer;
}
