/** Connection events as they are told, and the filter that a subscriber gives. */
import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ConnectionEventKind } from '../events/happening';
import { describeValues } from '../graphql/enums';
import { Connection } from './connection';

registerEnumType(ConnectionEventKind, {
  name: 'ConnectionEventKind',
  description: 'What happened to a connection.',
  valuesConfig: describeValues<keyof typeof ConnectionEventKind>({
    CREATED: 'It was made.',
    UPDATED: 'Its settings were changed.',
    AUTHORIZED: 'It, or a user of it, was authorized.',
    TROUBLED: 'Its health has got worse, or now needs something else done; its reason says why.',
    RECOVERED: 'It, or a user of it, is well again.',
    REVOKED: 'Its credentials, or those of a user of it, were forgotten.',
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
