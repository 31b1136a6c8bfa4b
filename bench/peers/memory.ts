/** What a process holds once all that is garbage is gone. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** In bytes. Needs `--expose-gc`; twice and with a pause, for what finalizers and the allocator give back late. */
export async function memory(): Promise<Memory> {
  for (let time = 0; time < 3; time++) {
    globalThis.gc?.();
    await delay(100);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
