/** The root field `node`: anything by its id, as far as the caller sees it. */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { Allow } from './access/allow';
import { ApiKey } from './access/api-key';
import { mayAll, Role } from './access/caller';
import type { Context } from './access/context';
import { Workspace } from './access/workspace';
import { AuditEvent } from './audit/audit-event';
import { AuthorizationFlow } from './authorization/flow';
import { Connection } from './connections/connection';
import { Grant } from './connections/grant';
import { Connector } from './connectors/connector';
import { Scope } from './connectors/scope';
import { type Kind, kindOf, Node } from './graphql/node';
import type { Store } from './storage/store';

/** What can be found, and the role that reads it by its own root field, or with what it belongs to. */
const readers = {
  ApiKey: [ApiKey, Role.ADMIN],
  AuditEvent: [AuditEvent, Role.ADMIN],
  AuthorizationFlow: [AuthorizationFlow, Role.VIEWER],
  Connection: [Connection, Role.VIEWER],
  Connector: [Connector, Role.INTEGRATOR],
  Grant: [Grant, Role.VIEWER],
  Scope: [Scope, Role.INTEGRATOR],
} as const;

const hasReader = (kind: Kind): kind is keyof typeof readers => kind in readers;

@Resolver()
export class NodeResolver {
  constructor(private readonly store: Store) {}

  @Query(() => Node, {
    nullable: true,
    description:
      'Anything by its id; null when there is none, or none that the key may see: keys and the audit log need ADMIN, connectors and scopes INTEGRATOR. Needs VIEWER.',
  })
  @Allow(Role.VIEWER)
  node(
    @Ctx() { caller: { workspaceId, role } }: Context,
    @Arg('id', () => ID, { description: 'The id.' }) id: string,
  ): Promise<Node | null> | null {
    const kind = kindOf(id);
    if (kind === 'Workspace' && id === workspaceId) return this.store.read.findOneBy(Workspace, { id });
    if (!kind || !hasReader(kind)) return null;
    const [type, needed] = readers[kind];
    if (!mayAll(role, needed)) return null;
    return this.store.read.findOneBy<Node & { workspaceId: string }>(type, { id, workspaceId });
  }
}
