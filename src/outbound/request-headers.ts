/** Checks the headers of a request before undici sees them, because its own errors contain what was wrong; pure. */
import { OutboundError } from './errors';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // RFC 9110 section 5.6.2
const fieldValue = /^[\t -~\u0080-\u00ff]*$/; // RFC 9110 section 5.5, sent as ISO 8859-1

// They steer the connection (RFC 9110 section 7.6.1, RFC 9112 section 6), which is ours.
const connectionHeaders = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What is sent unless the caller says it otherwise. Some APIs (GitHub's) refuse whoever does not say who asks. */
const usual = [
  ['accept-encoding', 'gzip, deflate, br'],
  ['user-agent', 'Grapnel'],
] as const;

interface Given {
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: Uint8Array;
}

/** Throws `INVALID_CHARACTERS` or `RESERVED` for a method that HTTP or this server does not allow. */
export function checkMethod(method: string, host: string): void {
  if (!token.test(method)) {
    throw new OutboundError('INVALID_CHARACTERS', host, 'The method has a character that HTTP does not allow in one.');
  }
  if (/^(CONNECT|TRACE)$/i.test(method)) {
    throw new OutboundError('RESERVED', host, 'The methods CONNECT and TRACE cannot be sent.');
  }
}

/**
 * The headers as undici takes them: name, value, name, value. `Host` and `Content-Length` are written by undici; given ones
 * (a signer lists them) must say the same and are left out. Throws `INVALID_CHARACTERS` or `RESERVED`.
 */
export function requestHeaders(request: Given, host: string): string[] {
  const lines: string[] = [];
  for (const [name, value] of request.headers) {
    if (!token.test(name)) {
      throw new OutboundError(
        'INVALID_CHARACTERS',
        host,
        'A header name has a character that HTTP does not allow in one.',
      );
    }
    if (!fieldValue.test(value)) {
      throw new OutboundError(
        'INVALID_CHARACTERS',
        host,
        `The value of the header ${name} has a line break, a control character or one outside of ISO 8859-1.`,
      );
    }
    const written = writtenByUndici(name.toLowerCase(), request, host);
    if (connectionHeaders.has(name.toLowerCase()) || (written !== undefined && written !== value.toLowerCase())) {
      throw new OutboundError('RESERVED', host, `The header ${name} belongs to the connection and cannot be set.`);
    }
    if (written === undefined) lines.push(name, value);
  }
  for (const [name, value] of usual) {
    if (!request.headers.some(([given]) => given.toLowerCase() === name)) lines.push(name, value);
  }
  return lines;
}

// Another `Host` would also change the name that the certificate is checked against.
function writtenByUndici(name: string, request: Given, host: string): string | undefined {
  if (name === 'host') return host;
  return name === 'content-length' ? String(request.body?.byteLength ?? 0) : undefined;
}
