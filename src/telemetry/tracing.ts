/** Traces: spans of what is done and for how long. Where no settings ask for them, nothing of OpenTelemetry is loaded. */
import type { TracingSettings } from '../config';
import type { Log } from '../log';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** The trace that a caller's request belongs to (W3C Trace Context), as its headers say. */
export interface CallersTrace {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

export interface SpanFacts {
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  /** Never a secret, a value of a variable, or a URL with its path and query. */
  readonly attributes: Attributes;
  /** Absent: the span that is under way, if there is one. */
  readonly caller?: CallersTrace;
}

/** Adds to the span what became known meanwhile. */
export type Note = (attributes: Attributes) => void;

export interface Tracing {
  /** Does `work` in a span, which ends with it. An error that is thrown ends it as failed, with its name and nothing else of it. */
  span<T>(facts: SpanFacts, work: (note: Note) => Promise<T>): Promise<T>;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}

const ignore: Note = () => undefined;

export const noTracing: Tracing = { span: (_facts, work) => work(ignore), close: async () => undefined };

/** What the settings ask for; without an endpoint to send traces to, `noTracing`. */
export function createTracing(settings: TracingSettings | undefined, version: string, log: Log): Tracing {
  if (!settings) return noTracing;
  // Loaded here and not above: whoever does not trace shall not pay for it.
  const { startTracing } = require('./otlp-tracing') as typeof import('./otlp-tracing');
  return startTracing(settings, version, log);
}
