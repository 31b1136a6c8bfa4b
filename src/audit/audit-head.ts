/** Where the audit log of a workspace ends: without it nobody would see that its last entries were removed. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TextColumn } from '../storage/columns';

@Entity('audit_head')
export class AuditHead {
  @PrimaryColumn('text')
  workspaceId!: string;

  /** How many entries there are, which is the number of the last one. */
  @Column('integer')
  entries!: number;

  /** Of the last entry. */
  @TextColumn()
  hash!: string;
}
