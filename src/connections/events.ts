/** Connection events: what a subscriber is told of the connections of its workspace. */
import { filter, pipe } from '@graphql-yoga/subscription';
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import type { Caller } from '../access/caller';
import { topLevelError } from '../errors';
import { ConnectionEventKind, type ConnectionHappening, type EventBus } from '../events/bus';
import { describeValues } from '../graphql/enums';
import type { Store } from '../storage/store';
import { Connection } from './connection';
import { findConnection } from './lookup';

registerEnumType(ConnectionEventKind, {
  name: 'ConnectionEventKind',
  description: 'What happened to a connection.',
  valuesConfig: describeValues<keyof typeof ConnectionEventKind>({
    CREATED: 'It was made.',
    UPDATED: 'Its settings were changed.',
    AUTHORIZED: 'It, or a user of it, was authorized.',
    TROUBLED: 'Its health went down; it says why.',
    RECOVERED: 'It is well again.',
    REVOKED: 'Credentials were forgotten.',
    DELETED: 'It is no more.',
  }),
});

@ObjectType({ simpleResolvers: true, description: 'Something that happened to a connection.' })
export class ConnectionEvent {
  @Field(() => ID, { description: 'Unique; the same event has the same id for all who are told.' })
  id!: string;

  @Field(() => ConnectionEventKind, { description: 'What happened.' })
  kind!: ConnectionEventKind;

  @Field({ description: 'When.' })
  at!: Date;

  @Field(() => Connection, { nullable: true, description: 'The connection as it is now; null when it is no more.' })
  connection!: Connection | null;

  @Field(() => String, { nullable: true, description: 'The user it happened to; null when it happened to all.' })
  userId!: string | null;
}

@InputType({ description: 'Which events to be told of; every part given must hold.' })
export class ConnectionEventFilter {
  @Field(() => ID, { nullable: true, description: 'Those of this connection.' })
  connectionId?: string | null;

  @Field(() => [ConnectionEventKind], { nullable: true, description: 'Those of these kinds.' })
  kinds?: ConnectionEventKind[] | null;
}

export class ConnectionEvents {
  constructor(
    private readonly store: Store,
    private readonly bus: EventBus,
  ) {}

  /** What happens from now on. Throws BAD_USER_INPUT when the connection of the filter is not there for `caller`. */
  async subscribe(
    caller: Caller,
    { connectionId, kinds }: ConnectionEventFilter,
  ): Promise<AsyncIterable<ConnectionHappening>> {
    const id = connectionId ?? caller.session?.connectionId;
    if (id !== undefined && !(await findConnection(this.store.read, caller, { id })))
      throw topLevelError('BAD_USER_INPUT', 'There is no such connection.');
    const happenings = id === undefined ? this.bus.ofWorkspace(caller.workspaceId) : this.bus.ofConnection(id);
    const isForCaller = ({ kind, userId }: ConnectionHappening) =>
      (kinds == null || kinds.includes(kind)) &&
      (!caller.session || userId === null || userId === caller.session.userId);
    return pipe(happenings, filter(isForCaller));
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
