/** API keys: one or more prompted parameters in the query, in the form or in headers. */
import { ValidateNested } from 'class-validator';
import { Field, InputType, ObjectType } from 'type-graphql';
import { type Problem, Refused, UserErrorCode } from '../errors';
import { headerName, headerValue, isTransportHeader } from '../rules/header';
import { allOf, NotEmpty, Rule } from '../rules/rule';
import { AtMost, KeyOrSecret, ParameterName } from '../rules/text';
import { type AuthType, MASK, missingDetail, missingFields } from './auth-type';
import { credentialField } from './form';
import { ParameterLocation } from './parameter-location';
import { type SignableRequest, withHeader, withQueryParameter } from './request';

const PARAMETERS_LIMIT = 10;
const PREFIX_LIMIT = 50;
const VALUE_LIMIT = 8192;

@ObjectType('ApiKeyParameter', { simpleResolvers: true, description: 'A parameter of an API key connector.' })
@InputType('ApiKeyParameterInput', { description: 'A parameter of an API key connector.' })
class ApiKeyParameter {
  @Field(() => String, {
    nullable: true,
    description:
      'What people call it: at most 50 letters, digits, spaces and * _ - @ / ! : | & ~ \\ +, first a letter or digit.',
  })
  @ParameterName('The parameter name')
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'What the API calls it: ASCII without !; for a HEADER a field name (RFC 9110) that is not hop-by-hop or framing.',
  })
  @KeyOrSecret('The parameter key')
  key?: string | null;

  @Field(() => ParameterLocation, { nullable: true, description: 'Where it stands in the request.' })
  location?: ParameterLocation | null;

  @Field(() => String, {
    nullable: true,
    description: `What stands right before the value, a space included where one is wanted: at most ${PREFIX_LIMIT} ASCII characters.`,
  })
  @Rule(
    UserErrorCode.INVALID_CHARACTERS,
    `The prefix is 1 to ${PREFIX_LIMIT} printable ASCII characters that begin with a visible one; null for none.`,
    (text) => new RegExp(`^[!-~][ -~]{0,${PREFIX_LIMIT - 1}}$`).test(text),
  )
  prefix?: string | null;
}

@ObjectType()
@InputType()
abstract class ApiKeyParameters {
  @Field(() => [ApiKeyParameter], {
    description: `1 to ${PARAMETERS_LIMIT} parameters; each needs a name, a key and a location for Ready, and no two have one key.`,
  })
  @ValidateNested({ each: true })
  @Rule<unknown[]>(
    UserErrorCode.TOO_LONG,
    `At most ${PARAMETERS_LIMIT} parameters.`,
    (items) => items.length <= PARAMETERS_LIMIT,
  )
  parameters!: ApiKeyParameter[];
}

@ObjectType({ simpleResolvers: true, description: 'One or more keys in the query, the form or headers.' })
class ApiKeyAuthConfig extends ApiKeyParameters {}

@InputType({ description: 'Which keys an API wants, and where.' })
class ApiKeyAuthConfigInput extends ApiKeyParameters {}

@InputType({ description: 'The value of one parameter.' })
class ApiKeyValueInput {
  @Field({ description: 'The key of the parameter, as the connector declares it.' })
  key!: string;

  @Field({
    description: `The value, without prefix: at most ${VALUE_LIMIT} characters, no control characters; in a header visible ASCII and spaces inside.`,
  })
  @allOf(
    NotEmpty('The value'),
    AtMost('The value', VALUE_LIMIT),
    Rule(UserErrorCode.INVALID_CHARACTERS, 'The value has no control characters.', (text) => !/\p{Cc}/u.test(text)),
  )
  value!: string;
}

@InputType({ description: 'The credentials of an API key connector.' })
class ApiKeyCredentialsInput {
  @Field(() => [ApiKeyValueInput], { description: 'A value for each parameter of the connector.' })
  @ValidateNested({ each: true })
  values!: ApiKeyValueInput[];
}

/** Header names are the same whatever their case (RFC 9110 section 5.1); elsewhere case tells. */
const identity = ({ key, location }: ApiKeyParameter) =>
  location === ParameterLocation.HEADER ? `${key}`.toLowerCase() : `${key}`;

