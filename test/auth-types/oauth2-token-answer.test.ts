/** What a token answer says beside the token: how long to leave the provider alone, and with which status it refused. */
import { inOrder } from '../../src/auth-types/oauth2/token-answer';
import { FailureKind, ProviderFailure } from '../../src/auth-types/provider-failure';

function failureOf(status: number, headers: [string, string][] = []): ProviderFailure {
  try {
    inOrder({ status, headers, body: Buffer.from('{"error":"no"}') }, []);
  } catch (error) {
    if (error instanceof ProviderFailure) return error;
  }
  throw new Error('The answer was accepted.');
}

test.each([
  ['30', 30],
  ['0', 0],
  ['999999', 999_999],
  ['1000000', null],
  ['-1', null],
  ['1.5', null],
  ['soon', null],
  ['', null],
  ['Fri, 31 Dec 1999 23:59:59 GMT', null],
])('a Retry-After of "%s" is %p seconds', (value, expected) => {
  expect(failureOf(429, [['Retry-After', value]])).toMatchObject({
    kind: FailureKind.UNAVAILABLE,
    httpStatus: 429,
    retryAfter: expected,
  });
});

test.each([
  [200, FailureKind.REFUSED],
  [302, FailureKind.REFUSED],
  [400, FailureKind.REFUSED],
  [407, FailureKind.REFUSED],
  [408, FailureKind.UNAVAILABLE],
  [428, FailureKind.REFUSED],
  [429, FailureKind.UNAVAILABLE],
  [499, FailureKind.REFUSED],
  [500, FailureKind.UNAVAILABLE],
  [599, FailureKind.UNAVAILABLE],
])('an error with status %i is %s', (status, kind) => {
  expect(failureOf(status)).toMatchObject({ kind, httpStatus: status, providerError: 'no', retryAfter: null });
});
