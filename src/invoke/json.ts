/** JSON in both directions: only what is not nested too deep to be written again. */
import { LIMITS } from './limits';

/** Whether `value` has more levels of lists and objects than `levels`. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

/** The value that `text` writes; `null` when it is not JSON, or nested deeper than the limit. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeperThan(LIMITS.jsonDepth, value) ? null : value;
  } catch {
    return null;
  }
}
