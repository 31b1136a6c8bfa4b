/** What a step is played with. */
import type { Grapnel } from './grapnel';
import type { Loopback } from './loopback';
import type { Terminal } from './terminal';

export interface Stage {
  readonly grapnel: Grapnel;
  readonly api: Loopback;
  readonly provider: Loopback;
  readonly show: Terminal;
}
