/** The verdicts on grants, how those of several become the one of their connection, and what of it is news. */
import { ConnectionStatus, HealthRemedy, HealthState, type Verdict } from './health';

export const verdicts = {
  unauthorized: {
    state: HealthState.UNKNOWN,
    reason: 'Nobody has authorized it yet, so that there are no credentials to call the API with.',
    remedy: HealthRemedy.AUTHORIZE,
  },
  authorized: {
    state: HealthState.OK,
    reason: 'It was authorized, and nothing has gone wrong since.',
    remedy: HealthRemedy.NONE,
  },
  recovered: {
    state: HealthState.OK,
    reason: 'The API answers again and does not refuse the credentials.',
    remedy: HealthRemedy.NONE,
  },
  renewed: {
    state: HealthState.OK,
    reason: 'The credentials were renewed.',
    remedy: HealthRemedy.NONE,
  },
  revoked: {
    state: HealthState.BROKEN,
    reason: 'It was revoked and its credentials are forgotten: no call is possible before it is authorized again.',
    remedy: HealthRemedy.AUTHORIZE,
  },
} satisfies Record<string, Verdict>;

/** The verdict on a grant that works: `fine`, unless the provider granted less than was asked for. */
export function healthy({ missingScopes }: { readonly missingScopes: readonly string[] }, fine: Verdict): Verdict {
  if (missingScopes.length === 0) return fine;
  const reason = `The provider did not grant ${missingScopes.join(', ')}: calls that need it are refused.`;
  return { state: HealthState.DEGRADED, reason, remedy: HealthRemedy.REAUTHORIZE };
}

/** How things stand with one grant, or with a connection. */
export interface Standing extends Verdict {
  readonly status: ConnectionStatus;
}

/** From the least to the most that somebody has to do. */
const urgency = [
  HealthRemedy.NONE,
  HealthRemedy.WAIT,
  HealthRemedy.AUTHORIZE,
  HealthRemedy.REAUTHORIZE,
  HealthRemedy.FIX_CONFIGURATION,
];

/** The standing of a connection, from those of all its grants. */
export function summarize(grants: readonly Standing[]): Standing {
  if (grants.length === 0) return { status: ConnectionStatus.UNAUTHORIZED, ...verdicts.unauthorized };
  const kept = grants.filter(({ status }) => status !== ConnectionStatus.REVOKED);
  const [first, ...others] = kept;
  if (!first) return { status: ConnectionStatus.REVOKED, ...verdicts.revoked };
  if (others.length === 0) return standingOf(first);
  const isConnected = kept.some(({ status }) => status === ConnectionStatus.CONNECTED);
  const status = isConnected ? ConnectionStatus.CONNECTED : ConnectionStatus.NEEDS_ATTENTION;
  const troubled = kept.filter(({ state }) => state !== HealthState.OK);
  const [worst] = troubled.toSorted((one, other) => urgency.indexOf(other.remedy) - urgency.indexOf(one.remedy));
  if (!worst) return { status, ...verdicts.authorized };
  return {
    status,
    state: kept.every(({ state }) => state === HealthState.BROKEN) ? HealthState.BROKEN : HealthState.DEGRADED,
    reason: `${troubled.length} of ${kept.length} users ${troubled.length === 1 ? 'has' : 'have'} trouble: ${worst.reason}`,
    remedy: worst.remedy,
  };
}

/** Whether a change is more than another reason for the same: news moves `since` and is told to subscribers. */
export function isNews(before: Standing, after: Standing): boolean {
  return before.status !== after.status || before.state !== after.state || before.remedy !== after.remedy;
}

/** A row without what else it holds. */
const standingOf = ({ status, state, reason, remedy }: Standing): Standing => ({ status, state, reason, remedy });
