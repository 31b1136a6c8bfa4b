/** What token endpoints really answer, put in the order that RFC 6749 section 5 has: forms, text, odd types, errors with status 200. */
import type { ProviderAnswer } from '../flow';
import { FailureKind, ProviderFailure } from '../provider-failure';
import { type Fields, fieldsOf, isText, said } from './provider-words';
import { passing } from './understood';

/** A token that lives longer counts as living ten years, in seconds: a date must be able to hold its end. */
const LONGEST_LIFE = 315_360_000;

/**
 * The token answer in `answer`. Throws `ProviderFailure` for errors and for what holds no token; `secrets` are kept out of its words.
 */
export function inOrder(answer: ProviderAnswer, secrets: readonly (string | undefined)[]): Response {
  const fields = fieldsOf(answer.body);
  refuseErrors(answer, fields, secrets);
  const scope = Array.isArray(fields.scope) ? fields.scope.filter(isText).join(' ') : fields.scope;
  const expiresIn = secondsIn(fields.expires_in);
  return Response.json({
    access_token: fields.access_token,
    // What stands before the token is the connector's bearer name, whatever the provider calls the type.
    token_type: 'bearer',
    ...(expiresIn !== undefined && { expires_in: expiresIn }),
    ...(isText(fields.refresh_token) && { refresh_token: fields.refresh_token }),
    ...(isText(scope) && { scope }),
  });
}

function refuseErrors(answer: ProviderAnswer, fields: Fields, secrets: readonly (string | undefined)[]) {
  const { status, headers } = answer;
  const words = said(answer, fields, secrets);
  const fail = (kind: FailureKind, message: string) =>
    new ProviderFailure(kind, message, { ...words, httpStatus: status, retryAfter: retryAfter(headers) });
  if (status >= 500 || status === 429 || status === 408 || passing.includes(words.providerError ?? ''))
    throw fail(FailureKind.UNAVAILABLE, `The provider answered ${status}: it is in trouble, or asks for patience.`);
  const isToken = isUsable(fields.access_token);
  const isError = Boolean(fields.error) || fields.ok === false;
  if (status >= 400 || isError || (!isToken && words.providerError !== undefined))
    throw fail(FailureKind.REFUSED, 'The provider refused to give a token.');
  if (!isToken || status < 200 || status >= 300)
    throw fail(
      FailureKind.BROKEN,
      `The answer of the provider (status ${status}) holds no access token that can be used.`,
    );
}

/** RFC 6749 appendix A.12: visible ASCII and spaces; anything else could not stand in a header. */
const isUsable = (token: unknown) => isText(token) && /^[ -~]+$/.test(token);

/** A number of seconds, 1 or more, from a number or its text; `undefined` for all else, where the connector's expiry counts. */
function secondsIn(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value));
  const seconds = isNumber ? Math.floor(Number(value)) : 0;
  return seconds >= 1 ? Math.min(seconds, LONGEST_LIFE) : undefined;
}

/** RFC 9110 section 10.2.3, in seconds; dates are as rare there as clocks are wrong. */
function retryAfter(headers: ProviderAnswer['headers']): number | undefined {
  const value = headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1];
  return value && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}
