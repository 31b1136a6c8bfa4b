/** The subscription to connection events. */
import { Arg, Resolver, Root, type SubscribeResolverData, Subscription } from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import { type Context, resolverOf } from '../access/context';
import type { ConnectionHappening } from '../events/happening';
import { ConnectionEvent, ConnectionEventFilter } from './connection-event';
import type { ConnectionEvents } from './events';

@Resolver()
export class ConnectionEventsResolver {
  constructor(private readonly events: ConnectionEvents) {}

  @Subscription(() => ConnectionEvent, {
    description: 'Tells of what happens to connections from now on. Session tokens hear of their own.',
    subscribe: ({
      args,
      context,
    }: SubscribeResolverData<unknown, { filter?: ConnectionEventFilter | null }, Context>) =>
      resolverOf(context, ConnectionEventsResolver).events.subscribe(context.caller, args.filter ?? {}),
  })
  @Allow(Role.VIEWER, { session: true })
  connectionEvents(
    @Root() happening: ConnectionHappening,
    @Arg('filter', () => ConnectionEventFilter, { nullable: true, description: 'Which events; left out: all.' })
    _filter?: ConnectionEventFilter | null,
  ) {
    return this.events.describe(happening);
  }
}
