/** What a step of the demo is: one auth type, as a connector says it, as a person gives it, and as the API checks it. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Provider } from './provider';

/** A request as it came in at the API or the provider. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string;
}

export const json = (status: number, value: object): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  text: JSON.stringify(value),
});

/** What the API makes of a request. */
export interface Checked {
  /** Who the credentials stand for; `undefined` when they are wrong. */
  readonly who: string | undefined;
  /** The parts of the request that carry credentials, with `***` in place of every secret. */
  readonly seen: readonly string[];
}

interface Call {
  readonly title: string;
  readonly about: string;
  /** The call: the path at the API is the step's own. */
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The `InvokeBodyInput`, if any. */
  readonly body?: object;
  check(received: Received): Checked;
}

/** People give the credentials themselves. */
export interface StaticStep extends Call {
  /** The `AuthConfigInput` of the connector. */
  readonly authConfig: object;
  /** The `CredentialsInput` of the connection. */
  readonly credentials: object;
}

/** People consent at a provider, which gives the credentials. */
export interface ConsentStep extends Call {
  readonly provider: Provider;
  /** The `AuthConfigInput` of the connector, for the provider at this address. */
  authConfigAt(providerUrl: string): object;
}

export type Step = StaticStep | ConsentStep;

export const MASK = '***';
