/** Where the audit log of a workspace ends: without it nobody would see that its last entries were removed. */
import { Entity, PrimaryColumn } from 'typeorm';
import { CountColumn, TextColumn } from '../storage/columns';

@Entity('audit_head')
export class AuditHead {
  @PrimaryColumn('text')
  workspaceId!: string;

  /** How many entries there are, which is the number of the last one. */
  @CountColumn()
  entries!: number;

  /** Of the last entry. */
  @TextColumn()
  hash!: string;
}
