/** How auth types say which details are missing before a connector can be marked Ready. */
import { type Problem, UserErrorCode } from '../errors';

/** A missing detail; `what` names it. */
export const missingDetail = (path: readonly string[], what: string): Problem => ({
  code: UserErrorCode.REQUIRED,
  path,
  message: `${what} is required before the connector can be marked Ready.`,
});

/** A `missingDetail` for each of `fields` (name → what people call it) that `values` leaves empty. */
export function missingFields(values: object, fields: Readonly<Record<string, string>>): Problem[] {
  const given = values as Record<string, unknown>;
  return Object.entries(fields).flatMap(([field, what]) => (given[field] ? [] : [missingDetail([field], what)]));
}
