/** The root fields of authorization, and the computed fields of flows. */
import {
  Arg,
  Ctx,
  FieldResolver,
  ID,
  Mutation,
  Query,
  Resolver,
  Root,
  type SubscribeResolverData,
  Subscription,
} from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import { type Context, resolverOf } from '../access/context';
import { Connection } from '../connections/connection';
import type { Connections } from '../connections/connections';
import { userIdOf } from '../connections/grant';
import { outcome } from '../graphql/user-errors';
import type { Authorizations } from './authorizations';
import { AuthorizationFlow } from './flow';
import type { Flows } from './flows';
import { ConnectionAuthorizeInput, ConnectionAuthorizePayload } from './inputs';

const TheFlow = () => Arg('id', () => ID, { description: 'The flow.' });

@Resolver(() => AuthorizationFlow)
export class AuthorizationResolver {
  constructor(
    private readonly authorizations: Authorizations,
    private readonly flows: Flows,
    private readonly connections: Connections,
  ) {}

  @Query(() => AuthorizationFlow, {
    nullable: true,
    description: 'A flow; null when there is none. Session tokens see their own.',
  })
  @Allow(Role.VIEWER, { session: true })
  authorizationFlow(@Ctx() { caller }: Context, @TheFlow() id: string) {
    return this.flows.find(caller, id);
  }

  @Mutation(() => ConnectionAuthorizePayload, {
    description:
      'Begins to authorize a connection; with credentials it is authorized at once. Needs INTEGRATOR, or a session token of the connection.',
  })
  @Allow(Role.INTEGRATOR, { session: true })
  connectionAuthorize(
    @Ctx() { caller }: Context,
    @Arg('input', { description: 'What to authorize.' }) input: ConnectionAuthorizeInput,
  ) {
    return outcome(() => this.authorizations.authorize(caller, input));
  }

  @Subscription(() => AuthorizationFlow, {
    name: 'authorizationFlow',
    description:
      'A flow as it is now, then after each change; completes with its final state, so that nobody comes too late.',
    subscribe: ({ args, context }: SubscribeResolverData<unknown, { id: string }, Context>) =>
      resolverOf(context, AuthorizationResolver).flows.watch(context.caller, args.id),
  })
  @Allow(Role.VIEWER, { session: true })
  flowChanges(@Root() flow: AuthorizationFlow, @TheFlow() _id: string) {
    return flow;
  }

  @FieldResolver(() => Connection, {
    nullable: true,
    description: 'The connection as it is now; null when it is no more.',
  })
  connection(@Root() { connectionId }: AuthorizationFlow, @Ctx() { caller }: Context) {
    return this.connections.find(caller, { id: connectionId });
  }

  @FieldResolver(() => String, { nullable: true, description: 'Whose grant it is to be; null for the shared one.' })
  userId(@Root() flow: AuthorizationFlow) {
    return userIdOf(flow);
  }
}
