/** What every transport (HTTP, WebSocket, server-sent events) is given, and the limit they share. */
import type { GraphQLSchema } from 'graphql';
import { rateLimited } from '../errors';
import type { Telemetry } from '../telemetry';

/** The most bytes one request, or one message on a socket, may have. */
export const maxRequestBytes = 16 * 1024 * 1024;

/** What resolvers get beside their arguments: made anew for every operation. */
export interface RequestContext {
  readonly requestId: string;
  /** Counts an operation that costs more than most as several requests. Throws RATE_LIMITED. */
  readonly charge?: (points: number) => Promise<void>;
  readonly [key: string]: unknown;
}

/** What a caller shows: the Authorization value as it was sent, the id of this operation, and the address of the peer. */
export interface PresentedCredentials {
  authorization: string | undefined;
  requestId: string;
  remote: string;
}

/** Finds out who calls; throws a top-level error for a missing or wrong key. */
export type ContextOf = (credentials: PresentedCredentials) => Promise<RequestContext>;

export interface TransportLog {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Counts what the callers of all transports have open. */
export interface Quota {
  /** One more for the caller of `context`; `undefined` when it has as many as it may. What it gives ends it. */
  hold(context: RequestContext): (() => void) | undefined;
}

export interface TransportOptions {
  readonly schema: GraphQLSchema;
  readonly contextOf: ContextOf;
  readonly log: TransportLog;
  /** Browser origins besides our own that may call, compared exactly. */
  readonly origins: readonly string[];
  /** Counts and traces the operations. */
  readonly operations: Pick<Telemetry, 'operation' | 'metrics'>;
  /** Whether the schema may be asked for. Default true: it is published anyway. */
  readonly introspection?: boolean;
  /** Who may have one more subscription, over whatever transport. Default: everybody. */
  readonly subscriptions?: Quota;
}

/** What a subscription beyond the quota is told. */
export const tooManySubscriptions = () =>
  rateLimited('This key has as many subscriptions open as it may (SUBSCRIPTION_LIMIT): end some first.');
