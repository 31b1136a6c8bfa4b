/** A small collector of traces on loopback: it takes OTLP over HTTP as JSON, and keeps the spans. */
import { type PeerApi, type Received, startPeerApi } from '../support/peer-api';

export interface SpanSeen {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** opentelemetry/proto/trace/v1: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface Collector extends PeerApi {
  /** All that was sent so far. */
  spans(): SpanSeen[];
  /** The attributes of the resource that the spans are of. */
  resource(): Record<string, unknown>;
}

interface Attribute {
  readonly key: string;
  readonly value: Record<string, unknown>;
}

interface Body {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: Attribute[] };
    readonly scopeSpans: {
      readonly spans: (Omit<SpanSeen, 'status' | 'attributes'> & {
        readonly status?: { readonly code?: number };
        readonly attributes: Attribute[];
      })[];
    }[];
  }[];
}

const plain = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

export async function startCollector(): Promise<Collector> {
  const peer = await startPeerApi();
  const bodies = () => peer.received.map(({ body }: Received) => JSON.parse(`${body}`) as Body);
  return {
    ...peer,
    spans: () =>
      bodies()
        .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
        .flatMap(({ spans }) => spans)
        .map(({ traceId, spanId, parentSpanId, name, kind, status, attributes }) => ({
          traceId,
          spanId,
          parentSpanId: parentSpanId || undefined,
          name,
          kind,
          status: status?.code ?? 0,
          attributes: plain(attributes),
        })),
    resource: () => plain(bodies()[0]?.resourceSpans[0]?.resource.attributes ?? []),
  };
}
