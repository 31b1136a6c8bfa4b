/** What a call that went wrong means: the problem the caller is told, and the verdict on the health of the grant. */
import { HealthRemedy, HealthState, type Verdict } from '../connections/health';
import { type Problem, UserErrorCode } from '../errors';
import type { OutboundError, OutboundFailure } from '../outbound';

interface Meaning {
  readonly path: readonly string[];
  /** What is to be done, or `null` when it says nothing about the grant. */
  readonly remedy: HealthRemedy | null;
}

const meanings: Record<OutboundFailure, Meaning> = {
  TARGET_NOT_ALLOWED: { path: ['url'], remedy: HealthRemedy.FIX_CONFIGURATION },
  NO_ANSWER: { path: ['url'], remedy: HealthRemedy.WAIT },
  TIMED_OUT: { path: ['timeoutMs'], remedy: HealthRemedy.WAIT },
  TOO_LARGE: { path: ['maxResponseBytes'], remedy: HealthRemedy.FIX_CONFIGURATION },
  TLS_FAILED: { path: ['url'], remedy: HealthRemedy.FIX_CONFIGURATION },
  INVALID_CHARACTERS: { path: ['headers'], remedy: null },
  RESERVED: { path: ['headers'], remedy: null },
};

export function problemOf({ failure, message }: OutboundError): Problem {
  return { code: UserErrorCode[failure], path: meanings[failure].path, message };
}

export function verdictOn({ failure, message }: Pick<OutboundError, 'failure' | 'message'>): Verdict | undefined {
  const { remedy } = meanings[failure];
  return remedy === null ? undefined : { state: HealthState.DEGRADED, reason: message, remedy };
}

const refused: Verdict = {
  state: HealthState.DEGRADED,
  reason: 'The API answered 401: it does not accept the credentials.',
  remedy: HealthRemedy.REAUTHORIZE,
};

const refusedAnew: Verdict = {
  ...refused,
  reason: 'The API answered 401, and again to credentials that had just been renewed: it does not accept them.',
};

/** RFC 9110 section 15.5.2: 401 alone says that the credentials do not serve; every other status is the API's own business. */
export function verdictOnStatus(status: number, areRenewed: boolean): Verdict | undefined {
  if (status !== 401) return undefined;
  return areRenewed ? refusedAnew : refused;
}

/** Whether credentials were renewed because of a 401 and refused all the same: renewing them once more with each call would not help. */
export const isRefusedAnew = ({ reason }: Verdict): boolean => reason === refusedAnew.reason;
