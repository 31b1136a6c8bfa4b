/** What a command besides the server itself is: its name, what `--help` says of it, and what it does. */
import type { Config } from '../config';
import type { Log } from '../log';

export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
}

export interface Command {
  readonly name: string;
  /** What stands after the name, such as `<folder>`; empty for nothing. */
  readonly usage: string;
  /** A sentence or two. */
  readonly help: string;
  /** Throws a `UsageError` for arguments that it does not take. Resolves to `false` when it found what should not be. */
  run(args: readonly string[], surroundings: Surroundings): Promise<boolean>;
}

/** The arguments are not those that the command takes; the message says which it does. */
export class UsageError extends Error {}
