/** A sample that is the same in every run, and random numbers that are, too. */

/** Random numbers below 2^32 from a seed: xorshift32 (Marsaglia 2003). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** `count` of `all`, or all of them when there are fewer, in an order of their own. */
export function sampleOf<T>(all: readonly T[], count: number, seed = 20_260_101): T[] {
  const random = randomFrom(seed);
  return all
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ item }) => item);
}
