/** What carries events between processes: told here, heard there; nothing is promised to arrive (`catch-up.ts` sees to that). */
import type { Told } from './happening';

export interface Relay {
  /** Tells the other processes; never throws. */
  tell(told: Told): void;
  /** Calls `hear` with what other processes tell from now on. */
  listen(hear: (told: Told) => void): void;
  close(): Promise<void>;
}
