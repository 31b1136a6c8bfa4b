/** Connection fields: what else a connection must say of itself, such as the subdomain of an account. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { type Problem, UserErrorCode } from '../errors';
import { isPattern } from '../rules/pattern';
import { Items, NotEmpty, NullNotEmpty, problemsOf, Rule } from '../rules/rule';
import { AtMost, Description, descriptionRule, ParameterName, parameterNameRule } from '../rules/text';
import { variableName } from '../rules/url';

const NAME_LIMIT = 50;
const PATTERN_LIMIT = 200;

@ObjectType('ConnectionField', {
  simpleResolvers: true,
  description: 'Something that each connection of a connector says of itself.',
})
@InputType('ConnectionFieldInput', { description: 'Something that each connection of a connector says of itself.' })
export class ConnectionField {
  @Field({
    description: `What {variables} in URLs call it: at most ${NAME_LIMIT} ASCII letters, digits and _, first a letter or _; unique in the connector.`,
  })
  @NotEmpty('The name of a connection field')
  @AtMost('The name of a connection field', NAME_LIMIT)
  @Rule(
    UserErrorCode.INVALID_CHARACTERS,
    'The name of a connection field takes ASCII letters, digits and _, and starts with a letter or _.',
    (text) => text === '' || variableName.test(text),
  )
  name!: string;

  @Field({ description: `What people call it: ${parameterNameRule}` })
  @ParameterName('The label of a connection field')
  label!: string;

  @Field({ defaultValue: false, description: 'Whether its value is a secret: kept encrypted and never answered.' })
  secret!: boolean;

  @Field({ defaultValue: true, description: 'Whether a connection must give it.' })
  required!: boolean;

  @Field(() => String, {
    nullable: true,
    description: `A regular expression (at most ${PATTERN_LIMIT} characters, flag u) that its whole value matches; null: any value.`,
  })
  @NullNotEmpty('The pattern')
  @AtMost('The pattern', PATTERN_LIMIT)
  @Rule(UserErrorCode.INVALID_FORMAT, 'The pattern is a regular expression (ECMAScript, flag u).', isPattern)
  pattern?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `A hint for the person who fills it in: ${descriptionRule}.`,
  })
  @Description('The help text')
  help?: string | null;
}

export const CONNECTION_FIELDS_LIMIT = 20;
export const connectionFieldsRule = `at most ${CONNECTION_FIELDS_LIMIT} fields, no two of one name`;

/** The rules for the list: how many, each with its own rules, and no name twice. */
export const ConnectionFields = (): PropertyDecorator =>
  Items<ConnectionField>('connection fields', CONNECTION_FIELDS_LIMIT, (field, before) => [
    ...problemsOf(field),
    ...(before.some(({ name }) => name === field.name) ? [nameTaken] : []),
  ]);

const nameTaken: Problem = {
  code: UserErrorCode.ALREADY_EXISTS,
  path: ['name'],
  message: 'Another connection field of the connector has this name.',
};

/** The fields as they are kept, and so can be compared: every part there, in one order. */
export const normalized = (fields: readonly ConnectionField[]): ConnectionField[] =>
  fields.map(({ name, label, secret, required, pattern = null, help = null }) => ({
    name,
    label,
    secret,
    required,
    pattern,
    help,
  }));
