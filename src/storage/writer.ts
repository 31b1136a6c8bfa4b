/** What runs transactions: one way for each kind of database. */
import type { EntityManager } from 'typeorm';

export type Work<T> = (tx: EntityManager) => Promise<T>;

export interface Writer {
  /** All of `work` is kept when it resolves, nothing when it throws. */
  write<T>(work: Work<T>): Promise<T>;
  /** Runs `last` when no transaction is under way; nothing is written after that. */
  close(last: () => Promise<void>): Promise<void>;
}
