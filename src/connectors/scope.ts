/** A scope of a connector: a display name for people, a value for the provider. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import { Node } from '../graphql/node';
import { pageTypeOf } from '../graphql/page';
import { allOf, NotEmpty, NotNull } from '../rules/rule';
import { AtMost, ParameterName, parameterNameRule, Without } from '../rules/text';
import { TextColumn } from '../storage/columns';

export const SCOPES_LIMIT = 50;
const VALUE_LIMIT = 255;

@Entity('scope')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'A permission that a connector can ask for.' })
export class Scope extends Node {
  @PrimaryColumn('text')
  override id!: string;

  @TextColumn()
  workspaceId!: string;

  @TextColumn()
  connectorId!: string;

  @TextColumn()
  @Field({ description: 'What people see.' })
  name!: string;

  @TextColumn()
  @Field({ description: 'What the provider is sent.' })
  value!: string;

  /** Name and value in lower case, for searching. */
  @TextColumn()
  searchKey!: string;
}

export const ScopePage = pageTypeOf(Scope, 'Scope');

export const searchKeyOf = ({ name, value }: Pick<Scope, 'name' | 'value'>): string =>
  `${name}\n${value}`.toLowerCase();

/** RFC 6749 section 3.3: a scope token is visible ASCII without `"` and `\`. */
const ScopeValue = () =>
  allOf(
    NotEmpty('The scope value'),
    AtMost('The scope value', VALUE_LIMIT),
    Without(
      /[^!#-[\]-~]/,
      'The scope value takes visible ASCII characters except " and \\ only (RFC 6749 section 3.3), no spaces.',
    ),
  );

const nameRule = `The display name: ${parameterNameRule}`;
const valueRule = `The value sent to the provider: at most ${VALUE_LIMIT} visible ASCII characters except " and \\; unique in the connector.`;

@InputType({ description: 'A scope to add.' })
export class ScopeInput {
  @Field({ description: nameRule })
  @ParameterName('The scope name')
  name!: string;

  @Field({ description: valueRule })
  @ScopeValue()
  value!: string;
}

@InputType({ description: 'What to change of a scope; what is left out stays.' })
export class ScopeUpdateInput {
  @Field(() => String, { nullable: true, description: nameRule })
  @NotNull('The scope name')
  @ParameterName('The scope name')
  name?: string;

  @Field(() => String, { nullable: true, description: valueRule })
  @NotNull('The scope value')
  @ScopeValue()
  value?: string;
}
