/** Has every third transaction on Postgres fail once at its end, as if another one had got in its way: each must bear being run again. */
import { PostgresWriter } from '../../src/storage/postgres-writer';
import type { Work } from '../../src/storage/writer';

/** What `write` runs each attempt by. */
interface Attempts {
  transaction<T>(work: Work<T>): Promise<T>;
}

const attempts = PostgresWriter.prototype as unknown as Attempts;
const original = attempts.transaction;
let count = 0;

attempts.transaction = function <T>(this: Attempts, work: Work<T>): Promise<T> {
  count += 1;
  const disturbed: Work<T> = async (tx) => {
    await work(tx);
    throw Object.assign(new Error('Disturbed by the tests.'), { code: '40001' });
  };
  return original.call(this, count % 3 === 0 ? disturbed : work) as Promise<T>;
};
