/** Numbers of several runs: their middle and how far they lie apart; and the order in which things are compared. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value below which `part` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  if (value === undefined) throw new Error('Nothing was measured.');
  return value;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new Error('Nothing was measured.');
  return (low + high) / 2;
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** The quotients of what was measured in the same rounds. */
export const ratioOf = (above: readonly number[], below: readonly number[]): Spread =>
  spreadOf(above.map((value, round) => value / (below[round] ?? Number.NaN)));

/** Measures each of `contestants` in each round; whoever was first is last in the next one, for what a machine does meanwhile hits all. */
export async function alternate<Name extends string>(
  rounds: number,
  contestants: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) measured[name].push(await contestants[name]());
    names.push(...names.splice(0, 1));
  }
  return measured;
}

function digits(value: number): number {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return 0;
  return size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
}

/** A number as people read it: three digits or so, thousands set apart. */
export const written = (value: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits(value), maximumFractionDigits: digits(value) });

export const perSecond = (values: readonly number[]): string => `${written(median(values))}/s`;
export const milliseconds = (values: readonly number[]): string => `${written(median(values))} ms`;
