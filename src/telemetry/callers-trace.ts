/** The trace that a caller's request belongs to: the headers of W3C Trace Context, read into a context; loaded with tracing only. */
import { type Context, createTraceState, isSpanContextValid, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { CallersTrace } from './tracing';

/** W3C Trace Context section 3.2: version 00 ends with its flags, later ones may go on; version ff is none. */
const traceparentForm = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_STATE = 512;

/** A context in which spans belong to the caller's trace; one of its own where the header says nothing that can be used. */
export function contextOfCaller({ traceparent, tracestate }: CallersTrace): Context {
  const [, version, traceId = '', spanId = '', flags = '', more] = traceparentForm.exec(traceparent ?? '') ?? [];
  if (version === '00' && more !== undefined) return ROOT_CONTEXT;
  const spanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    // Section 3.3.1.5: what is longer than 512 characters need not be passed on.
    ...(tracestate && tracestate.length <= MAX_STATE && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}
