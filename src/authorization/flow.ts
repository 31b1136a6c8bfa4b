/** An authorization flow: one attempt to obtain a grant. */
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import type { Actor } from '../audit/actor';
import type { Memory, Obtained } from '../auth-types/flow';
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

export enum AuthorizationErrorCode {
  DENIED = 'DENIED',
  EXPIRED = 'EXPIRED',
  PROVIDER_REFUSED = 'PROVIDER_REFUSED',
  PROVIDER_UNAVAILABLE = 'PROVIDER_UNAVAILABLE',
  PROVIDER_ANSWER_UNUSABLE = 'PROVIDER_ANSWER_UNUSABLE',
  WRONG_BROWSER = 'WRONG_BROWSER',
  WRONG_CONNECTOR = 'WRONG_CONNECTOR',
  REVOKED = 'REVOKED',
  INTERNAL = 'INTERNAL',
}

registerEnumType(AuthorizationErrorCode, {
  name: 'AuthorizationErrorCode',
  description: 'Why a flow ended without a grant.',
  valuesConfig: describeValues<keyof typeof AuthorizationErrorCode>({
    DENIED: 'The person declined.',
    EXPIRED: 'It took too long.',
    PROVIDER_REFUSED: 'The provider refused; `providerError` has its words.',
    PROVIDER_UNAVAILABLE: 'The provider could not be reached or was in trouble.',
    PROVIDER_ANSWER_UNUSABLE: 'The answer of the provider cannot be trusted or understood.',
    WRONG_BROWSER: 'The person came back in another browser than the one that left.',
    WRONG_CONNECTOR: "The person came back at another connector's redirect URI.",
    REVOKED: 'The credentials of the connection were revoked while the flow was under way.',
    INTERNAL: 'Something went wrong on our side; the log says what.',
  }),
});

@ObjectType({ simpleResolvers: true, description: 'Why a flow ended without a grant.' })
export class AuthorizationFlowError {
  @Field(() => AuthorizationErrorCode, { description: 'In one word, for programs.' })
  code!: AuthorizationErrorCode;

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

/** How far the person is in a flow that is PENDING. */
export enum FlowStep {
  /** The start link was given out. */
  LINKED = 'LINKED',
  /** A browser was sent to the provider. */
  SENT = 'SENT',
  /** That browser came back, or nobody was ever sent. */
  RETURNED = 'RETURNED',
}

/** What a flow keeps encrypted while it is under way. */
export interface FlowSecrets {
  readonly startToken?: string;
  readonly memory?: Memory;
  /** The scopes that the person was asked for. */
  readonly asked?: readonly string[];
  /** What waits for a confirmation. */
  readonly obtained?: Obtained;
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

  @TextColumn()
  connectorId!: string;

  /** How far the person is; see `FlowStep`. */
  @TextColumn()
  step!: FlowStep;

  /** Who asked, in words for the person who is asked. */
  @TextColumn()
  requestedBy!: string;

  /** Who asked, for the audit log; null in flows that are older than that. */
  @JsonColumn({ nullable: true })
  begunBy!: Actor | null;

  /** The hash of the token in the start link. */
  @TextColumn({ nullable: true })
  startHash!: string | null;

  /** The hash of the `state` that the person must come back with; null before they leave and once they are back. */
  @TextColumn({ nullable: true })
  stateHash!: string | null;

  /** The hash of the cookie of the browser that left for the provider. */
  @TextColumn({ nullable: true })
  browserHash!: string | null;

  /** Where the application wants the person to end, if anywhere. */
  @TextColumn({ nullable: true })
  returnTo!: string | null;

  /** The hash of the token that the application confirms with. */
  @TextColumn({ nullable: true })
  confirmationHash!: string | null;

  /** Sealed `FlowSecrets`. */
  @TextColumn({ nullable: true })
  secrets!: string | null;

  @JsonColumn({ nullable: true })
  @Field(() => AuthorizationFlowError, { nullable: true, description: 'Why it ended without a grant; null otherwise.' })
  error!: AuthorizationFlowError | null;

  @MomentColumn()
  createdAt!: Date;

  @MomentColumn()
  @Field({ description: 'When it ends, or ended, for want of an answer.' })
  expiresAt!: Date;
}
