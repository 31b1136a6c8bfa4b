/** What a subscriber is told of the connections of its workspace. */
import { MoreThan, Not } from 'typeorm';
import type { Caller } from '../access/caller';
import { topLevelError } from '../errors';
import type { EventBus } from '../events/bus';
import { KEPT } from '../events/catch-up';
import {
  ConnectionEventKind,
  type ConnectionHappening,
  FLOW_CHANGED,
  Happening,
  isOfConnection,
  toldOf,
} from '../events/happening';
import { mapStream, precededBy } from '../events/stream';
import { isKeepable } from '../rules/text';
import type { Store } from '../storage/store';
import { Connection } from './connection';
import type { ConnectionEvent, ConnectionEventFilter } from './connection-event';
import { findConnection } from './lookup';

/** How many events are told anew at most to who comes back. */
export const REPLAY_LIMIT = 1000;

export class ConnectionEvents {
  constructor(
    private readonly store: Store,
    private readonly bus: EventBus,
  ) {}

  /**
   * What happens from now on, or since the event `after`. Throws BAD_USER_INPUT when the connection of the filter is not there for
   * `caller`, or the event is not, or too much has happened since.
   */
  async subscribe(
    caller: Caller,
    { connectionId, kinds }: ConnectionEventFilter,
    after?: string | null,
  ): Promise<AsyncIterableIterator<ConnectionHappening>> {
    const allKinds = Object.keys(ConnectionEventKind).length;
    if (kinds && kinds.length > allKinds)
      throw topLevelError('BAD_USER_INPUT', `There are ${allKinds} kinds: give each at most once.`);
    const id = connectionId ?? caller.session?.connectionId;
    if (id !== undefined && !(await findConnection(this.store.read, caller, { id })))
      throw topLevelError('BAD_USER_INPUT', 'There is no such connection.');
    const happenings = id === undefined ? this.bus.ofWorkspace(caller.workspaceId) : this.bus.ofConnection(id);
    const isForCaller = ({ kind, userId }: ConnectionHappening) =>
      (kinds == null || kinds.includes(kind)) &&
      (!caller.session || userId === null || userId === caller.session.userId);
    try {
      // Read after the listening began, so that nothing falls between; what comes by both ways is told once.
      const missed = after == null ? [] : await this.since(caller, after, id);
      const known = new Set(missed.map((happening) => happening.id));
      const live = mapStream(happenings, (happening) =>
        isForCaller(happening) && !known.has(happening.id) ? { told: happening } : {},
      );
      return precededBy(missed.filter(isForCaller), live);
    } catch (error) {
      await happenings.return();
      throw error;
    }
  }

  private async since(
    { workspaceId }: Caller,
    after: string,
    connectionId: string | undefined,
  ): Promise<ConnectionHappening[]> {
    const where = { workspaceId, ...(connectionId !== undefined && { connectionId }) };
    const last = isKeepable(after) ? await this.store.read.findOneBy(Happening, { ...where, id: after }) : null;
    if (!last)
      throw topLevelError(
        'BAD_USER_INPUT',
        `There is no such event, or it is gone: events are kept for ${KEPT / 86_400_000} days. Read the state anew and leave \`after\` out.`,
      );
    const rows = await this.store.read.find(Happening, {
      where: { ...where, seq: MoreThan(last.seq), kind: Not(FLOW_CHANGED) },
      order: { seq: 'ASC' },
      take: REPLAY_LIMIT + 1,
    });
    if (rows.length > REPLAY_LIMIT)
      throw topLevelError(
        'BAD_USER_INPUT',
        `More than ${REPLAY_LIMIT} events have happened since: read the state anew and leave \`after\` out.`,
      );
    return rows.map(toldOf).filter(isOfConnection);
  }

  async describe({ id, kind, at, connectionId, userId }: ConnectionHappening): Promise<ConnectionEvent> {
    return {
      id,
      kind,
      at: new Date(at),
      userId,
      connection: await this.store.read.findOneBy(Connection, { id: connectionId }),
    };
  }
}
