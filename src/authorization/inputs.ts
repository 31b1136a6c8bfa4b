/** The input and the payload of `connectionAuthorize`. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { CredentialsInput } from '../auth-types/inputs';
import { Connection } from '../connections/connection';
import { ConnectionRef } from '../graphql/reference';
import { Payload } from '../graphql/user-errors';
import { AuthorizationFlow } from './flow';

@InputType({ description: 'Which connection to authorize, for whom, and with what.' })
export class ConnectionAuthorizeInput {
  @Field(() => ConnectionRef, { description: 'The connection.' })
  connection!: ConnectionRef;

  @Field(() => String, {
    nullable: true,
    description:
      'Whose grant it is to be: needed for connections of the level LOGGED_IN_USER, refused for ADMIN. 1 to 255 characters.',
  })
  userId?: string | null;

  @Field(() => CredentialsInput, {
    nullable: true,
    description: 'The credentials, for auth types whose form asks for them; see `authorizationForm` of the connector.',
  })
  credentials?: CredentialsInput | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the person is sent in the end, instead of to a page of ours: one of the returnToUrls of the workspace, letter by letter. It gets authorizationFlowId, authorizationFlowStatus and confirmationToken in its query; the flow then waits for `authorizationConfirm` with that token.',
  })
  returnTo?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `connectionAuthorize`.' })
export class ConnectionAuthorizePayload extends Payload {
  @Field(() => AuthorizationFlow, { nullable: true, description: 'The attempt; null when nothing was done.' })
  flow?: AuthorizationFlow;

  @Field(() => Connection, { nullable: true, description: 'The connection as it is now; null when nothing was done.' })
  connection?: Connection;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `authorizationConfirm`.' })
export class AuthorizationConfirmPayload extends Payload {
  @Field(() => AuthorizationFlow, { nullable: true, description: 'The flow, AUTHORIZED; null when nothing was done.' })
  flow?: AuthorizationFlow;
}
