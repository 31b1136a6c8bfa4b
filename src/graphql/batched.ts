/** Batches: what is asked for one by one at the same time is read together. */
import DataLoader from 'dataloader';

/** More ids in one statement make it no cheaper, and databases bound how many there may be. */
const LARGEST = 500;

/**
 * A loader of values by id, in batches. `read` gives a value or an error for each id, in their order. Nothing is kept: within one
 * operation, a subscription above all, things change.
 */
export function batched<Value>(
  read: (ids: readonly string[]) => Promise<(Value | Error)[]>,
): DataLoader<string, Value> {
  return new DataLoader(read, { cache: false, maxBatchSize: LARGEST });
}
