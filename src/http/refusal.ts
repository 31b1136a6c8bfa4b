/** How a request that is refused as a whole is answered over HTTP: status, headers and the one error. */
import { topLevelError, topLevelErrors } from '../errors';
import { HttpRefusal } from './graphql-request';
import type { MaskedError } from './masking';

export interface Refusal {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly error: MaskedError;
}

export function refusalOf(thrown: unknown, mask: (thrown: unknown) => MaskedError): Refusal {
  if (thrown instanceof HttpRefusal)
    return {
      status: thrown.status,
      headers: thrown.headers,
      error: mask(topLevelError('BAD_USER_INPUT', thrown.message)),
    };
  const error = mask(thrown);
  const { code } = error.extensions;
  return { status: topLevelErrors[code], headers: headersOf(code, thrown), error };
}

function headersOf(code: MaskedError['extensions']['code'], thrown: unknown): Record<string, string> {
  // RFC 9110 sections 11.6.1 and 10.2.3.
  if (code === 'UNAUTHENTICATED') return { 'www-authenticate': 'Bearer' };
  const { retryAfter } = (thrown as { extensions?: { http?: { retryAfter?: number } } }).extensions?.http ?? {};
  return code === 'RATE_LIMITED' && retryAfter !== undefined ? { 'retry-after': `${retryAfter}` } : {};
}
