/** The subscription to connection events. */
import { Arg, ID, Resolver, Root, type SubscribeResolverData, Subscription } from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import { type Context, resolverOf } from '../access/context';
import { KEPT } from '../events/catch-up';
import type { ConnectionHappening } from '../events/happening';
import { ConnectionEvent, ConnectionEventFilter } from './connection-event';
import { type ConnectionEvents, REPLAY_LIMIT } from './events';

interface Given {
  readonly filter?: ConnectionEventFilter | null;
  readonly after?: string | null;
}

@Resolver()
export class ConnectionEventsResolver {
  constructor(private readonly events: ConnectionEvents) {}

  @Subscription(() => ConnectionEvent, {
    description:
      'Tells of what happens to connections from now on, or since an event that is known. Session tokens hear of their own.',
    subscribe: ({ args, context }: SubscribeResolverData<unknown, Given, Context>) =>
      resolverOf(context, ConnectionEventsResolver).events.subscribe(context.caller, args.filter ?? {}, args.after),
  })
  @Allow(Role.VIEWER, { session: true })
  connectionEvents(
    @Root() happening: ConnectionHappening,
    @Arg('filter', () => ConnectionEventFilter, { nullable: true, description: 'Which events; left out: all.' })
    _filter?: ConnectionEventFilter | null,
    @Arg('after', () => ID, {
      nullable: true,
      description: `The id of the last event that is known: those since come first. For who comes back; events are kept for ${KEPT / 86_400_000} days, and at most ${REPLAY_LIMIT} are told anew.`,
    })
    _after?: string | null,
  ) {
    return this.events.describe(happening);
  }
}
