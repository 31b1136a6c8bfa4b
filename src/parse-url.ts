/** Parses URLs without throwing. */

/**
 * The URL, or `undefined` when `text` is none. `URL.canParse` would be the shorter way, but once V8 has optimized it, Node 20 takes
 * every text with a Latin-1 letter for no URL.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
