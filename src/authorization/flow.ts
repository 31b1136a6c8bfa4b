/** An authorization flow: one attempt to obtain a grant. */
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { describeValues } from '../graphql/enums';
import { Node } from '../graphql/node';
import { JsonColumn, MomentColumn, TextColumn } from '../storage/columns';

export enum AuthorizationFlowStatus {
  PENDING = 'PENDING',
  AWAITING_CONFIRMATION = 'AWAITING_CONFIRMATION',
  AUTHORIZED = 'AUTHORIZED',
  DENIED = 'DENIED',
  FAILED = 'FAILED',
  EXPIRED = 'EXPIRED',
}

registerEnumType(AuthorizationFlowStatus, {
  name: 'AuthorizationFlowStatus',
  description: 'How far an authorization flow is. All but the first two are final.',
  valuesConfig: describeValues<keyof typeof AuthorizationFlowStatus>({
    PENDING: 'The person has not come back from the provider yet.',
    AWAITING_CONFIRMATION: 'The person has come back; the application has to confirm.',
    AUTHORIZED: 'There is a grant.',
    DENIED: 'The person declined.',
    FAILED: 'Something went wrong; the error says what.',
    EXPIRED: 'It took too long.',
  }),
});

export const isFinal = (status: AuthorizationFlowStatus): boolean =>
  status !== AuthorizationFlowStatus.PENDING && status !== AuthorizationFlowStatus.AWAITING_CONFIRMATION;

@ObjectType({ simpleResolvers: true, description: 'Why a flow ended without a grant.' })
export class AuthorizationFlowError {
  @Field({ description: 'In one word, for programs.' })
  code!: string;

  @Field({ description: 'In one sentence, for people.' })
  message!: string;

  @Field(() => String, {
    nullable: true,
    description: "The provider's word for it (`error`, RFC 6749 section 4.1.2.1).",
  })
  providerError!: string | null;

  @Field(() => String, { nullable: true, description: "The provider's sentence for it (`error_description`)." })
  providerErrorDescription!: string | null;
}

@Entity('authorization_flow')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'One attempt to obtain a grant.' })
export class AuthorizationFlow extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  workspaceId!: string;

  @TextColumn()
  connectionId!: string;

  /** The user, or `SHARED`, as in a grant. */
  @TextColumn()
  userKey!: string;

  @TextColumn()
  @Field(() => AuthorizationFlowStatus, { description: 'How far it is.' })
  status!: AuthorizationFlowStatus;

  /** Where the person goes to consent. */
  @TextColumn({ nullable: true })
  @Field(() => String, {
    nullable: true,
    description: 'Where to send the person; null where nobody is sent anywhere, or the flow has ended.',
  })
  authorizationUrl!: string | null;

  @JsonColumn({ nullable: true })
  @Field(() => AuthorizationFlowError, { nullable: true, description: 'Why it ended without a grant; null otherwise.' })
  error!: AuthorizationFlowError | null;

  @MomentColumn()
  createdAt!: Date;

  @MomentColumn()
  @Field({ description: 'When it ends, or ended, for want of an answer.' })
  expiresAt!: Date;
}
