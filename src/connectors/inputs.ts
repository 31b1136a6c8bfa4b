/** The inputs of connectors: what is asked for, with the rule of each value. */
import { Field, InputType } from 'type-graphql';
import { AuthTypeEnum } from '../auth-types/inputs';
import { AllowedHosts, allowedHostsRule } from '../rules/host-pattern';
import { LinkName, linkNameRule } from '../rules/link-name';
import { NotNull } from '../rules/rule';
import { Description, descriptionRule, Name, nameRule } from '../rules/text';
import { ConnectionField, ConnectionFields, connectionFieldsRule } from './connection-field';
import { ConnectorStage } from './connector';

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

  @Field(() => String, { nullable: true, description: `What it is for: ${descriptionRule}.` })
  @Description()
  description?: string | null;

  @Field(() => [String], { defaultValue: [], description: `Where credentials may be sent: ${allowedHostsRule}` })
  @AllowedHosts()
  allowedHosts!: string[];

  @Field(() => [ConnectionField], {
    defaultValue: [],
    description: `What each connection says of itself: ${connectionFieldsRule}.`,
  })
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

  @Field(() => String, { nullable: true, description: `What it is for: ${descriptionRule}. Null removes it.` })
  @Description()
  description?: string | null;

  @Field(() => [String], { nullable: true, description: `Where credentials may be sent: ${allowedHostsRule}` })
  @NotNull('The list of allowed hosts')
  @AllowedHosts()
  allowedHosts?: string[];

  @Field(() => [ConnectionField], {
    nullable: true,
    description: `What each connection says of itself: ${connectionFieldsRule}. Only in DRAFT.`,
  })
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
