/** Tracing by OpenTelemetry, with nothing global: a tracer and a context of its own for each server; loaded with tracing only. */
import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { TracingSettings } from '../config';
import type { Log } from '../log';
import { contextOfCaller } from './callers-trace';
import { otlpExporter } from './otlp-exporter';
import type { Attributes, SpanFacts, Tracing } from './tracing';

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/** Semantic conventions for HTTP spans: from which status on a server's or a client's span has failed. */
const failsFrom = { server: 500, client: 400, internal: Number.POSITIVE_INFINITY };

/** How long a stop waits for the collector, in milliseconds. */
const PATIENCE = 5_000;

export function startTracing(settings: TracingSettings, version: string, log: Log): Tracing {
  const contexts = new AsyncLocalStorageContextManager().enable();
  const provider = new BasicTracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': settings.serviceName, 'service.version': version }),
    ),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor(otlpExporter(settings, log))],
  });
  const tracer = provider.getTracer('grapnel', version);

  async function inSpan<T>(facts: SpanFacts, work: Parameters<Tracing['span']>[1]): Promise<T> {
    const { name, kind, attributes, caller } = facts;
    const parent = caller ? contextOfCaller(caller) : contexts.active();
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes: { ...attributes } }, parent);
    try {
      return (await contexts.with(trace.setSpan(parent, span), () => work((more) => note(span, kind, more)))) as T;
    } catch (error) {
      // Messages are for callers and logs; a span gets the name only.
      span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  async function close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE);
    });
    await Promise.race([provider.shutdown(), patience]).catch(() => undefined);
    clearTimeout(timer);
    contexts.disable();
  }

  return { span: inSpan, close };
}

function note(span: Span, kind: SpanFacts['kind'], attributes: Attributes): void {
  span.setAttributes({ ...attributes });
  if (Number(attributes['http.response.status_code']) >= failsFrom[kind])
    span.setStatus({ code: SpanStatusCode.ERROR });
}

function samplerOf({ sampler, samplerArg }: TracingSettings): Sampler {
  const [, parentBased, name] = /^(parentbased_)?(.*)$/.exec(sampler) ?? [];
  const root: Sampler =
    name === 'always_off'
      ? new AlwaysOffSampler()
      : name === 'traceidratio'
        ? new TraceIdRatioBasedSampler(samplerArg)
        : new AlwaysOnSampler();
  return parentBased ? new ParentBasedSampler({ root }) : root;
}
