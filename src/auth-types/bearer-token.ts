/** Bearer token (RFC 6750 section 2.1): a token that people bring along, in the Authorization header. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { NotEmpty, NullNotEmpty } from '../rules/rule';
import { AtMost, ParameterName, parameterNameRule, VisibleAscii } from '../rules/text';
import { type AuthType, MASK } from './auth-type';
import { credentialField } from './form';
import { missingFields } from './missing';
import { ParameterLocation } from './parameter-location';
import { withHeader } from './request';

const HEADER = 'Authorization';
const PREFIX_LIMIT = 50;
/** Long-lived JWTs are the longest tokens; most servers stop reading headers at 8 or 16 KiB. */
const TOKEN_LIMIT = 8192;

@ObjectType()
@InputType()
abstract class BearerTokenParameters {
  @Field(() => String, {
    defaultValue: 'Bearer Token',
    description: `What people call the token: ${parameterNameRule}`,
  })
  @ParameterName('The parameter name')
  parameterName!: string;

  @Field(() => String, {
    nullable: true,
    description: `What stands before the token, joined by one space: 1 to ${PREFIX_LIMIT} visible ASCII characters; null: nothing.`,
  })
  @NullNotEmpty('The token prefix')
  @AtMost('The token prefix', PREFIX_LIMIT)
  @VisibleAscii('The token prefix')
  tokenPrefix?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'A bearer token in the Authorization header.' })
class BearerTokenAuthConfig extends BearerTokenParameters {
  @Field({ description: `Always ${HEADER}.` })
  parameterKey!: string;

  @Field(() => ParameterLocation, { description: 'Always HEADER.' })
  parameterLocation!: ParameterLocation;
}

@InputType({ description: 'How a bearer token is asked for and sent; it always goes into the Authorization header.' })
class BearerTokenAuthConfigInput extends BearerTokenParameters {}

@InputType({ description: 'The credentials of a bearer token connector.' })
class BearerTokenCredentialsInput {
  @Field({ description: `The token: 1 to ${TOKEN_LIMIT} visible ASCII characters, without prefix.` })
  @NotEmpty('The token')
  @AtMost('The token', TOKEN_LIMIT)
  @VisibleAscii('The token')
  token!: string;
}

export const bearerToken = {
  name: 'BEARER_TOKEN',
  description: 'A token that people bring along, in the Authorization header.',
  field: 'bearerToken',
  Config: BearerTokenAuthConfig,
  ConfigInput: BearerTokenAuthConfigInput,
  CredentialsInput: BearerTokenCredentialsInput,
  secretFields: [],
  urlFields: [],
  fixed: { parameterKey: HEADER, parameterLocation: ParameterLocation.HEADER },
  missing: ({ config }) => missingFields(config, { parameterName: 'The parameter name' }),
  form: ({ parameterName }) => [credentialField(HEADER, parameterName, ['bearerToken', 'token'])],
  credentials: ({ token }) => ({ token }),
  maskedCredentials: () => ({ token: MASK }),
  sign(request, { config: { tokenPrefix } }, { token }) {
    return withHeader(request, HEADER, tokenPrefix ? `${tokenPrefix} ${token}` : `${token}`);
  },
  signedHeaders: () => ['authorization'],
} satisfies AuthType<BearerTokenParameters, BearerTokenCredentialsInput>;
