/** The log: one JSON line an entry on standard output, with request ids and without secrets. */
import pino, { type Logger } from 'pino';

export type Log = Logger;

/** Field names whose values are never written, wherever in an entry they stand (three levels deep). */
const secretFields = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'clientSecret',
  'consumerSecret',
  'credentials',
  'variables',
];

/** A log at `level`, to standard output or to `destination`. */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
      serializers: { err: errorFields },
    },
    destination as pino.DestinationStream,
  );
}

/** Errors are rebuilt from four fields: others (a query's parameters, a request's headers) may carry secrets. */
function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack } = error;
  return { type: name, message, code: (error as { code?: unknown }).code, stack };
}
