/** The limits of one call through a connection. */
export const LIMITS = {
  /** Characters. */
  url: 8192,
  headers: 100,
  parameters: 200,
  /** Characters of one header value. */
  headerValue: 8192,
  /** Bytes of the body of a request; the request to us is limited too. */
  bodyBytes: 10 * 1024 * 1024,
  /** Levels of lists and objects in JSON: writing it takes a piece of the stack for each, and the stack is finite. */
  jsonDepth: 500,
  timeoutMs: { least: 1, usual: 40_000, most: 120_000 },
  responseBytes: { least: 1, usual: 5 * 1024 * 1024, most: 25 * 1024 * 1024 },
} as const;
