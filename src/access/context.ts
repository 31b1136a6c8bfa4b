/** What each GraphQL operation carries along: who asks, and the resolvers with their services. */
import type { Caller } from './caller';

// A type and not an interface, so that transports can take it for a bag of fields.
export type Context = {
  readonly requestId: string;
  readonly caller: Caller;
  /** Finds out again who asks. Throws UNAUTHENTICATED when the key or session token ended since. */
  readonly authenticate: () => Promise<Caller>;
  /** Counts what costs more than a request usually does. Throws RATE_LIMITED. */
  readonly charge?: (points: number) => Promise<void>;
  /** The resolver instances by their classes; type-graphql asks for them at each field. */
  readonly resolvers: ReadonlyMap<unknown, object>;
};

/** The instance of a resolver class; for subscriptions, whose `subscribe` type-graphql calls without one. */
export function resolverOf<T extends object>({ resolvers }: Context, type: abstract new (...args: never[]) => T): T {
  return resolvers.get(type) as T;
}
