/** Figures of the process, under their usual names. The collector of prom-client would go on measuring when its server was closed. */
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

const NANOSECONDS = 1e9;
const DELAY_RESOLUTION_MS = 20;

/** Adds them to a registry; gives what ends the measuring. */
export function measureProcess(registry: Registry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });

  const startedAt = Date.now() / 1000 - process.uptime();
  gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', () => startedAt);
  gauge('process_resident_memory_bytes', 'Memory that the process occupies.', () => process.memoryUsage.rss());
  gauge('process_open_fds', 'File descriptors in use.', openFiles);
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'Heap set aside.', () => process.memoryUsage().heapTotal);

  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time used.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });

  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  gauge('nodejs_eventloop_lag_p99_seconds', 'How late the event loop was since the last time this was read.', () => {
    const lag = delay.percentile(99) / NANOSECONDS;
    delay.reset();
    return Math.max(0, lag - DELAY_RESOLUTION_MS / 1000);
  });

  const collections = new Counter({
    name: 'nodejs_gc_duration_seconds_total',
    help: 'Time spent collecting garbage.',
    registers,
  });
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collections.inc(duration / 1000);
  });
  observer.observe({ entryTypes: ['gc'] });

  return () => {
    delay.disable();
    observer.disconnect();
  };
}

/** Only Linux tells. */
function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return Number.NaN;
  }
}
