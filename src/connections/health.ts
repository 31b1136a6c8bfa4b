/** Status and health as they are told: how a grant, or a connection with all its grants, is doing, and what to do about it. */
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';

export enum ConnectionStatus {
  UNAUTHORIZED = 'UNAUTHORIZED',
  CONNECTED = 'CONNECTED',
  NEEDS_ATTENTION = 'NEEDS_ATTENTION',
  REVOKED = 'REVOKED',
}

registerEnumType(ConnectionStatus, {
  name: 'ConnectionStatus',
  description: 'Whether a connection, or the grant of one user, can be used.',
  valuesConfig: describeValues<keyof typeof ConnectionStatus>({
    UNAUTHORIZED: 'Nobody has authorized it yet.',
    CONNECTED: 'It has credentials; a LOGGED_IN_USER connection: of at least one user.',
    NEEDS_ATTENTION: 'Its credentials do not serve any more: it has to be authorized again.',
    REVOKED: 'It was revoked; its credentials are forgotten.',
  }),
});

export enum HealthState {
  OK = 'OK',
  DEGRADED = 'DEGRADED',
  BROKEN = 'BROKEN',
  UNKNOWN = 'UNKNOWN',
}

registerEnumType(HealthState, {
  name: 'HealthState',
  description: 'How a connection is doing.',
  valuesConfig: describeValues<keyof typeof HealthState>({
    OK: 'Nothing is known to be wrong.',
    DEGRADED: 'The last call, or some user, had trouble; it may work again.',
    BROKEN: 'It does not work before somebody acts.',
    UNKNOWN: 'Nothing has happened yet to tell by.',
  }),
});

export enum HealthRemedy {
  NONE = 'NONE',
  AUTHORIZE = 'AUTHORIZE',
  REAUTHORIZE = 'REAUTHORIZE',
  WAIT = 'WAIT',
  FIX_CONFIGURATION = 'FIX_CONFIGURATION',
}

registerEnumType(HealthRemedy, {
  name: 'HealthRemedy',
  description: 'What to do about the health of a connection.',
  valuesConfig: describeValues<keyof typeof HealthRemedy>({
    NONE: 'Nothing.',
    AUTHORIZE: 'Use connectionAuthorize: nobody has yet, or it was revoked.',
    REAUTHORIZE: 'Use connectionAuthorize again: the API does not accept the credentials any more.',
    WAIT: 'Wait and call again: the API, or the way to it, is in trouble, not the connection.',
    FIX_CONFIGURATION: 'Change the connector, the request, or the settings of this server; the reason says what.',
  }),
});

/** A judgement of how things are. */
export interface Verdict {
  readonly state: HealthState;
  /** A sentence for people, without secrets. */
  readonly reason: string;
  readonly remedy: HealthRemedy;
}

@ObjectType({ simpleResolvers: true, description: 'How a connection, or the grant of one user, is doing.' })
export class Health implements Verdict {
  @Field(() => HealthState, { description: 'In one word.' })
  state!: HealthState;

  @Field({ description: 'For people: what happened last that matters.' })
  reason!: string;

  @Field(() => HealthRemedy, { description: 'What to do.' })
  remedy!: HealthRemedy;

  @Field({ description: 'Since when status, state and remedy have been as they are.' })
  since!: Date;

  @Field(() => Date, {
    nullable: true,
    description: 'When the API last answered without refusing the credentials; null: never.',
  })
  lastSuccessAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When there was trouble last; null: never.' })
  lastErrorAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'When the credentials expire, the soonest of several; null: not known to.',
  })
  expiresAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When they are refreshed next; null: never.' })
  nextRefreshAt!: Date | null;
}
