/** A clock that tests set. */

export interface Clock {
  readonly now: () => Date;
  /** Lets `seconds` pass. */
  pass(seconds: number): void;
  /** The time in so many seconds (0: now), as the API writes it. */
  in(seconds: number): string;
}

export function clockAt(start: string): Clock {
  let millis = Date.parse(start);
  return {
    now: () => new Date(millis),
    pass: (seconds) => {
      millis += seconds * 1000;
    },
    in: (seconds) => new Date(millis + seconds * 1000).toISOString(),
  };
}
