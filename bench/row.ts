/** What a row of the table is: what is measured, against what, and what it answers. */
import type { Load } from './load';
import type { Processes } from './processes';
import type { Spread } from './spread';

/** How long and how often is measured. */
export interface Length {
  readonly isQuick: boolean;
  /** Alternating runs of everything that is compared. */
  readonly rounds: number;
  /** How long one run lasts, and the one before that counts for nothing, in seconds. */
  readonly seconds: number;
  readonly warmUp: number;
}

/** What rows measure with. */
export interface Bench {
  readonly length: Length;
  readonly processes: Processes;
  readonly load: Load;
  /** Tells how far it is. */
  say(text: string): void;
}

/** A line of the table. */
export interface Line {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  /** Ours to the peer's, of runs that followed each other. */
  readonly ratio?: Spread;
  readonly reach: string;
  readonly isReached?: boolean;
}

export interface Result {
  readonly lines: readonly Line[];
  /** What there is to know of how it was measured, and what was seen; each a paragraph. */
  readonly notes?: readonly string[];
}

export interface Row {
  /** As `--only` names it. */
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<Result>;
}
