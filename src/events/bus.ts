/** Publish and subscribe: what happened, as ids, one topic per thing that can be watched. */
import { createPubSub } from '@graphql-yoga/subscription';
import { newId } from '../graphql/node';

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

type Channels = {
  /** A flow changed; the topic is its id. */
  flow: [flowId: string, change: { readonly flowId: string }];
  /** Something happened to a connection; the topic is its id. */
  connection: [connectionId: string, happening: ConnectionHappening];
  /** Something happened to any connection of a workspace; the topic is the id of the workspace. */
  workspace: [workspaceId: string, happening: ConnectionHappening];
};

/** Events inside this process. Publishing costs as much as there are subscribers of that very topic. */
export class EventBus {
  private readonly channels = createPubSub<Channels>();

  flowChanged(flowId: string): void {
    this.channels.publish('flow', flowId, { flowId });
  }

  /** `userId`: the user it happened to, `null` for all. */
  happened(
    kind: ConnectionEventKind,
    { id: connectionId, workspaceId }: { readonly id: string; readonly workspaceId: string },
    userId: string | null,
    at: Date,
  ): void {
    const happening = { id: newId('ConnectionEvent'), kind, at: at.getTime(), workspaceId, connectionId, userId };
    this.channels.publish('connection', connectionId, happening);
    this.channels.publish('workspace', workspaceId, happening);
  }

  /** Listens from this call on, before the first value is asked for. */
  flowChanges(flowId: string): AsyncIterableIterator<{ readonly flowId: string }> {
    return this.channels.subscribe('flow', flowId);
  }

  ofConnection(connectionId: string): AsyncIterableIterator<ConnectionHappening> {
    return this.channels.subscribe('connection', connectionId);
  }

  ofWorkspace(workspaceId: string): AsyncIterableIterator<ConnectionHappening> {
    return this.channels.subscribe('workspace', workspaceId);
  }
}
