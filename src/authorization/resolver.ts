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
import { mayAll, Role } from '../access/caller';
import { type Context, resolverOf } from '../access/context';
import { Connection } from '../connections/connection';
import type { Connections } from '../connections/connections';
import { userIdOf } from '../connections/grant';
import { ConnectionDeletePayload, ConnectionPayload, ConnectionRevokePayload } from '../connections/payloads';
import { CallsOut } from '../graphql/calls-out';
import { outcome } from '../graphql/user-errors';
import type { Authorizations } from './authorizations';
import type { Confirmations } from './confirmations';
import { AuthorizationFlow } from './flow';
import type { Flows } from './flows';
import { AuthorizationConfirmPayload, ConnectionAuthorizeInput, ConnectionAuthorizePayload } from './inputs';
import type { Refreshes } from './refreshes';
import type { Revocations } from './revocations';

const TheConnection = () => Arg('id', () => ID, { description: 'The connection.' });
const TheFlow = () => Arg('id', () => ID, { description: 'The flow.' });

@Resolver(() => AuthorizationFlow)
export class AuthorizationResolver {
  constructor(
    private readonly authorizations: Authorizations,
    private readonly flows: Flows,
    private readonly confirmations: Confirmations,
    private readonly refreshes: Refreshes,
    private readonly revocations: Revocations,
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
  @CallsOut()
  connectionAuthorize(
    @Ctx() { caller }: Context,
    @Arg('input', { description: 'What to authorize.' }) input: ConnectionAuthorizeInput,
  ) {
    return outcome(() => this.authorizations.authorize(caller, input));
  }

  @Mutation(() => AuthorizationConfirmPayload, {
    description:
      'Confirms that the person who came back to `returnTo` is the one who began, with the token from its query. Needs INTEGRATOR, or a session token of the connection.',
  })
  @Allow(Role.INTEGRATOR, { session: true })
  authorizationConfirm(
    @Ctx() { caller }: Context,
    @Arg('token', { description: 'The confirmationToken that the person came back with; it serves once.' })
    token: string,
  ) {
    return outcome(async () => ({ flow: await this.confirmations.confirm(caller, token) }));
  }

  @Mutation(() => ConnectionPayload, {
    description: 'Refreshes credentials now, whether they have expired or not. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  @CallsOut()
  connectionRefresh(
    @Ctx() { caller }: Context,
    @TheConnection() id: string,
    @Arg('userId', () => String, {
      nullable: true,
      description: 'Whose: needed for LOGGED_IN_USER, refused for ADMIN.',
    })
    userId?: string | null,
  ) {
    return outcome(async () => ({ connection: await this.refreshes.refresh(caller, id, userId) }));
  }

  @Mutation(() => ConnectionRevokePayload, {
    description:
      'Gives credentials back to the provider, where it has a place for that, and forgets them; flows that are under way fail, the connection stays. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  @CallsOut()
  connectionRevoke(
    @Ctx() { caller }: Context,
    @TheConnection() id: string,
    @Arg('userId', () => String, { nullable: true, description: 'Whose credentials; left out: those of everybody.' })
    userId?: string | null,
  ) {
    return outcome(() => this.revocations.revoke(caller, id, userId));
  }

  @Mutation(() => ConnectionDeletePayload, {
    description: 'Revokes all grants of a connection, then deletes it for good. Needs INTEGRATOR.',
  })
  @Allow(Role.INTEGRATOR)
  @CallsOut()
  connectionDelete(@Ctx() { caller }: Context, @TheConnection() id: string) {
    return outcome(() => this.revocations.delete(caller, id));
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

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Where to send the person: our start page, good once and for ten minutes. Null once they have left or the flow has ended, where nobody is sent anywhere, and for VIEWER keys.',
  })
  authorizationUrl(@Root() flow: AuthorizationFlow, @Ctx() { caller }: Context) {
    return mayAll(caller.role ?? Role.INTEGRATOR, Role.INTEGRATOR) ? this.flows.startLink(flow) : null;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Whose grant it is to be; null for the shared one.' })
  userId(@Root() flow: AuthorizationFlow) {
    return userIdOf(flow);
  }
}
