/** A workspace: what keys, connectors and connections belong to, and nobody outside of it sees. */
import { Field, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { Node } from '../graphql/node';
import { JsonColumn, MomentColumn, TextColumn } from '../storage/columns';

@Entity('workspace')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'What keys, connectors and connections belong to.',
})
export class Workspace extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  @Field({ description: 'What people call it.' })
  name!: string;

  @JsonColumn()
  @Field(() => [String], { description: 'The exact URLs that `returnTo` may name in `connectionAuthorize`.' })
  returnToUrls!: string[];

  @MomentColumn()
  @Field({ description: 'When it was made.' })
  createdAt!: Date;
}
