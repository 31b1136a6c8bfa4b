/** The root fields of scopes. */
import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import { Allow } from '../access/allow';
import { Role } from '../access/caller';
import type { Context } from '../access/context';
import { outcome } from '../graphql/user-errors';
import { ScopePayload, ScopesAddPayload, ScopesDeletePayload } from './payloads';
import { SCOPES_LIMIT, ScopeInput, ScopeUpdateInput } from './scope';
import type { Scopes } from './scopes';

@Resolver()
export class ScopeResolver {
  constructor(private readonly scopes: Scopes) {}

  @Mutation(() => ScopesAddPayload, {
    description: `Adds scopes to a connector, in every stage: all of them or none; at most ${SCOPES_LIMIT} in all. Needs ADMIN.`,
  })
  @Allow(Role.ADMIN)
  scopesAdd(
    @Ctx() { caller }: Context,
    @Arg('connectorId', () => ID, { description: 'The connector.' }) connectorId: string,
    @Arg('scopes', () => [ScopeInput], { description: 'The scopes.' }) scopes: ScopeInput[],
  ) {
    return outcome(async () => ({ scopes: await this.scopes.add(caller, connectorId, scopes) }));
  }

  @Mutation(() => ScopePayload, {
    description: 'Changes a scope. Refused once the connector has connections. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  scopeUpdate(
    @Ctx() { caller }: Context,
    @Arg('id', () => ID, { description: 'The scope.' }) id: string,
    @Arg('input', { description: 'What to change.' }) input: ScopeUpdateInput,
  ) {
    return outcome(async () => ({ scope: await this.scopes.update(caller, id, input) }));
  }

  @Mutation(() => ScopesDeletePayload, {
    description: 'Deletes scopes: all of them or none. Refused once their connector has connections. Needs ADMIN.',
  })
  @Allow(Role.ADMIN)
  scopesDelete(@Ctx() { caller }: Context, @Arg('ids', () => [ID], { description: 'The scopes.' }) ids: string[]) {
    return outcome(async () => ({ deletedIds: await this.scopes.delete(caller, ids) }));
  }
}
