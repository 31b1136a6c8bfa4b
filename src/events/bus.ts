/** Publish and subscribe: what happened, as ids, one topic per thing that can be watched. */
import { newId } from '../graphql/node';
import type { Mailbox } from './mailbox';
import { Topics } from './topics';

export enum ConnectionEventKind {
  CREATED = 'CREATED',
  UPDATED = 'UPDATED',
  AUTHORIZED = 'AUTHORIZED',
  TROUBLED = 'TROUBLED',
  RECOVERED = 'RECOVERED',
  REVOKED = 'REVOKED',
  DELETED = 'DELETED',
}

/** What happened to a connection; whoever is told reads the rest from the database. */
export interface ConnectionHappening {
  readonly id: string;
  readonly kind: ConnectionEventKind;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly userId: string | null;
}

/** Events inside this process. */
export class EventBus {
  /** Topics, and messages: the ids of flows that changed, and of connections whose flows are gone. */
  private readonly flows = new Topics<string>();
  /** Topics: the ids of connections and of workspaces. */
  private readonly connections = new Topics<ConnectionHappening>();

  flowChanged(flowId: string): void {
    this.flows.publish(flowId, flowId);
  }

  /** `userId`: the user it happened to, `null` for all. */
  happened(
    kind: ConnectionEventKind,
    { id: connectionId, workspaceId }: { readonly id: string; readonly workspaceId: string },
    userId: string | null,
    at: Date,
  ): void {
    const happening = { id: newId('ConnectionEvent'), kind, at: at.getTime(), workspaceId, connectionId, userId };
    this.connections.publish(connectionId, happening);
    this.connections.publish(workspaceId, happening);
    if (kind === ConnectionEventKind.DELETED) this.flows.publish(connectionId, connectionId);
  }

  /** Tells that the flow changed, or went with its connection; whoever is told looks at it. */
  ofFlow({ id, connectionId }: { readonly id: string; readonly connectionId: string }): Mailbox<string> {
    return this.flows.listen(id, connectionId);
  }

  ofConnection(connectionId: string): Mailbox<ConnectionHappening> {
    return this.connections.listen(connectionId);
  }

  ofWorkspace(workspaceId: string): Mailbox<ConnectionHappening> {
    return this.connections.listen(workspaceId);
  }
}
