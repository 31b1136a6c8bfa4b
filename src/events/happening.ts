/** What happened: to a connection, or to an authorization flow. Kept in the transaction of the deed, so that nobody need miss it. */
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { MomentColumn, TextColumn } from '../storage/columns';

export enum ConnectionEventKind {
  CREATED = 'CREATED',
  UPDATED = 'UPDATED',
  AUTHORIZED = 'AUTHORIZED',
  TROUBLED = 'TROUBLED',
  RECOVERED = 'RECOVERED',
  REVOKED = 'REVOKED',
  DELETED = 'DELETED',
}

/** Stands in the place of a kind when it was the state of a flow that changed. */
export const FLOW_CHANGED = 'FLOW_CHANGED';

@Entity('happening')
export class Happening {
  /** The order in which they were written; not that in which they were committed. */
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  seq!: number;

  @TextColumn()
  id!: string;

  @TextColumn()
  kind!: ConnectionEventKind | typeof FLOW_CHANGED;

  @MomentColumn()
  at!: Date;

  @TextColumn()
  workspaceId!: string;

  @TextColumn()
  connectionId!: string;

  /** The flow that changed; null for what happened to a connection. */
  @Column('text', { nullable: true })
  flowId!: string | null;

  /** The user it happened to; null for all. */
  @Column('text', { nullable: true })
  userId!: string | null;
}

/** What is told of it: plain values, so that it can be written as JSON. */
export type Told = Pick<Happening, 'id' | 'kind' | 'workspaceId' | 'connectionId' | 'flowId' | 'userId'> & {
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** What happened to a connection; whoever is told reads the rest from the database. */
export type ConnectionHappening = Told & { readonly kind: ConnectionEventKind };

export const isOfConnection = (told: Told): told is ConnectionHappening => told.kind !== FLOW_CHANGED;

/** What is told of a row that was read. */
export const toldOf = ({ id, kind, at, workspaceId, connectionId, flowId, userId }: Omit<Happening, 'seq'>): Told => ({
  id,
  kind,
  at: at.getTime(),
  workspaceId,
  connectionId,
  flowId,
  userId,
});
