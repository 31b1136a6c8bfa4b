/** Status and health: how a grant, and the connection made of its grants, is doing, and what to do about it. */
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
    AUTHORIZE: 'Authorize it: nobody has, or it was revoked.',
    REAUTHORIZE: 'Authorize it again: the credentials were refused.',
    WAIT: 'Wait: the API is in trouble, not the connection.',
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

  @Field({ description: 'In one sentence.' })
  reason!: string;

  @Field(() => HealthRemedy, { description: 'What to do.' })
  remedy!: HealthRemedy;

  @Field({ description: 'Since when it has been so.' })
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

export const verdicts = {
  unauthorized: { state: HealthState.UNKNOWN, reason: 'Nobody has authorized it yet.', remedy: HealthRemedy.AUTHORIZE },
  authorized: { state: HealthState.OK, reason: 'Authorized.', remedy: HealthRemedy.NONE },
  renewed: { state: HealthState.OK, reason: 'The credentials were renewed.', remedy: HealthRemedy.NONE },
  answered: { state: HealthState.OK, reason: 'The API answered the last call.', remedy: HealthRemedy.NONE },
  revoked: { state: HealthState.BROKEN, reason: 'It was revoked.', remedy: HealthRemedy.AUTHORIZE },
} satisfies Record<string, Verdict>;

/** The verdict on a grant that works: `fine`, unless the provider granted less than was asked for. */
export function healthy({ missingScopes }: { readonly missingScopes: readonly string[] }, fine: Verdict): Verdict {
  if (missingScopes.length === 0) return fine;
  const reason = `The provider did not grant ${missingScopes.join(', ')}.`;
  return { state: HealthState.DEGRADED, reason, remedy: HealthRemedy.REAUTHORIZE };
}

/** What is known of one grant, or of several alike. */
export interface GrantFacts extends Verdict {
  readonly status: ConnectionStatus;
}

/** Whether a change is more than another reason for the same: news moves `since` and is told to subscribers. */
export function isNews(before: GrantFacts, after: GrantFacts): boolean {
  return before.status !== after.status || before.state !== after.state || before.remedy !== after.remedy;
}

/** The status and the verdict of a connection, from those of all its grants. */
export function summarize(grants: readonly GrantFacts[]): { status: ConnectionStatus } & Verdict {
  const [only] = grants;
  if (!only) return { status: ConnectionStatus.UNAUTHORIZED, ...verdicts.unauthorized };
  if (grants.length === 1) return { status: only.status, state: only.state, reason: only.reason, remedy: only.remedy };
  const has = (status: ConnectionStatus) => grants.some((grant) => grant.status === status);
  const status = [ConnectionStatus.CONNECTED, ConnectionStatus.NEEDS_ATTENTION].find(has) ?? ConnectionStatus.REVOKED;
  const counted = grants.filter(
    (grant) => status === ConnectionStatus.REVOKED || grant.status !== ConnectionStatus.REVOKED,
  );
  const troubled = counted.filter((grant) => grant.state !== HealthState.OK);
  const [first] = troubled;
  if (!first) return { status, ...verdicts.authorized };
  const state = troubled.length === counted.length ? first.state : HealthState.DEGRADED;
  const reason = `${troubled.length} of ${counted.length} users have trouble. ${first.reason}`;
  return { status, state, reason, remedy: first.remedy };
}
