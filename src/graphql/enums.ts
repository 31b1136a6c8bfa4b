/** How enum values get their descriptions. */

/** From `{ VALUE: 'what it means' }` to what `registerEnumType` takes. */
export function describeValues<Values extends string>(
  meaning: Record<Values, string>,
): Record<Values, { description: string }> {
  return Object.fromEntries(
    Object.entries<string>(meaning).map(([value, description]) => [value, { description }]),
  ) as Record<Values, { description: string }>;
}
