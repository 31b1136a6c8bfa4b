/** What mutations of connectors and scopes answer. */
import { Field, ID, ObjectType } from 'type-graphql';
import { Payload } from '../graphql/user-errors';
import { Connector } from './connector';
import { Scope } from './scope';

@ObjectType({ simpleResolvers: true, description: 'The outcome of a change of a connector.' })
export class ConnectorPayload extends Payload {
  @Field(() => Connector, { nullable: true, description: 'The connector as it is now; null when nothing was done.' })
  connector?: Connector;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `connectorDelete`.' })
export class ConnectorDeletePayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The id of the connector that is no more.' })
  deletedId?: string;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `scopesAdd`.' })
export class ScopesAddPayload extends Payload {
  @Field(() => [Scope], { nullable: true, description: 'The new scopes, in the order given.' })
  scopes?: Scope[];
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `scopeUpdate`.' })
export class ScopePayload extends Payload {
  @Field(() => Scope, { nullable: true, description: 'The scope as it is now.' })
  scope?: Scope;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `scopesDelete`.' })
export class ScopesDeletePayload extends Payload {
  @Field(() => [ID], { nullable: true, description: 'The ids of the scopes that are no more.' })
  deletedIds?: string[];
}
