/** An API key: a secret with a name and a role, of which only a hash is kept. */
import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Node } from '../graphql/node';
import { pageTypeOf } from '../graphql/page';
import { MomentColumn, TextColumn } from '../storage/columns';
import { Role } from './caller';

@Entity('api_key')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'A key to this API, with the role of who holds it.',
})
export class ApiKey extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  workspaceId!: string;

  @TextColumn()
  @Field({ description: 'What people call it.' })
  name!: string;

  @TextColumn()
  @Field(() => Role, { description: 'What it may do.' })
  role!: Role;

  @TextColumn()
  hash!: string;

  @TextColumn()
  @Field({ description: 'The last four characters of its secret, to tell keys apart.' })
  lastFour!: string;

  /** Whether it came from BOOTSTRAP_API_KEY, whose next value takes its place. */
  @Column('boolean')
  bootstrap!: boolean;

  @MomentColumn()
  @Field({ description: 'When it was made.' })
  createdAt!: Date;

  @MomentColumn({ nullable: true })
  @Field(() => Date, { nullable: true, description: 'When it ends; null: never.' })
  expiresAt!: Date | null;

  @MomentColumn({ nullable: true })
  @Field(() => Date, { nullable: true, description: 'When it was last used, to the minute; null: never.' })
  lastUsedAt!: Date | null;
}

export const ApiKeyPage = pageTypeOf(ApiKey, 'ApiKey');
