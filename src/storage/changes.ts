/** Partial updates: what of an input was given. */

/** `values` without those that are `undefined`; `undefined` when nothing is left. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length > 0
    ? (Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> })
    : undefined;
}
