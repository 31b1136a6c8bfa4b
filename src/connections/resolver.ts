/** The root fields of connections. */
import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import type { Context } from '../access/context';
import { PageArgs } from '../graphql/page';
import { ConnectionRef } from '../graphql/reference';
import { outcome } from '../graphql/user-errors';
import { Connection, ConnectionPage } from './connection';
import type { Connections } from './connections';
import { ConnectionCreateInput, ConnectionFilter, ConnectionUpdateInput } from './inputs';
import { ConnectionPayload } from './payloads';

const TheConnection = () => Arg('id', () => ID, { description: 'The connection.' });

@Resolver()
export class ConnectionResolver {
  constructor(private readonly connections: Connections) {}

  @Query(() => Connection, {
    nullable: true,
    description: 'A connection; null when there is none. Session tokens see their own.',
  })
  @Allow(Role.VIEWER, { session: true })
  connection(@Ctx() { caller }: Context, @Arg('by', { description: 'Which one.' }) by: ConnectionRef) {
    return this.connections.find(caller, by);
  }

  @Query(() => ConnectionPage, { name: 'connections', description: 'The connections of the workspace. Needs VIEWER.' })
  @Allow(Role.VIEWER)
  list(
    @Ctx() { caller }: Context,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => ConnectionFilter, { nullable: true, description: 'Which ones; left out: all.' })
    filter?: ConnectionFilter | null,
  ) {
    return this.connections.list(caller, filter ?? {}, page);
  }

  @Mutation(() => ConnectionPayload, { description: 'Makes a connection of a READY connector. Needs INTEGRATOR.' })
  @Allow(Role.INTEGRATOR)
  connectionCreate(
    @Ctx() { caller }: Context,
    @Arg('input', { description: 'The connection.' }) input: ConnectionCreateInput,
  ) {
    return outcome(async () => ({ connection: await this.connections.create(caller, input) }));
  }

  @Mutation(() => ConnectionPayload, { description: 'Changes a connection. Needs INTEGRATOR.' })
  @Allow(Role.INTEGRATOR)
  connectionUpdate(
    @Ctx() { caller }: Context,
    @TheConnection() id: string,
    @Arg('input', { description: 'What to change.' }) input: ConnectionUpdateInput,
  ) {
    return outcome(async () => ({ connection: await this.connections.update(caller, id, input) }));
  }
}
