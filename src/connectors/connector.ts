/** A connector: the description of an API's authentication, as it is kept and as it is answered. */
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { AuditSubjectKind } from '../audit/action';
import { AuthTypeEnum } from '../auth-types/inputs';
import { describeValues } from '../graphql/enums';
import { Node } from '../graphql/node';
import { pageTypeOf } from '../graphql/page';
import { JsonColumn, MomentColumn, TextColumn } from '../storage/columns';
import { ConnectionField } from './connection-field';

export enum ConnectorStage {
  DRAFT = 'DRAFT',
  READY = 'READY',
}

registerEnumType(ConnectorStage, {
  name: 'ConnectorStage',
  description: 'How far a connector is; from DRAFT to READY, never back.',
  valuesConfig: describeValues<keyof typeof ConnectorStage>({
    DRAFT: 'It can be changed in every way, and takes no connections.',
    READY: 'It takes connections; its authentication, link name and connection fields stay as they are.',
  }),
});

@Entity('connector')
@ObjectType({ implements: Node, simpleResolvers: true, description: "The description of an API's authentication." })
export class Connector extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  workspaceId!: string;

  @TextColumn()
  @Field({ description: 'What people call it.' })
  name!: string;

  /** The name in lower case, for searching. */
  @TextColumn()
  nameKey!: string;

  @TextColumn()
  @Field({ description: 'What scripts call it: unique in the workspace without regard to case.' })
  linkName!: string;

  /** What link names are compared by. */
  @TextColumn()
  linkNameKey!: string;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description!: string | null;

  @TextColumn()
  @Field(() => ConnectorStage, { description: 'How far it is.' })
  stage!: ConnectorStage;

  @TextColumn({ nullable: true })
  @Field(() => AuthTypeEnum, {
    nullable: true,
    description: 'How the API wants to be authenticated; null as long as nothing is configured.',
  })
  authType!: string | null;

  /** The configuration without its secrets. */
  @JsonColumn({ nullable: true })
  config!: object | null;

  /** The sealed secrets of the configuration: `Record<string, KeptSecret>`. */
  @TextColumn({ nullable: true })
  secrets!: string | null;

  @JsonColumn()
  allowedHosts!: string[];

  @JsonColumn()
  @Field(() => [ConnectionField], { description: 'What each connection says of itself.' })
  connectionFields!: ConnectionField[];

  @MomentColumn()
  @Field({ description: 'When it was made.' })
  createdAt!: Date;

  @MomentColumn()
  @Field({ description: 'When it was last changed.' })
  updatedAt!: Date;
}

export const ConnectorPage = pageTypeOf(Connector, 'Connector');

/** As the audit log tells of it. */
export const asSubject = ({ id, name }: Pick<Connector, 'id' | 'name'>) => ({
  kind: AuditSubjectKind.CONNECTOR,
  id,
  name,
});
