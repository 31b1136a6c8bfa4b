/** The rows of the table, in its order. */
import type { Row } from '../row';
import { coldStart } from './cold-start';
import { invoke } from './invoke';
import { memory } from './memory';
import { million } from './million';
import { operations } from './operations';
import { push } from './push';
import { shards } from './shards';
import { signing } from './signing';
import { statements } from './statements';
import { status } from './status';
import { sweeper } from './sweeper';

export const rows: readonly Row[] = [
  status,
  invoke,
  statements,
  operations,
  signing,
  push,
  memory,
  million,
  sweeper,
  shards,
  coldStart,
];
