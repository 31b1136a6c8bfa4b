// Which failure the codes of Node, OpenSSL and undici stand for.
import { OutboundError, toOutboundError } from '../../src/outbound/errors';

const coded = (code: unknown) => Object.assign(new Error('secret words'), { code });

it.each([
  ['NO_ANSWER', 'ECONNREFUSED'],
  ['NO_ANSWER', 'ECONNRESET'],
  ['NO_ANSWER', 'EPIPE'],
  ['NO_ANSWER', 'ENOTFOUND'],
  ['NO_ANSWER', 'EHOSTUNREACH'],
  ['NO_ANSWER', 'UND_ERR_SOCKET'],
  ['NO_ANSWER', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
  ['NO_ANSWER', 'HPE_INVALID_CONSTANT'],
  ['NO_ANSWER', 'Z_DATA_ERROR'],
  ['TLS_FAILED', 'EPROTO'],
  ['TLS_FAILED', 'ERR_SSL_WRONG_VERSION_NUMBER'],
  ['TLS_FAILED', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ['TLS_FAILED', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['TLS_FAILED', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ['TLS_FAILED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['TLS_FAILED', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  ['TLS_FAILED', 'CERT_REVOKED'],
  ['TLS_FAILED', 'HOSTNAME_MISMATCH'],
  ['TLS_FAILED', 'INVALID_PURPOSE'],
  ['TLS_FAILED', 'UNSPECIFIED'], // what Node calls a verification result it has no name for, such as a weak key
])('%s for %s, which is shown', (failure, code) => {
  const error = toOutboundError(coded(code), 'api.example.com');
  expect(error).toBeInstanceOf(OutboundError);
  expect([error.failure, error.host]).toEqual([failure, 'api.example.com']);
  expect(error.message).toContain(`(${code})`);
});

it('TIMED_OUT for a connection that is not accepted', () => {
  const error = toOutboundError(coded('ETIMEDOUT'), 'api.example.com');
  expect([error.failure, error.message]).toEqual(['TIMED_OUT', 'api.example.com did not accept a connection in time.']);
});

it.each(['secret', 'Secret-Value', 'BEARER secret', 'A'.repeat(65), '', 42, null, undefined])(
  'shows no code that is not one: %p',
  (code) => {
    expect(toOutboundError(coded(code), 'api.example.com').message).toBe(
      'api.example.com gave no usable answer (UNKNOWN).',
    );
  },
);

it.each([undefined, null, 'secret words', 7])('copes with %p being thrown', (thrown) => {
  expect(toOutboundError(thrown, 'api.example.com').message).toBe('api.example.com gave no usable answer (UNKNOWN).');
});

it('leaves its own errors as they are', () => {
  const error = new OutboundError('TOO_LARGE', 'api.example.com', 'words');
  expect(toOutboundError(error, 'other.example.com')).toBe(error);
});
