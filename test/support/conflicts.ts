/** Has every third transaction on Postgres fail once at its end, as if another one had got in its way: each must bear being run again. */
import type { EntityManager } from 'typeorm';
import { Store } from '../../src/storage/store';

type Work<T> = (tx: EntityManager) => Promise<T>;

/** What `write` runs each attempt by. */
interface Attempts {
  transaction<T>(work: Work<T>, begin: string): Promise<T>;
}

const attempts = Store.prototype as unknown as Attempts;
const original = attempts.transaction;
let count = 0;

attempts.transaction = function <T>(this: Attempts, work: Work<T>, begin: string): Promise<T> {
  count += 1;
  const isDisturbed = begin.includes('SERIALIZABLE') && count % 3 === 0;
  const disturbed: Work<T> = async (tx) => {
    await work(tx);
    throw Object.assign(new Error('Disturbed by the tests.'), { code: '40001' });
  };
  return original.call(this, isDisturbed ? disturbed : work, begin) as Promise<T>;
};
