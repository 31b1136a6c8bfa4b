/** A connection: a named use of a Ready connector, with a link name that scripts refer to. */
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { AuditSubjectKind } from '../audit/action';
import { describeValues } from '../graphql/enums';
import { Node } from '../graphql/node';
import { pageTypeOf } from '../graphql/page';
import { JsonColumn, MomentColumn, TextColumn } from '../storage/columns';
import { ConnectionStatus, HealthRemedy, HealthState } from './health';

export enum AuthorizationLevel {
  ADMIN = 'ADMIN',
  LOGGED_IN_USER = 'LOGGED_IN_USER',
}

registerEnumType(AuthorizationLevel, {
  name: 'AuthorizationLevel',
  description: 'Whose credentials a connection uses.',
  valuesConfig: describeValues<keyof typeof AuthorizationLevel>({
    ADMIN: 'One grant, shared by everybody who uses the connection.',
    LOGGED_IN_USER: 'A grant for each user, told apart by `userId`.',
  }),
});

@Entity('connection')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'A named use of a connector.' })
export class Connection extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  workspaceId!: string;

  @TextColumn()
  connectorId!: string;

  @TextColumn()
  @Field({ description: 'What people call it.' })
  name!: string;

  @TextColumn()
  nameKey!: string;

  @TextColumn()
  @Field({ description: 'What scripts call it: unique in the workspace without regard to case.' })
  linkName!: string;

  @TextColumn()
  linkNameKey!: string;

  @TextColumn()
  @Field(() => AuthorizationLevel, { description: 'Whose credentials it uses.' })
  authorizationLevel!: AuthorizationLevel;

  @JsonColumn()
  scopeIds!: string[];

  /** The values of the connection fields that are not secret. */
  @JsonColumn()
  plainVariables!: Record<string, string>;

  /** The values of the secret ones, sealed. */
  @TextColumn({ nullable: true })
  secretVariables!: string | null;

  /** The names of the secret ones that have values. */
  @JsonColumn()
  secretVariableNames!: string[];

  @TextColumn()
  @Field(() => ConnectionStatus, { description: 'Whether it can be used.' })
  status!: ConnectionStatus;

  // The health of its grants in short, written in the transaction that changes one of them, so that lists need no second look.
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

  @MomentColumn({ nullable: true })
  expiresAt!: Date | null;

  @MomentColumn({ nullable: true })
  nextRefreshAt!: Date | null;

  @MomentColumn()
  @Field({ description: 'When it was made.' })
  createdAt!: Date;

  @MomentColumn()
  @Field({ description: 'When its settings were last changed.' })
  updatedAt!: Date;
}

export const ConnectionPage = pageTypeOf(Connection, 'Connection');

/** As the audit log tells of it. */
export const asSubject = ({ id, name }: Pick<Connection, 'id' | 'name'>) => ({
  kind: AuditSubjectKind.CONNECTION,
  id,
  name,
});
