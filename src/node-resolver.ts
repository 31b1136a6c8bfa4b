/** The root field `node`: anything by its id, as far as the caller sees it. */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Allow } from './access/allow';
import { ApiKey } from './access/api-key';
import { mayAll, Role } from './access/caller';
import type { Context } from './access/context';
import { Workspace } from './access/workspace';
import { AuthorizationFlow } from './authorization/flow';
import { Connection } from './connections/connection';
import { Grant } from './connections/grant';
import { Connector } from './connectors/connector';
import { Scope } from './connectors/scope';
import { type Kind, kindOf, Node } from './graphql/node';
import type { Store } from './storage/store';

const ofWorkspace = { ApiKey, AuthorizationFlow, Connection, Connector, Grant, Scope };

const hasType = (kind: Kind): kind is keyof typeof ofWorkspace => kind in ofWorkspace;

@Resolver()
export class NodeResolver {
  constructor(private readonly store: Store) {}

  @Query(() => Node, {
    nullable: true,
    description: 'Anything by its id; null when there is none, or none that the key may see. Needs VIEWER.',
  })
  @Allow(Role.VIEWER)
  node(
    @Ctx() { caller: { workspaceId, role } }: Context,
    @Arg('id', () => ID, { description: 'The id.' }) id: string,
  ): Promise<Node | null> | null {
    const kind = kindOf(id);
    if (kind === 'Workspace' && id === workspaceId) return this.store.read.findOneBy(Workspace, { id });
    if (!kind || !hasType(kind)) return null;
    if (kind === 'ApiKey' && !mayAll(role ?? Role.VIEWER, Role.ADMIN)) return null;
    return this.store.read.findOneBy<Node & { workspaceId: string }>(ofWorkspace[kind], { id, workspaceId });
  }
}
