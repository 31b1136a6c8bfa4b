/** Regular expressions that users wrote: whether they are ones, and whether a value matches, in bounded time. */
import { createContext, Script } from 'node:vm';

/** How long a match may take, in milliseconds: some expressions take exponential time on some values. */
const MATCH_TIMEOUT = 50;

export function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') !== undefined;
  } catch {
    return false;
  }
}

const match = new Script('expression.test(value)');

/** Whether the whole of `value` matches `pattern`; a match that takes too long is none. */
export function matchesWhole(pattern: string, value: string): boolean {
  const expression = new RegExp(`^(?:${pattern})$`, 'u');
  try {
    return match.runInContext(createContext({ expression, value }), { timeout: MATCH_TIMEOUT }) === true;
  } catch {
    return false;
  }
}
