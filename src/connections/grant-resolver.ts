/** The fields of grants that are computed. */
import { FieldResolver, Resolver, Root } from 'type-graphql';
import { Grant, userIdOf } from './grant';
import { Health } from './health';
import type { Usage } from './usage';

@Resolver(() => Grant)
export class GrantFieldResolver {
  constructor(private readonly usage: Usage) {}

  @FieldResolver(() => String, { nullable: true, description: 'Whose it is; null for the shared one.' })
  userId(@Root() grant: Grant) {
    return userIdOf(grant);
  }

  @FieldResolver(() => Health, { description: 'How it is doing.' })
  health(@Root() grant: Grant): Health {
    return { ...grant, ...this.usage.upToDate(grant) };
  }
}
