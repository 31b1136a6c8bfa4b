/** What a step of the demo is: one auth type, as a connector says it, as a person gives it, and as the API checks it. */
import type { IncomingHttpHeaders } from 'node:http';

/** A request as it came in at the API. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the API makes of a request. */
export interface Checked {
  /** Who the credentials stand for; `undefined` when they are wrong. */
  readonly who: string | undefined;
  /** The parts of the request that carry credentials, with `***` in place of every secret. */
  readonly seen: readonly string[];
}

export interface Step {
  readonly title: string;
  readonly about: string;
  /** The `AuthConfigInput` of the connector. */
  readonly authConfig: object;
  /** The `CredentialsInput` of the connection. */
  readonly credentials: object;
  /** The call: the path at the API is the step's own. */
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The `InvokeBodyInput`, if any. */
  readonly body?: object;
  check(received: Received): Checked;
}

export const MASK = '***';
