/** The only errors that leave this folder: rebuilt from the host and fixed words, so that no secret can be in them. */

/**
 * Why there is no answer. Each is also a code of the error catalogue. `INVALID_CHARACTERS` and `RESERVED` are about what
 * the caller gave (method, headers), the others about the target and its answer.
 */
export type OutboundFailure =
  | 'TARGET_NOT_ALLOWED'
  | 'NO_ANSWER'
  | 'TIMED_OUT'
  | 'TOO_LARGE'
  | 'TLS_FAILED'
  | 'INVALID_CHARACTERS'
  | 'RESERVED';

/** `host` is the host of the URL, with its port where that is not the default; empty when the URL has none. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';

  constructor(
    readonly failure: OutboundFailure,
    readonly host: string,
    message: string,
  ) {
    super(message);
  }
}

// What OpenSSL and Node call a certificate or handshake that is not acceptable. A connection that is merely cut during the
// handshake is ECONNRESET, which is no answer.
const tlsCodes =
  /^(EPROTO|ERR_(SSL|TLS|OSSL)_.*|UNSPECIFIED|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|.*(CERT|CRL|ISSUER|LEAF_SIGNATURE).*)$/;

/**
 * Rebuilds whatever the libraries threw. Their messages and causes are dropped: undici's contain header values and pieces of
 * the answer. Only a code of capital letters, which names a kind of failure, is shown.
 */
export function toOutboundError(error: unknown, host: string): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new OutboundError('TOO_LARGE', host, `The answer of ${host} has more header bytes than allowed.`);
  }
  if (code === 'ETIMEDOUT') return new OutboundError('TIMED_OUT', host, `${host} did not accept a connection in time.`);
  if (tlsCodes.test(code)) {
    return new OutboundError(
      'TLS_FAILED',
      host,
      `The certificate or encryption of ${host} is not acceptable (${code}).`,
    );
  }
  return new OutboundError('NO_ANSWER', host, `${host} gave no usable answer (${code}).`);
}

function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code)) return code;
  return name === 'HTTPParserError' ? 'INVALID_HTTP' : 'UNKNOWN'; // undici names no code for most of these
}
