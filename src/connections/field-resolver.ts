/** The fields of connections that are computed or live elsewhere. */
import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { In } from 'typeorm';
import type { Caller } from '../access/caller';
import type { Context } from '../access/context';
import { Connector } from '../connectors/connector';
import { Scope } from '../connectors/scope';
import { batched } from '../graphql/batched';
import { type Page, PageArgs, pageRequest } from '../graphql/page';
import { isKeepable } from '../rules/text';
import { readPage } from '../storage/paging';
import type { Store } from '../storage/store';
import { Connection } from './connection';
import { Grant, GrantPage, SHARED, userKeyOf } from './grant';
import { Health } from './health';
import { userOf } from './lookup';
import { Variable } from './payloads';
import type { Usage } from './usage';
import { answerVariables } from './variables';

@Resolver(() => Connection)
export class ConnectionFieldResolver {
  private readonly connectors = batched((ids) => this.byIds(Connector, ids));
  private readonly scopesById = batched((ids) => this.byIds(Scope, ids));
  private readonly sharedGrants = batched((ids) => this.sharedGrantsOf(ids));

  constructor(
    private readonly store: Store,
    private readonly usage: Usage,
  ) {}

  @FieldResolver(() => Connector, { description: 'What it is a use of.' })
  connector(@Root() { connectorId }: Connection) {
    return this.connectors.load(connectorId);
  }

  @FieldResolver(() => [Scope], { description: 'The scopes that it asks for.' })
  async scopes(@Root() { scopeIds }: Connection) {
    return (await this.scopesById.loadMany(scopeIds)).filter((scope) => scope instanceof Scope);
  }

  @FieldResolver(() => [String], {
    description:
      'The scopes that the provider granted to the shared grant; empty for LOGGED_IN_USER, whose grants say it each.',
  })
  async grantedScopes(@Root() { id }: Connection) {
    return (await this.sharedGrants.load(id))?.grantedScopes ?? [];
  }

  @FieldResolver(() => [Variable], { description: 'The values of the connection fields.' })
  variables(@Root() connection: Connection) {
    return answerVariables(connection);
  }

  @FieldResolver(() => Health, { description: 'How it is doing, all its grants taken together.' })
  health(@Root() connection: Connection): Health {
    return { ...connection, ...this.usage.upToDate(connection) };
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
    if (!isKeepable(userId ?? '')) return null;
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

  private async byIds<T extends { id: string }>(type: new () => T, ids: readonly string[]): Promise<(T | Error)[]> {
    const found = await this.store.read
      .createQueryBuilder(type, 'item')
      .where('item.id IN (:...ids)', { ids: [...new Set(ids)] })
      .getMany();
    const byId = new Map(found.map((item) => [item.id, item]));
    return ids.map((id) => byId.get(id) ?? new Error(`${id} is gone.`));
  }

  private async sharedGrantsOf(connectionIds: readonly string[]): Promise<(Grant | undefined)[]> {
    const grants = await this.store.read.findBy(Grant, {
      connectionId: In([...new Set(connectionIds)]),
      userKey: SHARED,
    });
    const byConnection = new Map(grants.map((grant) => [grant.connectionId, grant]));
    return connectionIds.map((id) => byConnection.get(id));
  }
}

const ownOnly = ({ session }: Caller) => (session ? { userKey: userKeyOf(session.userId) } : {});
