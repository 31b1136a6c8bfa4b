/** Basic authentication (RFC 7617): a user name and a password, whatever the API calls them. */
import { ValidateNested } from 'class-validator';
import { Field, InputType, ObjectType } from 'type-graphql';
import { NotEmpty } from '../rules/rule';
import {
  AtMost,
  KEY_LIMIT,
  KeyOrSecret,
  keyRule,
  NoControlCharacters,
  ParameterName,
  parameterNameRule,
  Without,
} from '../rules/text';
import { type AuthType, MASK } from './auth-type';
import { credentialField } from './form';
import { missingDetail } from './missing';
import { withHeader } from './request';

@ObjectType('PromptedParameter', { simpleResolvers: true, description: 'A parameter that people are asked for.' })
@InputType('PromptedParameterInput', { description: 'A parameter that people are asked for.' })
class PromptedParameter {
  @Field(() => String, { nullable: true, description: `What people call it: ${parameterNameRule}` })
  @ParameterName('The parameter name')
  name?: string | null;

  @Field(() => String, { nullable: true, description: `What the API calls it: ${keyRule}` })
  @KeyOrSecret('The parameter key')
  key?: string | null;
}

@ObjectType()
@InputType()
abstract class BasicParameters {
  @Field(() => PromptedParameter, {
    nullable: true,
    description: 'The user name: its name and key are needed for Ready.',
  })
  @ValidateNested()
  username?: PromptedParameter | null;

  @Field(() => PromptedParameter, {
    nullable: true,
    description: 'The password: its name and key are needed for Ready.',
  })
  @ValidateNested()
  password?: PromptedParameter | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Basic authentication (RFC 7617): `Authorization: Basic base64(user:password)`.',
})
class BasicAuthConfig extends BasicParameters {}

@InputType({ description: 'How Basic authentication asks for its two parameters.' })
class BasicAuthConfigInput extends BasicParameters {}

@InputType({ description: 'The credentials of Basic authentication.' })
class BasicCredentialsInput {
  @Field({ description: 'The user name: not empty, no colon, no control characters.' })
  @NotEmpty('The user name')
  @AtMost('The user name', KEY_LIMIT)
  // RFC 7617 section 2: a user-id with a colon cannot be told from user and password; no control characters in either.
  @Without(/:/, 'The user name has no colon.')
  @NoControlCharacters('The user name')
  username!: string;

  @Field({ description: 'The password: not empty, no control characters.' })
  @NotEmpty('The password')
  @AtMost('The password', KEY_LIMIT)
  @NoControlCharacters('The password')
  password!: string;
}

const parameters = { username: 'user name', password: 'password' } as const;

export const basic = {
  name: 'BASIC',
  description: 'A user name and a password in the Authorization header (RFC 7617).',
  field: 'basic',
  Config: BasicAuthConfig,
  ConfigInput: BasicAuthConfigInput,
  CredentialsInput: BasicCredentialsInput,
  secretFields: [],
  urlFields: [],
  missing({ config }) {
    return (['username', 'password'] as const).flatMap((parameter) =>
      (['name', 'key'] as const).flatMap((part) =>
        config[parameter]?.[part]
          ? []
          : [missingDetail([parameter, part], `The ${part} of the ${parameters[parameter]} parameter`)],
      ),
    );
  },
  form({ username, password }) {
    return [
      credentialField(username?.key ?? 'username', username?.name ?? 'User name', ['basic', 'username'], {
        secret: false,
      }),
      credentialField(password?.key ?? 'password', password?.name ?? 'Password', ['basic', 'password']),
    ];
  },
  credentials: ({ username, password }) => ({ username, password }),
  maskedCredentials: () => ({ username: MASK, password: MASK }),
  sign(request, _setup, { username, password }) {
    return withHeader(request, 'Authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
  },
  signedHeaders: () => ['authorization'],
} satisfies AuthType<BasicParameters, BasicCredentialsInput>;
