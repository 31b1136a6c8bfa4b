/** Metrics and traces of one server. */
import { type TracingSettings, version } from '../config';
import type { Log } from '../log';
import { Metrics } from './metrics';
import { measureProcess } from './process-metrics';
import { Telemetry } from './telemetry';
import { createTracing } from './tracing';

export { Telemetry } from './telemetry';

/** To be closed after all that tells it of its work. */
export function createTelemetry(settings: TracingSettings | undefined, log: Log): Telemetry {
  const metrics = new Metrics();
  return new Telemetry(metrics, createTracing(settings, version(), log), measureProcess(metrics.registry));
}
