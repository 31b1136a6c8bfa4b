/** The inputs of connectors: what is asked for, with the rule of each value. */
import { ValidateNested } from 'class-validator';
import { Field, InputType } from 'type-graphql';
import { AuthTypeEnum } from '../auth-types/inputs';
import { UserErrorCode } from '../errors';
import { ALLOWED_HOSTS_LIMIT, AllowedHosts } from '../rules/host-pattern';
import { LinkName } from '../rules/link-name';
import { NotNull, Rule } from '../rules/rule';
import { Description, Name } from '../rules/text';
import { CONNECTION_FIELDS_LIMIT, ConnectionField } from './connection-field';
import { ConnectorStage } from './connector';

export const nameRule = 'at most 50 letters, digits, spaces and * _ - @ / ! : | & ~ \\ +, first a letter, digit or _.';
export const linkNameRule =
  'at most 50 ASCII letters, digits and _, first a letter; unique in the workspace without regard to case.';
const descriptionRule = 'What it is for: at most 255 letters, digits, white space and , . ( ) - _ * @ / \\ ! : | ~ &.';
const hostsRule = `Where credentials may be sent: at most ${ALLOWED_HOSTS_LIMIT} hosts such as api.example.com, *.example.com, 192.0.2.1 or [2001:db8::1], each with :port or without (any port). Empty: nowhere.`;
const fieldsRule = `What each connection says of itself: at most ${CONNECTION_FIELDS_LIMIT} fields.`;

const ConnectionFields = (): PropertyDecorator => (target, property) => {
  ValidateNested({ each: true })(target, property as string);
  Rule<unknown[]>(
    UserErrorCode.TOO_LONG,
    `At most ${CONNECTION_FIELDS_LIMIT} connection fields.`,
    (fields) => fields.length <= CONNECTION_FIELDS_LIMIT,
  )(target, property);
  Rule<ConnectionField[]>(
    UserErrorCode.ALREADY_EXISTS,
    'No two connection fields have one name.',
    (fields) => new Set(fields.map((field) => field.name)).size === fields.length,
  )(target, property);
};

@InputType({ description: 'A connector to make.' })
export class ConnectorCreateInput {
  @Field({ description: `What people call it: ${nameRule}` })
  @Name()
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: `What scripts call it: ${linkNameRule} Left out: derived from the name.`,
  })
  @LinkName()
  linkName?: string | null;

  @Field(() => String, { nullable: true, description: descriptionRule })
  @Description()
  description?: string | null;

  @Field(() => [String], { defaultValue: [], description: hostsRule })
  @AllowedHosts()
  allowedHosts!: string[];

  @Field(() => [ConnectionField], { defaultValue: [], description: fieldsRule })
  @ConnectionFields()
  connectionFields!: ConnectionField[];
}

@InputType({ description: 'What to change of a connector; what is left out stays.' })
export class ConnectorUpdateInput {
  @Field(() => String, { nullable: true, description: `What people call it: ${nameRule}` })
  @NotNull('The name')
  @Name()
  name?: string;

  @Field(() => String, { nullable: true, description: `What scripts call it: ${linkNameRule} Only in DRAFT.` })
  @NotNull('The link name')
  @LinkName()
  linkName?: string;

  @Field(() => String, { nullable: true, description: `${descriptionRule} Null removes it.` })
  @Description()
  description?: string | null;

  @Field(() => [String], { nullable: true, description: hostsRule })
  @NotNull('The list of allowed hosts')
  @AllowedHosts()
  allowedHosts?: string[];

  @Field(() => [ConnectionField], { nullable: true, description: `${fieldsRule} Only in DRAFT.` })
  @NotNull('The list of connection fields')
  @ConnectionFields()
  connectionFields?: ConnectionField[];
}

@InputType({ description: 'What the copy of a connector is called.' })
export class ConnectorCloneInput {
  @Field({ description: `What people call it: ${nameRule}` })
  @Name()
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: `What scripts call it: ${linkNameRule} Left out: derived from the name.`,
  })
  @LinkName()
  linkName?: string | null;
}

@InputType({ description: 'Which connectors to list; every part given must hold.' })
export class ConnectorFilter {
  @Field(() => ConnectorStage, { nullable: true, description: 'Those in this stage.' })
  stage?: ConnectorStage | null;

  @Field(() => AuthTypeEnum, { nullable: true, description: 'Those of this auth type.' })
  authType?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Those whose name or link name contains this, whatever its case.',
  })
  search?: string | null;
}
