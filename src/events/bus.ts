/** Publish and subscribe: what happened, one topic for each thing that can be watched, in this process and, by a relay, in others. */
import type { EntityManager } from 'typeorm';
import { newId } from '../graphql/node';
import { afterCommit } from '../storage/after-commit';
import {
  ConnectionEventKind,
  type ConnectionHappening,
  FLOW_CHANGED,
  Happening,
  isOfConnection,
  type Told,
  toldOf,
} from './happening';
import type { Mailbox } from './mailbox';
import type { Relay } from './relay';
import { Topics } from './topics';

/** How many events are remembered as told: more than can happen between two looks into the database. */
const REMEMBERED = 50_000;

export class EventBus {
  /** Topics, and messages: the ids of flows that changed, and of connections whose flows are gone. */
  private readonly flows = new Topics<string>();
  /** Topics: the ids of connections and of workspaces. */
  private readonly connections = new Topics<ConnectionHappening>();
  /** The ids of what was told last, the oldest first: what comes by two ways is told once. */
  private readonly told = new Set<string>();

  constructor(private readonly relay?: Relay) {
    relay?.listen((told) => this.deliver(told));
  }

  /** Notes, in the transaction of the deed, that the state of a flow changed; told when it is committed. */
  async flowChanged(
    tx: EntityManager,
    { id: flowId, workspaceId, connectionId }: { readonly id: string; workspaceId: string; connectionId: string },
    at: Date,
  ): Promise<void> {
    await this.note(tx, { kind: FLOW_CHANGED, at, workspaceId, connectionId, flowId, userId: null });
  }

  /** Notes, in the transaction of the deed, what happened to a connection; `userId`: the user it happened to, `null` for all. */
  async happened(
    tx: EntityManager,
    kind: ConnectionEventKind,
    { id: connectionId, workspaceId }: { readonly id: string; readonly workspaceId: string },
    userId: string | null,
    at: Date,
  ): Promise<void> {
    await this.note(tx, { kind, at, workspaceId, connectionId, flowId: null, userId });
  }

  private async note(tx: EntityManager, what: Omit<Happening, 'seq' | 'id'>): Promise<void> {
    const happening = { ...what, id: newId('ConnectionEvent') };
    const told = toldOf(happening);
    await tx.insert(Happening, happening);
    afterCommit(tx, () => {
      this.deliver(told);
      this.relay?.tell(told);
    });
  }

  /** Whether an event was told here already. */
  hasTold(id: string): boolean {
    return this.told.has(id);
  }

  /** Tells whoever listens in this process, unless that was done already. */
  deliver(told: Told): void {
    if (this.hasTold(told.id)) return;
    this.remember(told.id);
    const { workspaceId, connectionId, flowId } = told;
    if (flowId !== null) this.flows.publish(flowId, flowId);
    if (!isOfConnection(told)) return;
    this.connections.publish(connectionId, told);
    this.connections.publish(workspaceId, told);
    if (told.kind === ConnectionEventKind.DELETED) this.flows.publish(connectionId, connectionId);
  }

  private remember(id: string): void {
    this.told.add(id);
    if (this.told.size <= REMEMBERED) return;
    const [oldest = ''] = this.told;
    this.told.delete(oldest);
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
