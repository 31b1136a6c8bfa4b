/** What is counted and measured, as Prometheus reads it. Every server has a registry of its own: several may run in one process. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BoundedNames } from './bounded-names';

/** Of how many connectors the link names stand in labels. */
const MAX_CONNECTORS = 500;

/** Stands in the place of a link name, as none has a hyphen, where a call was refused before its connector was found. */
const NOT_KNOWN = 'not-known';

const REQUEST_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
const UPSTREAM_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

/** Methods that have a value of their own; callers can make up any other. */
const methods = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

export interface HttpRequest {
  /** The kind of path, never the path itself. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** Counting is all that it does while requests are answered; what is expensive is read when somebody asks for the text. */
export class Metrics {
  readonly registry = new Registry();
  private readonly connectors = new BoundedNames(MAX_CONNECTORS);
  private readonly registers = [this.registry];

  private readonly httpRequests = new Counter({
    name: 'grapnel_http_requests_total',
    help: 'HTTP requests that were answered or given up, by kind of path, method and status.',
    labelNames: ['route', 'method', 'status'] as const,
    registers: this.registers,
  });
  private readonly httpSeconds = new Histogram({
    name: 'grapnel_http_request_duration_seconds',
    help: 'How long HTTP requests took, by kind of path; event streams last as long as somebody listens.',
    labelNames: ['route'] as const,
    buckets: REQUEST_BUCKETS,
    registers: this.registers,
  });
  private readonly operations = new Counter({
    name: 'grapnel_graphql_operations_total',
    help: 'GraphQL operations that were executed on any transport, by type and outcome: ok, refused (the caller was told why) or internal (our fault).',
    labelNames: ['type', 'outcome'] as const,
    registers: this.registers,
  });
  private readonly subscriptions = new Gauge({
    name: 'grapnel_subscriptions',
    help: 'Subscriptions under way, on any transport.',
    registers: this.registers,
  });
  private readonly invokes = new Counter({
    name: 'grapnel_invokes_total',
    help: `Calls of invokeUrl by connector (its link name; beyond ${MAX_CONNECTORS} of them all-others) and outcome: the class of the status, or the code of the refusal.`,
    labelNames: ['connector', 'outcome'] as const,
    registers: this.registers,
  });
  private readonly upstreamSeconds = new Histogram({
    name: 'grapnel_upstream_duration_seconds',
    help: 'How long third parties took to answer, or not to, by purpose (invoke, provider) and connector.',
    labelNames: ['purpose', 'connector'] as const,
    buckets: UPSTREAM_BUCKETS,
    registers: this.registers,
  });
  private readonly refreshes = new Counter({
    name: 'grapnel_refreshes_total',
    help: 'Refreshes of credentials by outcome: RENEWED, or the kind of failure.',
    labelNames: ['outcome'] as const,
    registers: this.registers,
  });
  private readonly flows = new Counter({
    name: 'grapnel_flows_total',
    help: 'Authorization flows that reached a status: AWAITING_CONFIRMATION, or one of the final ones.',
    labelNames: ['status'] as const,
    registers: this.registers,
  });

  httpRequest({ route, method, status, seconds }: HttpRequest): void {
    this.httpRequests.inc({ route, method: methods.has(method) ? method : 'other', status });
    this.httpSeconds.observe({ route }, seconds);
  }

  operation(type: string, outcome: 'ok' | 'refused' | 'internal'): void {
    this.operations.inc({ type, outcome });
  }

  /** Gives what is to be called when the subscription ends; calling it again does nothing. */
  subscriptionBegan(): () => void {
    this.subscriptions.inc();
    let isOver = false;
    return () => {
      if (!isOver) this.subscriptions.dec();
      isOver = true;
    };
  }

  /** `connector`: its link name; `undefined` when the call was refused before it was known. */
  invoke(connector: string | undefined, outcome: string): void {
    this.invokes.inc({ connector: this.label(connector), outcome });
  }

  upstream(purpose: 'invoke' | 'provider', connector: string, seconds: number): void {
    this.upstreamSeconds.observe({ purpose, connector: this.label(connector) }, seconds);
  }

  refresh(outcome: string): void {
    this.refreshes.inc({ outcome });
  }

  flow(status: string): void {
    this.flows.inc({ status });
  }

  /** A figure that is read each time somebody asks; while it cannot be read, it is left out. */
  figure(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: this.registers,
      async collect() {
        try {
          this.set(await read());
        } catch {
          this.remove();
        }
      },
    });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  private label(connector: string | undefined): string {
    return connector === undefined ? NOT_KNOWN : this.connectors.of(connector);
  }
}
