/** Connection fields: what else a connection must say of itself, such as the subdomain of an account. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { UserErrorCode } from '../errors';
import { isPattern } from '../rules/pattern';
import { NotEmpty, Rule } from '../rules/rule';
import { AtMost, Description, ParameterName } from '../rules/text';
import { variableName } from '../rules/url';

export const CONNECTION_FIELDS_LIMIT = 20;
const PATTERN_LIMIT = 200;

@ObjectType('ConnectionField', {
  simpleResolvers: true,
  description: 'Something that each connection of a connector says of itself.',
})
@InputType('ConnectionFieldInput', { description: 'Something that each connection of a connector says of itself.' })
export class ConnectionField {
  @Field({
    description:
      'What {variables} in URLs call it: at most 50 ASCII letters, digits and _, first a letter or _; unique in the connector.',
  })
  @NotEmpty('The name of a connection field')
  @AtMost('The name of a connection field', 50)
  @Rule(
    UserErrorCode.INVALID_CHARACTERS,
    'The name of a connection field takes ASCII letters, digits and _, and starts with a letter or _.',
    (text) => text === '' || variableName.test(text),
  )
  name!: string;

  @Field({
    description:
      'What people call it: at most 50 letters, digits, spaces and * _ - @ / ! : | & ~ \\ +, first a letter or digit.',
  })
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
  @AtMost('The pattern', PATTERN_LIMIT)
  @Rule(UserErrorCode.INVALID_FORMAT, 'The pattern is a regular expression (ECMAScript, flag u).', isPattern)
  pattern?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A hint for the person who fills it in: at most 255 characters, as descriptions.',
  })
  @Description('The help text')
  help?: string | null;
}
