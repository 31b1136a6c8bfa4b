/** What a connector can say about API keys: which parameters there are, with the rule of each. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { type Problem, UserErrorCode } from '../../errors';
import { headerName, isTransportHeader } from '../../rules/header';
import { Items, NullNotEmpty, problemsOf } from '../../rules/rule';
import { AtMost, KeyOrSecret, keyRule, ParameterName, parameterNameRule, Without } from '../../rules/text';
import { ParameterLocation } from '../parameter-location';

export const PARAMETERS_LIMIT = 10;
const PREFIX_LIMIT = 50;

@ObjectType('ApiKeyParameter', { simpleResolvers: true, description: 'A parameter of an API key connector.' })
@InputType('ApiKeyParameterInput', { description: 'A parameter of an API key connector.' })
export class ApiKeyParameter {
  @Field(() => String, { nullable: true, description: `What people call it: ${parameterNameRule}` })
  @ParameterName('The parameter name')
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `What the API calls it: ${keyRule} For a HEADER a field name (RFC 9110) that is not hop-by-hop or framing.`,
  })
  @KeyOrSecret('The parameter key')
  key?: string | null;

  @Field(() => ParameterLocation, { nullable: true, description: 'Where it stands in the request.' })
  location?: ParameterLocation | null;

  @Field(() => String, {
    nullable: true,
    description: `What stands right before the value, a space included where one is wanted: 1 to ${PREFIX_LIMIT} printable ASCII characters, first a visible one; null: nothing.`,
  })
  @NullNotEmpty('The prefix')
  @AtMost('The prefix', PREFIX_LIMIT)
  @Without(/[^ -~]|^ /, 'The prefix takes printable ASCII characters only and begins with a visible one.')
  prefix?: string | null;
}

@ObjectType()
@InputType()
export abstract class ApiKeyParameters {
  @Field(() => [ApiKeyParameter], {
    description: `1 to ${PARAMETERS_LIMIT} parameters; each needs a name, a key and a location for Ready, and no two have one key.`,
  })
  @Items<ApiKeyParameter>('parameters', PARAMETERS_LIMIT, (parameter, before) => [
    ...problemsOf(parameter),
    ...keyProblems(parameter, before),
  ])
  parameters!: ApiKeyParameter[];
}

/** What is wrong with the key of a parameter where it stands, or beside those before it. */
function keyProblems(parameter: ApiKeyParameter, before: readonly ApiKeyParameter[]): Problem[] {
  const { key } = parameter;
  if (!key) return [];
  const problem = (code: UserErrorCode, message: string): Problem => ({ code, message, path: ['key'] });
  const isTaken = before.some((other) => isSame(other, parameter));
  return [
    ...(isHeader(parameter) ? headerProblems(key).map(([code, message]) => problem(code, message)) : []),
    ...(isTaken ? [problem(UserErrorCode.ALREADY_EXISTS, `Another parameter has the key ${key}.`)] : []),
  ];
}

function headerProblems(key: string): [UserErrorCode, string][] {
  if (isTransportHeader(key))
    return [
      [
        UserErrorCode.RESERVED,
        `The header ${key} belongs to the transport (hop-by-hop or framing) and carries no key.`,
      ],
    ];
  if (headerName.test(key)) return [];
  const allowed = "letters, digits and # $ % & ' * + - . ^ _ ` | ~ only";
  return [[UserErrorCode.INVALID_CHARACTERS, `The key of a header is a field name (RFC 9110): ${allowed}.`]];
}

const isHeader = ({ location }: ApiKeyParameter) => location === ParameterLocation.HEADER;

/** Values are given by key; and header names are the same whatever their case (RFC 9110 section 5.1). */
const isSame = (one: ApiKeyParameter, other: ApiKeyParameter) =>
  one.key === other.key || (isHeader(one) && isHeader(other) && one.key?.toLowerCase() === other.key?.toLowerCase());
