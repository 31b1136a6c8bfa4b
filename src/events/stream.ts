/** Streams of events: one made from another, event by event. */

/** What becomes of an event: `told` goes on to the reader, if it is there; after `last` the stream ends. */
export interface Step<Told> {
  readonly told?: Told;
  readonly last?: boolean;
}

/**
 * What `step` makes of each event of `source`. It is no async generator on purpose: one that waits for its next event cannot be
 * ended from outside, so that a reader who went away would be listened for until that event came.
 */
export function mapStream<Event, Told>(
  source: AsyncIterator<Event>,
  step: (event: Event) => Step<Told> | Promise<Step<Told>>,
): AsyncIterableIterator<Told> {
  let isOver = false;
  const end = async (): Promise<IteratorReturnResult<undefined>> => {
    isOver = true;
    await source.return?.();
    return { value: undefined, done: true };
  };
  return {
    async next() {
      while (!isOver) {
        const event = await source.next();
        if (event.done) break;
        try {
          const { told, last } = await step(event.value);
          if (last) await end();
          if (told !== undefined) return { value: told, done: false };
        } catch (error) {
          await end();
          throw error;
        }
      }
      return end();
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** `first`, then what `source` brings. */
export function precededBy<Event>(
  first: readonly Event[],
  source: AsyncIterableIterator<Event>,
): AsyncIterableIterator<Event> {
  const waiting = [...first];
  return {
    async next() {
      const event = waiting.shift();
      return event === undefined ? source.next() : { value: event, done: false };
    },
    async return() {
      waiting.length = 0;
      return source.return?.() ?? { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
