/** A turnstile: however many come at once, one gets through in each turn of the event loop, so that in between others are answered. */
import { setImmediate as aTurn } from 'node:timers/promises';
import pLimit from 'p-limit';

/** Gives what resolves when it is one's turn, in the order in which it was asked. */
export function turnstile(): () => Promise<void> {
  const oneAtATime = pLimit(1);
  return () => oneAtATime(() => aTurn());
}
