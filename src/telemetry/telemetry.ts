/** What the rooms of the house tell of their work: each fact is counted and, where traces are wanted, put into a span. */
import { Refused } from '../errors';
import { Metrics } from './metrics';
import { type CallersTrace, type Note, noTracing, type Tracing } from './tracing';

/** One request to a third party. */
export interface Upstream {
  readonly purpose: 'invoke' | 'provider';
  /** The link name of the connector. */
  readonly connector: string;
  readonly method: string;
  /** Host and port; nothing else of the URL. */
  readonly host: string;
}

export interface Operation {
  readonly type: string;
  readonly name: string | undefined;
}

/** How long a name that callers choose may be in a span. */
const MAX_NAME = 100;

export class Telemetry {
  constructor(
    readonly metrics: Metrics = new Metrics(),
    private readonly tracing: Tracing = noTracing,
    private readonly ended: () => void = () => undefined,
  ) {}

  /** Answers an HTTP request in a span of the caller's trace. */
  request(route: string, method: string, caller: CallersTrace, answer: (note: Note) => Promise<void>): Promise<void> {
    const attributes = { 'http.request.method': method, 'http.route': route };
    return this.tracing.span({ name: `${method} ${route}`, kind: 'server', attributes, caller }, answer);
  }

  /** Executes a GraphQL operation; `outcomeOf` says what became of it. */
  async operation<T>(
    { type, name }: Operation,
    execute: () => Promise<T>,
    outcomeOf: (result: T) => 'ok' | 'refused' | 'internal',
  ): Promise<T> {
    const shown = name?.slice(0, MAX_NAME);
    const attributes = { 'graphql.operation.type': type, 'graphql.operation.name': shown };
    return this.tracing.span(
      { name: shown ? `${type} ${shown}` : type, kind: 'internal', attributes },
      async (note) => {
        const result = await execute();
        const outcome = outcomeOf(result);
        this.metrics.operation(type, outcome);
        note({ 'grapnel.outcome': outcome });
        return result;
      },
    );
  }

  /** A call of invokeUrl; `work` says which connector it goes through as soon as it knows. */
  async invoke<T extends { readonly status: number }>(
    work: (through: (connector: string) => void) => Promise<T>,
  ): Promise<T> {
    let connector: string | undefined;
    const through = (linkName: string) => {
      connector = linkName;
    };
    try {
      const answer = await work(through);
      this.metrics.invoke(connector, `${Math.floor(answer.status / 100)}xx`);
      return answer;
    } catch (error) {
      this.metrics.invoke(connector, error instanceof Refused ? `${error.problems[0]?.code}` : 'INTERNAL');
      throw error;
    }
  }

  /** Sends one request to a third party. Nothing of our trace goes along: it is nobody else's business. */
  async upstream<T extends { readonly status: number }>(facts: Upstream, send: () => Promise<T>): Promise<T> {
    const { purpose, connector, method, host } = facts;
    const attributes = { 'grapnel.connector': connector, 'http.request.method': method, 'server.address': host };
    const started = performance.now();
    try {
      return await this.tracing.span({ name: purpose, kind: 'client', attributes }, async (note) => {
        const answer = await send();
        note({ 'http.response.status_code': answer.status });
        return answer;
      });
    } finally {
      this.metrics.upstream(purpose, connector, (performance.now() - started) / 1000);
    }
  }

  /** A refresh of credentials; what is sent for it is a span inside. */
  refresh<T>(work: () => Promise<T>): Promise<T> {
    return this.tracing.span({ name: 'refresh', kind: 'internal', attributes: {} }, work);
  }

  async close(): Promise<void> {
    this.ended();
    await this.tracing.close();
  }
}
