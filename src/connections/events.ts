/** What a subscriber is told of the connections of its workspace. */
import type { Caller } from '../access/caller';
import { topLevelError } from '../errors';
import { ConnectionEventKind, type ConnectionHappening, type EventBus } from '../events/bus';
import { mapStream } from '../events/stream';
import type { Store } from '../storage/store';
import { Connection } from './connection';
import type { ConnectionEvent, ConnectionEventFilter } from './connection-event';
import { findConnection } from './lookup';

export class ConnectionEvents {
  constructor(
    private readonly store: Store,
    private readonly bus: EventBus,
  ) {}

  /** What happens from now on. Throws BAD_USER_INPUT when the connection of the filter is not there for `caller`. */
  async subscribe(
    caller: Caller,
    { connectionId, kinds }: ConnectionEventFilter,
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
    return mapStream(happenings, (happening) => (isForCaller(happening) ? { told: happening } : {}));
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
