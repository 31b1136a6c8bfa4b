/** A client of Grapnel's GraphQL API, as small as one can be: what goes wrong becomes a sentence. */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { DemoFailure } from './failure';

/** How long one operation may take, in milliseconds. */
const PATIENCE = 30_000;

interface UserError {
  readonly code: string;
  readonly message: string;
}

/** The payload of a mutation; which fields it has, the operation says. */
// biome-ignore lint/suspicious/noExplicitAny: a client that generates no types takes what it asked for.
export type Payload = any;

export class Grapnel {
  private readonly endpoint: URL;

  constructor(
    url: string,
    private readonly key: string,
  ) {
    if (!/^https?:/.test(url) || !URL.canParse(url))
      throw new DemoFailure(`${url} is not the address of a server; it should look like http://127.0.0.1:4000.`);
    this.endpoint = new URL('/graphql', url);
  }

  get url(): string {
    return this.endpoint.origin;
  }

  /** The data of an operation. Throws a `DemoFailure` for everything else. */
  async ask(query: string, variables: object = {}): Promise<Payload> {
    const response = await this.post(JSON.stringify({ query, variables }));
    const answer = await response.json().catch(() => {
      throw new DemoFailure(`${this.url} answered ${response.status} without JSON: it does not seem to be Grapnel.`);
    });
    const { data, errors } = answer as Payload;
    const [error] = errors ?? [];
    if (error?.extensions?.code === 'UNAUTHENTICATED')
      throw new DemoFailure(`${this.url} does not know the key in GRAPNEL_API_KEY.`);
    if (error) throw new DemoFailure(`${this.url} refused: ${error.message}`);
    return data;
  }

  /** The payload of the only mutation of `query`. Throws a `DemoFailure` with its user errors. */
  async change(query: string, variables: object): Promise<Payload> {
    const [[name, payload]] = Object.entries<Payload>(await this.ask(query, variables)) as [[string, Payload]];
    const [error]: UserError[] = payload.userErrors;
    if (error?.code === 'TARGET_NOT_ALLOWED')
      throw new DemoFailure(
        `${error.message}\nThe API of the demo runs on this machine: start Grapnel with OUTBOUND_ALLOW=127.0.0.1.`,
      );
    if (error) throw new DemoFailure(`${name} was refused (${error.code}): ${error.message}`);
    return payload;
  }

  /** What a subscription is told, until it completes. Throws a `DemoFailure` when it breaks. */
  async *watch(query: string, variables: Record<string, unknown>): AsyncGenerator<Payload> {
    const client = createClient({
      url: this.endpoint.href.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${this.key}` },
      retryAttempts: 0,
    });
    try {
      for await (const { data, errors } of client.iterate<Payload>({ query, variables })) {
        if (errors?.[0]) throw new DemoFailure(`${this.url} refused: ${errors[0].message}`);
        yield data;
      }
    } catch (error) {
      if (error instanceof Error) throw error;
      throw new DemoFailure(`${this.url} closed the subscription: ${(error as { reason?: string }).reason}`);
    } finally {
      await client.dispose();
    }
  }

  private async post(body: string): Promise<Response> {
    try {
      return await fetch(this.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
        body,
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      throw new DemoFailure(`Nothing answers at ${this.url}. Is Grapnel running there?`);
    }
  }
}
