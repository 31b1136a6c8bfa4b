/** What is to be done once a transaction is committed, and not when it is not. */
import type { EntityManager } from 'typeorm';

type Task = () => void;

const tasks = new WeakMap<EntityManager, Task[]>();

/** Has `task` run when the transaction of `tx` is committed. What it throws is dropped: what is committed is done. */
export function afterCommit(tx: EntityManager, task: Task): void {
  const waiting = tasks.get(tx);
  if (!waiting) throw new Error('There is no transaction to wait for.');
  waiting.push(task);
}

/** Begins to collect what waits for the transaction of `tx`; to be called with what it gives when it is committed. */
export function collectTasks(tx: EntityManager): Task {
  const waiting: Task[] = [];
  tasks.set(tx, waiting);
  return () => {
    tasks.delete(tx);
    for (const task of waiting) {
      try {
        task();
      } catch {
        // Whoever is to be told, and was not, reads it from the database (`events/catch-up.ts`).
      }
    }
  };
}
