/** Percent-encoding in the one spelling that signatures are computed from: everything but RFC 3986's unreserved characters. */

/** Name and value, both percent-encoded. */
export type EncodedPair = readonly [name: string, value: string];

const isUnreserved = /^[A-Za-z0-9\-._~]*$/;

const encodeOctet = (octet: string) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** Encodes the UTF-8 of a text; an escape that is there already is encoded again. */
export function percentEncode(text: string): string {
  if (isUnreserved.test(text)) return text;
  // Half a surrogate pair has no UTF-8: as everywhere, the replacement character stands for it.
  const encoded = encodeURIComponent(text.toWellFormed());
  return encoded.replace(/[!'()*]/g, encodeOctet);
}

/**
 * Decodes as servers do (a bare `+` is a space), then encodes once. `octets` holds a byte a character: a URL may have escapes that
 * are no UTF-8, and a `%` that starts no escape.
 */
export function respell(octets: string): string {
  if (isUnreserved.test(octets)) return octets;
  return octets.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/g, (token) => {
    if (token === '+') return '%20';
    const octet = token.length === 3 ? String.fromCharCode(Number.parseInt(token.slice(1), 16)) : token;
    return isUnreserved.test(octet) ? octet : encodeOctet(octet);
  });
}

/** The pairs of a query (without its `?`) or of a form body, in order; the value begins after the first `=`. */
export function encodedPairs(octets: string): EncodedPair[] {
  return octets
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece): EncodedPair => {
      const [name = ''] = piece.split('=', 1);
      return [respell(name), respell(piece.slice(name.length + 1))];
    });
}

/** Sorted by name, then by value, and joined; by code unit, as `localeCompare` would put `a` before `B`. */
export function normalized(pairs: readonly EncodedPair[]): string {
  return [...pairs]
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
