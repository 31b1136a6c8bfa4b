/** References: how inputs name a connector or a connection, by id or by link name. */
import { Field, ID, InputType } from 'type-graphql';
import { OneOf } from './one-of';

@InputType()
abstract class Reference {
  @Field(() => ID, { nullable: true, description: 'Its id.' })
  id?: string | null;

  @Field(() => String, { nullable: true, description: 'Its link name; case does not matter.' })
  linkName?: string | null;
}

@OneOf()
@InputType({ description: 'A connector, by id or by link name.' })
export class ConnectorRef extends Reference {}

@OneOf()
@InputType({ description: 'A connection, by id or by link name.' })
export class ConnectionRef extends Reference {}
