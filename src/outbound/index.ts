/** The one door out: every HTTP request that leaves the server goes through `createOutbound`. */
export { allowEntryProblem } from './allow-list';
export type { Resolve } from './connector';
export { OutboundError, type OutboundFailure } from './errors';
export {
  createOutbound,
  type Outbound,
  type OutboundOptions,
  type OutboundRequest,
  type OutboundResponse,
} from './send';
