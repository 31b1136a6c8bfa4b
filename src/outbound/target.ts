/** Which URLs may be called at all, before any address is known; pure. */
import { parseUrl } from '../parse-url';
import { OutboundError } from './errors';

// Scheme, two slashes, a host, no user-info. The URL parser would repair `http:\\host`, `http:host` and tabs inside; what needs
// repair is read differently by others, so it is refused.
const plainUrl = /^https?:\/\/[^/?#\\@\s]+(?:[/?#]|$)/i;
const controlOrEdgeSpace = /^\s|\p{Cc}|\s$/u;

/** Reads the URL of a request; throws `TARGET_NOT_ALLOWED`. */
export function parseTarget(given: string | URL, requireHttps: boolean): URL {
  const text = String(given);
  const authorityAndPath = text.split(/[?#]/, 1)[0]!;
  const url = parseUrl(text);
  if (!url || !plainUrl.test(text) || controlOrEdgeSpace.test(text) || authorityAndPath.includes('\\')) {
    throw new OutboundError(
      'TARGET_NOT_ALLOWED',
      '',
      'The URL may not be called: it must begin with http:// or https:// and a valid host, without user-info, ' +
        'and have no backslash, control character or space around it.',
    );
  }
  if (requireHttps && url.protocol !== 'https:') {
    throw new OutboundError(
      'TARGET_NOT_ALLOWED',
      url.host,
      `${url.host} may not be called by plain http because REQUIRE_HTTPS is set. Use an https URL.`,
    );
  }
  return url;
}
