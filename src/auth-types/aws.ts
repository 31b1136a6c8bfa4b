/** AWS Signature Version 4: requests signed with an access key and a secret key. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { allOf, NotEmpty, NullNotEmpty } from '../rules/rule';
import { AtMost, KEY_LIMIT, KeyOrSecret, VisibleAscii, Without } from '../rules/text';
import { type AuthType, MASK } from './auth-type';
import { signAws } from './aws-signature';
import { credentialField } from './form';
import { missingFields } from './missing';
import { encodeBody, withHeader } from './request';

const LIMIT = 64;
const SESSION_TOKEN_LIMIT = 8192;

const ServiceOrRegion = (what: string) =>
  allOf(
    NotEmpty(what),
    AtMost(what, LIMIT),
    Without(/[^a-z0-9-]/, `${what} takes lower-case letters, digits and hyphens only.`),
  );

@ObjectType()
@InputType()
abstract class AwsParameters {
  @Field(() => String, {
    nullable: true,
    description: `The service to sign for, such as s3: at most ${LIMIT} lower-case letters, digits and hyphens. Needed for Ready.`,
  })
  @ServiceOrRegion('The service')
  serviceName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The region to sign for, such as us-east-1: at most ${LIMIT} lower-case letters, digits and hyphens. Needed for Ready.`,
  })
  @ServiceOrRegion('The region')
  region?: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'AWS Signature Version 4. Unless allowed hosts are given, *.amazonaws.com may be called.',
})
class AwsAuthConfig extends AwsParameters {}

@InputType({ description: 'What AWS requests are signed for.' })
class AwsAuthConfigInput extends AwsParameters {}

@InputType({ description: 'The credentials of an AWS connector.' })
class AwsCredentialsInput {
  @Field({ description: 'The access key ID: ASCII without ! and without spaces.' })
  @KeyOrSecret('The access key')
  @Without(/ /, 'The access key has no spaces.')
  accessKey!: string;

  @Field({ description: 'The secret access key: visible ASCII characters.' })
  @NotEmpty('The secret key')
  @AtMost('The secret key', KEY_LIMIT)
  @VisibleAscii('The secret key')
  secretKey!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The session token of temporary credentials; null for long-lived ones.',
  })
  @NullNotEmpty('The session token')
  @AtMost('The session token', SESSION_TOKEN_LIMIT)
  @VisibleAscii('The session token')
  sessionToken?: string | null;
}

export const aws = {
  name: 'AWS',
  description: 'Requests signed with AWS Signature Version 4.',
  field: 'aws',
  Config: AwsAuthConfig,
  ConfigInput: AwsAuthConfigInput,
  CredentialsInput: AwsCredentialsInput,
  secretFields: [],
  urlFields: [],
  defaultAllowedHosts: ['*.amazonaws.com'],
  missing: ({ config }) => missingFields(config, { serviceName: 'The service', region: 'The region' }),
  form: () => [
    credentialField('accessKey', 'Access key', ['aws', 'accessKey'], { secret: false }),
    credentialField('secretKey', 'Secret key', ['aws', 'secretKey']),
    credentialField('sessionToken', 'Session token', ['aws', 'sessionToken'], {
      required: false,
      help: 'Only for temporary credentials.',
    }),
  ],
  credentials: ({ accessKey, secretKey, sessionToken }) => ({
    accessKey,
    secretKey,
    ...(sessionToken ? { sessionToken } : {}),
  }),
  maskedCredentials: (_config, { sessionToken }) => ({
    accessKey: MASK,
    secretKey: MASK,
    ...(sessionToken !== undefined && { sessionToken: MASK }),
  }),
  sign(request, { config: { serviceName, region } }, { accessKey, secretKey, sessionToken }, { now }) {
    const body = encodeBody(request.body);
    return signAws({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: body?.bytes ?? new Uint8Array(),
      service: serviceName ?? '',
      region: region ?? '',
      accessKey: accessKey ?? '',
      secretKey: secretKey ?? '',
      sessionToken,
      at: now,
    }).reduce((signed, [name, value]) => withHeader(signed, name, value), request);
  },
  signedHeaders: () => ['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256', 'date'],
} satisfies AuthType<AwsParameters, AwsCredentialsInput>;
