/** What authorizes an API key connection: a value for each parameter of the connector. */
import { Field, InputType } from 'type-graphql';
import { type Problem, UserErrorCode } from '../../errors';
import { headerValue } from '../../rules/header';
import { Items, NotEmpty, problemsOf } from '../../rules/rule';
import { AtMost, NoControlCharacters } from '../../rules/text';
import { ParameterLocation } from '../parameter-location';
import { type ApiKeyParameter, PARAMETERS_LIMIT } from './parameters';

const VALUE_LIMIT = 8192;

@InputType({ description: 'The value of one parameter.' })
class ApiKeyValueInput {
  @Field({ description: 'The key of the parameter, as the connector declares it.' })
  key!: string;

  @Field({
    description: `The value, without prefix: at most ${VALUE_LIMIT} characters, no control characters; in a header visible ASCII and spaces inside.`,
  })
  @NotEmpty('The value')
  @AtMost('The value', VALUE_LIMIT)
  @NoControlCharacters('The value')
  value!: string;
}

@InputType({ description: 'The credentials of an API key connector.' })
export class ApiKeyCredentialsInput {
  @Field(() => [ApiKeyValueInput], { description: 'A value for each parameter of the connector.' })
  @Items<ApiKeyValueInput>('values', PARAMETERS_LIMIT, (value) => problemsOf(value))
  values!: ApiKeyValueInput[];
}

/** One problem for each value that does not fit `parameters`, and for each parameter without value. */
export function valueProblems(given: readonly ApiKeyValueInput[], parameters: readonly ApiKeyParameter[]): Problem[] {
  const values = given.slice(0, PARAMETERS_LIMIT);
  const problems = values.flatMap(({ key, value }, index): Problem[] => {
    const path = ['values', `${index}`];
    const parameter = parameters.find((candidate) => candidate.key === key);
    if (!parameter)
      return [
        {
          code: UserErrorCode.UNKNOWN_KEY,
          path: [...path, 'key'],
          message: `The connector has no parameter with this key; it has ${parameters.map((known) => known.key).join(', ')}.`,
        },
      ];
    if (values.slice(0, index).some((other) => other.key === key))
      return [
        {
          code: UserErrorCode.ALREADY_EXISTS,
          path: [...path, 'key'],
          message: `The value of ${key} was given already.`,
        },
      ];
    if (parameter.location === ParameterLocation.HEADER && !headerValue.test(value))
      return [
        {
          code: UserErrorCode.INVALID_CHARACTERS,
          path: [...path, 'value'],
          message: `The value of ${key} goes into a header: visible ASCII characters and spaces inside only.`,
        },
      ];
    return [];
  });
  const absent = parameters.filter(({ key }) => !values.some((value) => value.key === key));
  return [
    ...problems,
    ...absent.map(({ key, name }) => ({
      code: UserErrorCode.REQUIRED,
      path: ['values'],
      message: `A value for ${key} (${name}) is required.`,
    })),
  ];
}
