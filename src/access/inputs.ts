/** The inputs and payloads of workspaces, keys and session tokens. */
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { UserErrorCode } from '../errors';
import { ConnectionRef } from '../graphql/reference';
import { Payload } from '../graphql/user-errors';
import { NotEmpty, NotNull, Rule } from '../rules/rule';
import { AtMost, Name } from '../rules/text';
import { ApiKey } from './api-key';
import { Role } from './caller';
import { Workspace } from './workspace';

const nameRule = 'at most 50 letters, digits, spaces and * _ - @ / ! : | & ~ \\ +, first a letter, digit or _.';

@InputType({ description: 'A key to make.' })
export class ApiKeyCreateInput {
  @Field({ description: `What people call it: ${nameRule}` })
  @Name()
  name!: string;

  @Field(() => Role, { description: 'What it may do; not more than the key that makes it.' })
  role!: Role;

  @Field(() => Date, { nullable: true, description: 'When it ends: in the future; null: never.' })
  expiresAt?: Date | null;
}

@InputType({ description: 'A workspace to make.' })
export class WorkspaceCreateInput {
  @Field({ description: `What people call it: ${nameRule}` })
  @Name()
  name!: string;
}

export const RETURN_TO_LIMIT = 50;

@InputType({ description: 'What to change of the workspace of the key; what is left out stays.' })
export class WorkspaceUpdateInput {
  @Field(() => String, { nullable: true, description: `What people call it: ${nameRule}` })
  @NotNull('The name')
  @Name()
  name?: string;

  @Field(() => [String], {
    nullable: true,
    description: `The exact URLs that \`returnTo\` may name: at most ${RETURN_TO_LIMIT}, each http or https without fragment and user name, at most 2048 characters.`,
  })
  @NotNull('The list of URLs')
  @Rule<string[]>(UserErrorCode.TOO_LONG, `At most ${RETURN_TO_LIMIT} URLs.`, (urls) => urls.length <= RETURN_TO_LIMIT)
  @Rule<string[]>(
    UserErrorCode.INVALID_URL,
    'Each is an http or https URL without fragment, user name and password, at most 2048 characters, written as a browser would send it.',
    (urls) => urls.every(isReturnTo),
  )
  returnToUrls?: string[];
}

function isReturnTo(text: string): boolean {
  if (text.length > 2048 || !URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && !text.includes('#') && url.href === text;
}

export const SESSION_SECONDS = { least: 60, most: 86_400, usual: 3600 };

@InputType({ description: 'A token for a browser that authorizes and watches one connection, nothing else.' })
export class SessionTokenCreateInput {
  @Field(() => ConnectionRef, { description: 'The connection.' })
  connection!: ConnectionRef;

  @Field(() => String, {
    nullable: true,
    description:
      'The user it acts for: needed for connections of the level LOGGED_IN_USER, refused for ADMIN. 1 to 255 characters.',
  })
  @NotEmpty('The user id')
  @AtMost('The user id', 255)
  userId?: string | null;

  @Field(() => Int, {
    defaultValue: SESSION_SECONDS.usual,
    description: `How long it lives, in seconds: ${SESSION_SECONDS.least} to ${SESSION_SECONDS.most}.`,
  })
  @Rule<number>(
    UserErrorCode.OUT_OF_RANGE,
    `A session token lives ${SESSION_SECONDS.least} to ${SESSION_SECONDS.most} seconds.`,
    (seconds) => seconds >= SESSION_SECONDS.least && seconds <= SESSION_SECONDS.most,
  )
  expiresInSeconds!: number;
}

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

  @Field(() => Date, { nullable: true, description: 'When it ends.' })
  expiresAt?: Date;
}
