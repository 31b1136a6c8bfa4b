/** A session token: a short-lived secret for a browser, good for one connection and one user of it. */
import { Entity, PrimaryColumn } from 'typeorm';
import { MomentColumn, TextColumn } from '../storage/columns';

@Entity('session_token')
export class SessionToken {
  @PrimaryColumn('text')
  id!: string;

  @TextColumn()
  workspaceId!: string;

  /** The key that made it: it ends with the key. */
  @TextColumn()
  keyId!: string;

  @TextColumn()
  connectionId!: string;

  @TextColumn({ nullable: true })
  userId!: string | null;

  @TextColumn()
  hash!: string;

  @MomentColumn()
  expiresAt!: Date;
}
