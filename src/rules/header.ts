/** Header fields: what a name looks like, what a value may hold, and which ones no caller may set. */

/** RFC 9110 section 5.1: a field name is a token. */
export const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** RFC 9110 section 5.5, without obs-text: visible ASCII, spaces and tabs inside. */
export const headerValue = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/;

/** Hop-by-hop (RFC 9110 section 7.6.1) and framing fields: they belong to the transport, not to a caller or a connector. */
const transportHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export const isTransportHeader = (name: string): boolean => transportHeaders.has(name.toLowerCase());
