/** What the queries and mutations of workspaces, keys and session tokens answer. */
import { Field, ID, ObjectType } from 'type-graphql';
import { Payload } from '../graphql/user-errors';
import { ApiKey } from './api-key';
import { Role } from './caller';
import { Workspace } from './workspace';

@ObjectType({ simpleResolvers: true, description: 'Who the key of this request stands for.' })
export class Viewer {
  @Field(() => Role, { description: 'What the key may do.' })
  role!: Role;

  @Field(() => Workspace, { description: 'The workspace that it belongs to.' })
  workspace!: Workspace;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `apiKeyCreate`.' })
export class ApiKeyCreatePayload extends Payload {
  @Field(() => ApiKey, { nullable: true, description: 'The key.' })
  apiKey?: ApiKey;

  @Field(() => String, { nullable: true, description: 'Its secret, told this once: keep it.' })
  secret?: string;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `apiKeyRevoke`.' })
export class ApiKeyRevokePayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The id of the key that is no more.' })
  revokedId?: string;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `workspaceCreate`.' })
export class WorkspaceCreatePayload extends Payload {
  @Field(() => Workspace, { nullable: true, description: 'The workspace.' })
  workspace?: Workspace;

  @Field(() => String, {
    nullable: true,
    description: 'The secret of its first key, of the role ADMIN, told this once: keep it.',
  })
  adminKey?: string;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `workspaceUpdate`.' })
export class WorkspaceUpdatePayload extends Payload {
  @Field(() => Workspace, { nullable: true, description: 'The workspace as it is now.' })
  workspace?: Workspace;
}

@ObjectType({ simpleResolvers: true, description: 'The outcome of `sessionTokenCreate`.' })
export class SessionTokenCreatePayload extends Payload {
  @Field(() => String, { nullable: true, description: 'The token, told this once.' })
  token?: string;

  @Field(() => Date, { nullable: true, description: 'When it ends, unless the key that made it ends before.' })
  expiresAt?: Date;
}
