/** The inputs of workspaces, keys and session tokens: what is asked for, with the rule of each value. */

import { Field, InputType, Int } from 'type-graphql';
import { UserErrorCode } from '../errors';
import { ConnectionRef } from '../graphql/reference';
import { parseUrl } from '../parse-url';
import { NotNull, Rule } from '../rules/rule';
import { Name, nameRule } from '../rules/text';
import { URL_LIMIT } from '../rules/url';
import { Role } from './caller';

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
    description: `The exact URLs that \`returnTo\` may name: at most ${RETURN_TO_LIMIT}, each http or https without fragment and user name, at most ${URL_LIMIT} characters.`,
  })
  @NotNull('The list of URLs')
  @Rule<string[]>(UserErrorCode.TOO_LONG, `At most ${RETURN_TO_LIMIT} URLs.`, (urls) => urls.length <= RETURN_TO_LIMIT)
  @Rule<string[]>(
    UserErrorCode.INVALID_URL,
    `Each is an http or https URL of at most ${URL_LIMIT} characters without fragment, user name and password, written as browsers write it: host in lower case, a path (at least /), nothing left to encode.`,
    (urls) => urls.length > RETURN_TO_LIMIT || urls.every(isReturnTo),
  )
  returnToUrls?: string[];
}

function isReturnTo(text: string): boolean {
  const url = text.length > URL_LIMIT ? undefined : parseUrl(text);
  if (!url) return false;
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
  userId?: string | null;

  @Field(() => Int, {
    defaultValue: SESSION_SECONDS.usual,
    description: `How long it lives, in seconds: ${SESSION_SECONDS.least} to ${SESSION_SECONDS.most}; not longer than the key that makes it.`,
  })
  @Rule<number>(
    UserErrorCode.OUT_OF_RANGE,
    `A session token lives ${SESSION_SECONDS.least} to ${SESSION_SECONDS.most} seconds.`,
    (seconds) => seconds >= SESSION_SECONDS.least && seconds <= SESSION_SECONDS.most,
  )
  expiresInSeconds!: number;
}
