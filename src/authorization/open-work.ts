/** How much waits to be done: refreshes that are due, flows that are open. */
import { In, LessThanOrEqual } from 'typeorm';
import { Grant } from '../connections/grant';
import { ConnectionStatus } from '../connections/health';
import type { Store } from '../storage/store';
import { AuthorizationFlow, AuthorizationFlowStatus, isFinal } from './flow';

/** More are not counted: whoever asks each few seconds must not have the whole table read. */
const ENOUGH = 10_000;

/** The grants whose credentials are to be refreshed by now. An empty queue is the rule, a second's worth of work no trouble. */
export async function countDueRefreshes(store: Store, now: Date): Promise<number> {
  const due = await store.read.find(Grant, {
    select: { id: true },
    where: { nextRefreshAt: LessThanOrEqual(now), status: ConnectionStatus.CONNECTED },
    take: ENOUGH,
  });
  return due.length;
}

const open = Object.values(AuthorizationFlowStatus).filter((status) => !isFinal(status));

/** The flows that have not ended. */
export async function countOpenFlows(store: Store): Promise<number> {
  const flows = await store.read.find(AuthorizationFlow, {
    select: { id: true },
    where: { status: In(open) },
    take: ENOUGH,
  });
  return flows.length;
}