function check(parameters: readonly ApiKeyParameter[]): Problem[] {
  return parameters.flatMap((parameter, index) => {
    const path = ['parameters', `${index}`, 'key'];
    const { key, location } = parameter;
    if (!key) return [];
    const problems: Problem[] = [];
    if (location === ParameterLocation.HEADER && !headerName.test(key))
      problems.push({
        code: UserErrorCode.INVALID_CHARACTERS,
        path,
        message:
          "The key of a header is a field name (RFC 9110): letters, digits and ! # $ % & ' * + - . ^ _ ` | ~ only.",
      });
    if (location === ParameterLocation.HEADER && isTransportHeader(key))
      problems.push({
        code: UserErrorCode.RESERVED,
        path,
        message: `The header ${key} belongs to the transport (hop-by-hop or framing) and cannot carry a key.`,
      });
    if (parameters.slice(0, index).some((other) => identity(other) === identity(parameter)))
      problems.push({ code: UserErrorCode.ALREADY_EXISTS, path, message: `Another parameter has the key ${key}.` });
    return problems;
  });
}

/** One problem for each value that does not fit `parameters`, and for each parameter without value. */
function checkValues(values: readonly ApiKeyValueInput[], parameters: readonly ApiKeyParameter[]): Problem[] {
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
    ...absent.map(({ key, name }) => missing(['values'], `A value for ${key} (${name}) is required.`)),
  ];
}

const missing = (path: string[], message: string): Problem => ({ code: UserErrorCode.REQUIRED, path, message });

function apply(
  request: SignableRequest,
  { key, location, prefix }: ApiKeyParameter,
  credential: string,
): SignableRequest {
  const name = key ?? '';
  const value = `${prefix ?? ''}${credential}`;
  if (location === ParameterLocation.HEADER) return withHeader(request, name, value);
  if (location === ParameterLocation.QUERY_STRING) return withQueryParameter(request, name, value);
  const { body } = request;
  switch (body.kind) {
    case 'none':
      return { ...request, body: { kind: 'form', fields: [[name, value]] } };
    case 'form':
      return { ...request, body: { ...body, fields: [...body.fields, [name, value]] } };
    case 'multipart':
      return { ...request, body: { ...body, parts: [...body.parts, { name, bytes: Buffer.from(value) }] } };
    case 'bytes':
      throw new Refused({
        code: UserErrorCode.NOT_ACCEPTED,
        path: ['body'],
        message: `The connector sends ${name} as form data, which does not fit into a ${body.of} body: give a form, a multipart body, or none.`,
      });
  }
}

export const apiKey = {
  name: 'API_KEY',
  description: 'One or more keys in the query, the form or headers.',
  field: 'apiKey',
  Config: ApiKeyAuthConfig,
  ConfigInput: ApiKeyAuthConfigInput,
  CredentialsInput: ApiKeyCredentialsInput,
  secretFields: [],
  urlFields: [],
  check: ({ config }) => check(config.parameters),
  missing({ config: { parameters } }) {
    if (parameters.length === 0)
      return [missingDetail(['parameters'], 'At least one parameter is required before the connector can be Ready.')];
    return parameters.flatMap((parameter, index) =>
      missingFields(parameter, {
        name: 'The name of a parameter',
        key: 'The key of a parameter',
        location: 'The location of a parameter',
      }).map((problem) => ({ ...problem, path: ['parameters', `${index}`, ...problem.path] })),
    );
  },
  form({ parameters }) {
    return parameters.map(({ key, name }) => credentialField(key ?? '', name ?? '', ['apiKey', 'values']));
  },
  credentialProblems: ({ values }, { parameters }) => checkValues(values, parameters),
  credentials: ({ values }) => Object.fromEntries(values.map(({ key, value }) => [key, value])),
  maskedCredentials: ({ parameters }) => Object.fromEntries(parameters.map(({ key }) => [key ?? '', MASK])),
  sign(request, { config: { parameters } }, credentials) {
    return parameters.reduce(
      (signed, parameter) => apply(signed, parameter, credentials[parameter.key ?? ''] ?? ''),
      request,
    );
  },
  signedHeaders({ parameters }) {
    return parameters.flatMap(({ key, location }) =>
      location === ParameterLocation.HEADER && key ? [key.toLowerCase()] : [],
    );
  },
} satisfies AuthType<ApiKeyParameters, ApiKeyCredentialsInput>;
