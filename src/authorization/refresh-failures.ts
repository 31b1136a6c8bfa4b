/** What a refresh that failed means: the verdict on the grant, and the problem that the caller is told. */
import { FailureKind, type ProviderFailure } from '../auth-types/provider-failure';
import type { Grant } from '../connections/grant';
import { ConnectionStatus, HealthRemedy, HealthState, type Verdict } from '../connections/health';
import { type Problem, UserErrorCode } from '../errors';

/** RFC 6749 section 5.2: only this error says that no further try can help; all others are about us or about the moment. */
export const isDead = ({ kind, providerError }: ProviderFailure): boolean =>
  kind === FailureKind.REFUSED && providerError === 'invalid_grant';

/** What kept the door out from getting an answer, where that is for somebody here to mend (`providerError` of `UNAVAILABLE`). */
const ownFailures: readonly (string | null)[] = ['target_not_allowed', 'tls_failed', 'too_large'];

/** The verdict on a grant whose refresh failed and is tried again at `next`; `null`: never. */
export function verdictOnFailure(failure: ProviderFailure, next: Date | null): Verdict {
  if (next === null)
    return {
      state: HealthState.BROKEN,
      reason: 'The provider does not renew the credentials any more (invalid_grant): authorize it again.',
      remedy: HealthRemedy.REAUTHORIZE,
    };
  const { kind, message, providerError } = failure;
  const word = kind === FailureKind.REFUSED && providerError ? ` Its word for it: ${providerError}.` : '';
  const isOurs = kind === FailureKind.REFUSED || ownFailures.includes(providerError);
  return {
    state: HealthState.DEGRADED,
    reason: `The credentials could not be refreshed: ${message}${word} The next try is at ${next.toISOString()}.`,
    remedy: isOurs ? HealthRemedy.FIX_CONFIGURATION : HealthRemedy.WAIT,
  };
}

/** What the caller is told of credentials that could not be refreshed, now or (without `failure`) at the last try. */
export function refreshProblem({ reason }: Grant, failure?: ProviderFailure): Problem {
  const { providerError, httpStatus } = failure ?? {};
  return {
    code: UserErrorCode.PROVIDER_ERROR,
    path: ['connection'],
    message: reason,
    facts: { providerError: providerError ?? undefined, httpStatus: httpStatus ?? undefined },
  };
}

/** What the caller is told of a grant that cannot be used. */
export function notAuthorized(grant: Grant | null, path: readonly string[]): Problem {
  return {
    code: UserErrorCode.NOT_AUTHORIZED,
    path,
    message: `The connection is ${grant?.status ?? ConnectionStatus.UNAUTHORIZED}: use connectionAuthorize first.`,
  };
}
