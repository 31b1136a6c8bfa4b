/** The fields of connections and grants that are computed or live elsewhere. */
import DataLoader from 'dataloader';
import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { In } from 'typeorm';
import type { Caller } from '../access/caller';
import type { Context } from '../access/context';
import { Connector } from '../connectors/connector';
import { Scope } from '../connectors/scope';
import { type Page, PageArgs, pageRequest } from '../graphql/page';
import { perOperation } from '../graphql/per-operation';
import { readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import { Connection } from './connection';
import { Grant, GrantPage, SHARED, userIdOf, userKeyOf } from './grant';
import { Health } from './health';
import { Variable } from './inputs';
import { userOf } from './lookup';
import type { Usage } from './usage';
import { answerVariables } from './variables';

@Resolver(() => Connection)
export class ConnectionFieldResolver {
  constructor(
    private readonly store: Store,
    private readonly usage: Usage,
  ) {}

  @FieldResolver(() => Connector, { description: 'What it is a use of.' })
  connector(@Root() { connectorId }: Connection, @Ctx() context: Context) {
    return this.connectors(context).load(connectorId);
  }

  @FieldResolver(() => [Scope], { description: 'The scopes that it asks for.' })
  async scopes(@Root() { scopeIds }: Connection, @Ctx() context: Context) {
    return (await this.scopesById(context).loadMany(scopeIds)).filter((scope) => scope instanceof Scope);
  }

  @FieldResolver(() => [String], {
    description:
      'The scopes that the provider granted to the shared grant; empty for LOGGED_IN_USER, whose grants say it each.',
  })
  async grantedScopes(@Root() { id }: Connection, @Ctx() context: Context) {
    return (await this.sharedGrants(context).load(id))?.grantedScopes ?? [];
  }

  @FieldResolver(() => [Variable], { description: 'The values of the connection fields.' })
  variables(@Root() connection: Connection) {
    return answerVariables(connection);
  }

  @FieldResolver(() => Health, { description: 'How it is doing, all its grants taken together.' })
  health(@Root() connection: Connection) {
    const { state, reason, remedy, since, expiresAt, nextRefreshAt } = connection;
    return {
      state,
      reason,
      remedy,
      since,
      expiresAt,
      nextRefreshAt,
      ...this.usage.upToDate(connection, { connectionId: connection.id }),
    };
  }

  @FieldResolver(() => Grant, {
    nullable: true,
    description: 'The grant of a user, or, without userId, the shared one; null when there is none.',
  })
  grant(
    @Root() { id: connectionId }: Connection,
    @Ctx() { caller }: Context,
    @Arg('userId', () => String, { nullable: true, description: 'Whose.' }) userId?: string | null,
  ): Promise<Grant | null> | null {
    if (caller.session && userId != null && userId !== caller.session.userId) return null;
    return this.store.read.findOneBy(Grant, { connectionId, userKey: userKeyOf(userOf(caller, userId)) });
  }

  @FieldResolver(() => GrantPage, { description: 'All its grants; for a session token, that of its user.' })
  grants(
    @Root() { id: connectionId }: Connection,
    @Ctx() { caller }: Context,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<Page<Grant>> {
    const query = this.store.read.createQueryBuilder(Grant, 'item').where({ connectionId, ...ownOnly(caller) });
    return readPage(query, pageRequest(page));
  }

  private readonly connectors = perOperation<Context, DataLoader<string, Connector>>(
    () => new DataLoader((ids) => this.byIds(Connector, ids)),
  );

  private readonly scopesById = perOperation<Context, DataLoader<string, Scope>>(
    () => new DataLoader((ids) => this.byIds(Scope, ids)),
  );

  private readonly sharedGrants = perOperation<Context, DataLoader<string, Grant | undefined>>(
    () =>
      new DataLoader(async (connectionIds) => {
        const grants = await this.store.read.findBy(Grant, { connectionId: In([...connectionIds]), userKey: SHARED });
        return connectionIds.map((id) => grants.find(({ connectionId }) => connectionId === id));
      }),
  );

  private async byIds<T extends { id: string }>(type: new () => T, ids: readonly string[]): Promise<(T | Error)[]> {
    const found = await this.store.read
      .createQueryBuilder(type, 'item')
      .where('item.id IN (:...ids)', { ids })
      .getMany();
    const byId = new Map(found.map((item) => [item.id, item]));
    return ids.map((id) => byId.get(id) ?? new Error(`${id} is gone.`));
  }
}

const ownOnly = ({ session }: Caller) => (session ? { userKey: userKeyOf(session.userId) } : {});

@Resolver(() => Grant)
export class GrantFieldResolver {
  constructor(private readonly usage: Usage) {}

  @FieldResolver(() => String, { nullable: true, description: 'Whose it is; null for the shared one.' })
  userId(@Root() grant: Grant) {
    return userIdOf(grant);
  }

  @FieldResolver(() => Health, { description: 'How it is doing.' })
  health(@Root() grant: Grant) {
    const { state, reason, remedy, since, expiresAt, nextRefreshAt } = grant;
    return {
      state,
      reason,
      remedy,
      since,
      expiresAt,
      nextRefreshAt,
      ...this.usage.upToDate(grant, { grantId: grant.id }),
    };
  }
}
