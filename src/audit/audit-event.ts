/** An entry of the audit log: who did what to what and when. It is written once, and outlives all that it tells of. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { Node } from '../graphql/node';
import { pageTypeOf } from '../graphql/page';
import { CountColumn, MomentColumn, TextColumn } from '../storage/columns';
import { AuditAction, AuditSubjectKind } from './action';
import { AuditActorKind } from './actor';

@Entity('audit_event')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description:
    'Something that was done in the workspace, with no secret in it. Reading and calling APIs are no such thing.',
})
export class AuditEvent extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  workspaceId!: string;

  @CountColumn()
  @Field(() => Int, { description: 'Its number in the workspace, from 1 and without gaps.' })
  sequence!: number;

  @MomentColumn()
  @Field({ description: 'When it was done.' })
  at!: Date;

  @TextColumn()
  actorKind!: AuditActorKind;

  @TextColumn({ nullable: true })
  actorId!: string | null;

  @TextColumn({ nullable: true })
  actorName!: string | null;

  @TextColumn({ nullable: true })
  actorRole!: string | null;

  @TextColumn({ nullable: true })
  actorUserId!: string | null;

  @TextColumn({ nullable: true })
  @Field(() => ID, {
    nullable: true,
    description:
      'The `x-request-id` of the request that did it, or that began what a person finished in a browser; null: the server itself.',
  })
  requestId!: string | null;

  @TextColumn()
  @Field(() => AuditAction, { description: 'What was done.' })
  action!: AuditAction;

  @TextColumn()
  subjectKind!: AuditSubjectKind;

  @TextColumn()
  subjectId!: string;

  @TextColumn({ nullable: true })
  subjectName!: string | null;

  /** Pairs of name and value as JSON, kept as text: the hash is over each character of it. */
  @TextColumn()
  details!: string;

  @TextColumn()
  @Field({ description: 'The hash of the entry before; 64 zeros for the first one.' })
  formerHash!: string;

  @TextColumn()
  @Field({ description: 'The SHA-256 of this entry and the hash of the one before, in hexadecimal.' })
  hash!: string;
}

export const AuditEventPage = pageTypeOf(AuditEvent, 'AuditEvent');

@ObjectType({ simpleResolvers: true, description: 'What a deed was done to, as it was then.' })
export class AuditSubject {
  @Field(() => AuditSubjectKind, { description: 'The kind of thing.' })
  kind!: AuditSubjectKind;

  @Field(() => ID, { description: 'Its id; it may be no more.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'What people called it; null where it has no name.' })
  name!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'A fact about a deed.' })
export class AuditDetail {
  @Field({ description: 'What the fact is about.' })
  name!: string;

  @Field({ description: 'The fact. No secret.' })
  value!: string;
}
