/** The inputs of connections: what is asked for, with the rule of each value. */

import { Field, ID, InputType } from 'type-graphql';
import { CONNECTION_FIELDS_LIMIT } from '../connectors/connection-field';
import { UserErrorCode } from '../errors';
import { ConnectorRef } from '../graphql/reference';
import { LinkName, linkNameRule } from '../rules/link-name';
import { Items, NotEmpty, NotNull, problemsOf, Rule } from '../rules/rule';
import { AtMost, Name, nameRule } from '../rules/text';
import { AuthorizationLevel } from './connection';
import { ConnectionStatus } from './health';

const VARIABLE_LIMIT = 255;

@InputType({ description: 'The value of a connection field.' })
export class VariableInput {
  @Field({ description: 'The name of the connection field.' })
  name!: string;

  @Field({
    description: `Its value: 1 to ${VARIABLE_LIMIT} characters, no control characters, as the pattern of the field says; in a host label ASCII letters, digits and hyphens.`,
  })
  @NotEmpty('The value')
  @AtMost('The value', VARIABLE_LIMIT)
  @Rule(UserErrorCode.INVALID_CHARACTERS, 'The value has no control characters.', (text) => !/\p{Cc}/u.test(text))
  value!: string;
}

const variablesRule = 'A value for each required connection field of the connector; no others.';

@InputType({ description: 'A connection to make.' })
export class ConnectionCreateInput {
  @Field(() => ConnectorRef, { description: 'The connector; it must be READY.' })
  connector!: ConnectorRef;

  @Field({ description: `What people call it: ${nameRule}` })
  @Name()
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: `What scripts call it: ${linkNameRule} Left out: derived from the name.`,
  })
  @LinkName()
  linkName?: string | null;

  @Field(() => AuthorizationLevel, {
    defaultValue: AuthorizationLevel.ADMIN,
    description: 'Whose credentials it uses; this cannot be changed later.',
  })
  authorizationLevel!: AuthorizationLevel;

  @Field(() => [ID], {
    nullable: true,
    description: 'The scopes to ask for, each once, of those of the connector; left out: all that it has now.',
  })
  scopeIds?: string[] | null;

  @Field(() => [VariableInput], { defaultValue: [], description: variablesRule })
  @Items<VariableInput>('variables', CONNECTION_FIELDS_LIMIT, (variable) => problemsOf(variable))
  variables!: VariableInput[];
}

@InputType({ description: 'What to change of a connection; what is left out stays.' })
export class ConnectionUpdateInput {
  @Field(() => String, { nullable: true, description: `What people call it: ${nameRule}` })
  @NotNull('The name')
  @Name()
  name?: string;

  @Field(() => String, { nullable: true, description: `What scripts call it: ${linkNameRule}` })
  @NotNull('The link name')
  @LinkName()
  linkName?: string;

  @Field(() => [ID], { nullable: true, description: 'The scopes to ask for at the next authorization, each once.' })
  @NotNull('The list of scopes')
  scopeIds?: string[];

  @Field(() => [VariableInput], {
    nullable: true,
    description: 'New values of connection fields; those that are left out stay. A null value is no value: give one.',
  })
  @NotNull('The list of variables')
  @Items<VariableInput>('variables', CONNECTION_FIELDS_LIMIT, (variable) => problemsOf(variable))
  variables?: VariableInput[];
}

@InputType({ description: 'Which connections to list; every part given must hold.' })
export class ConnectionFilter {
  @Field(() => ID, { nullable: true, description: 'Those of this connector.' })
  connectorId?: string | null;

  @Field(() => ConnectionStatus, { nullable: true, description: 'Those of this status.' })
  status?: ConnectionStatus | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: those whose health asks for REAUTHORIZE or FIX_CONFIGURATION; false: the others.',
  })
  needsAttention?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: 'Those whose name or link name contains this, whatever its case.',
  })
  search?: string | null;
}
