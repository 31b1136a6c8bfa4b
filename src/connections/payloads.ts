/** What is answered of connections besides themselves: their variables, and the outcomes of mutations. */
import { Field, ID, ObjectType } from 'type-graphql';
import { Payload } from '../graphql/user-errors';
import { Connection } from './connection';

@ObjectType({ simpleResolvers: true, description: 'The value of a connection field.' })
export class Variable {
  @Field({ description: 'The name of the connection field.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Its value; null when the field is secret.' })
  value!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of a change of a connection.' })
export class ConnectionPayload extends Payload {
  @Field(() => Connection, { nullable: true, description: 'The connection as it is now; null when nothing was done.' })
  connection?: Connection;
}

const remotely =
  'Whether the provider was told and agreed: null where there is nothing to tell it, as with static credentials.';

@ObjectType({ simpleResolvers: true, description: 'The outcome of `connectionRevoke`.' })
export class ConnectionRevokePayload extends ConnectionPayload {
  @Field(() => Boolean, { nullable: true, description: remotely })
  remoteRevoked?: boolean | null;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `connectionDelete`.' })
export class ConnectionDeletePayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The id of the connection that is no more.' })
  deletedId?: string;

  @Field(() => Boolean, { nullable: true, description: remotely })
  remoteRevoked?: boolean | null;
}
