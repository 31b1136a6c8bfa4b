/** A grant: the credentials that are kept for a connection, one for all (ADMIN) or one a user (LOGGED_IN_USER). */
import { Field, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { Node } from '../graphql/node';
import { pageTypeOf } from '../graphql/page';
import { CountColumn, JsonColumn, MomentColumn, TextColumn } from '../storage/columns';
import { ConnectionStatus, HealthRemedy, HealthState } from './health';

/** Stands in the column `userKey` of a grant that everybody shares, where a null could not be unique. */
export const SHARED = '';

@Entity('connection_grant')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'The authorization of a connection: one for all, or one for each user.',
})
export class Grant extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  workspaceId!: string;

  @TextColumn()
  connectionId!: string;

  /** The connector of the connection. */
  @TextColumn()
  connectorId!: string;

  /** The user, or `SHARED`. */
  @TextColumn()
  userKey!: string;

  @TextColumn()
  @Field(() => ConnectionStatus, { description: 'Whether it can be used.' })
  status!: ConnectionStatus;

  /** Sealed `Credentials`; null once revoked. */
  @TextColumn({ nullable: true })
  credentials!: string | null;

  /** Counts the credentials it has had: the same number, the same credentials, even when they were encrypted anew. */
  @CountColumn()
  generation!: number;

  @JsonColumn()
  @Field(() => [String], { description: 'The scopes that the provider granted; empty where there are none.' })
  grantedScopes!: string[];

  /** The scopes asked for that the provider did not grant. */
  @JsonColumn()
  missingScopes!: string[];

  /** When the credentials were obtained; null: revoked, or from before this was noted. */
  @MomentColumn({ nullable: true })
  obtainedAt!: Date | null;

  /** Until when somebody is refreshing the credentials; null: nobody is. */
  @MomentColumn({ nullable: true })
  leaseUntil!: Date | null;

  /** Counts the changes of the credentials and the leases to change them: who holds an older number may not write. */
  @CountColumn()
  fence!: number;

  /** How often in a row the refresh failed. */
  @CountColumn()
  refreshFailures!: number;

  @MomentColumn()
  @Field({ description: 'When it was last authorized.' })
  authorizedAt!: Date;

  @MomentColumn({ nullable: true })
  @Field(() => Date, { nullable: true, description: 'When the credentials expire; null: not known to.' })
  expiresAt!: Date | null;

  /** When the credentials are to be refreshed next; null: never, or not by themselves. */
  @MomentColumn({ nullable: true })
  nextRefreshAt!: Date | null;

  /** When the provider lets the credentials end and nothing can renew them; null: never, not known, or told already. */
  @MomentColumn({ nullable: true })
  endsAt!: Date | null;

  @TextColumn()
  state!: HealthState;

  @TextColumn()
  reason!: string;

  @TextColumn()
  remedy!: HealthRemedy;

  @MomentColumn()
  since!: Date;

  @MomentColumn({ nullable: true })
  lastSuccessAt!: Date | null;

  @MomentColumn({ nullable: true })
  lastErrorAt!: Date | null;
}

export const GrantPage = pageTypeOf(Grant, 'Grant');

export const userKeyOf = (userId: string | null | undefined): string => userId ?? SHARED;
export const userIdOf = ({ userKey }: Pick<Grant, 'userKey'>): string | null => (userKey === SHARED ? null : userKey);

/** The connection that a grant is of. */
export const connectionOf = ({ connectionId: id, workspaceId }: Pick<Grant, 'connectionId' | 'workspaceId'>) => ({
  id,
  workspaceId,
});
