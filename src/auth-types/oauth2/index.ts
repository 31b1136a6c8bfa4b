/** OAuth 2 (RFC 6749): the auth type, put together from its parts. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { SecretPresence } from '../../graphql/secret-presence';
import { KeyOrSecret, keyRule } from '../../rules/text';
import { type AuthType, MASK } from '../auth-type';
import { withHeader } from '../request';
import { templatesOf } from './extra-parameters';
import { oauth2Flow } from './flow';
import { OAuth2Parameters } from './parameters';
import { check, isClientCredentials, missing, warnings } from './rules';

@ObjectType({ simpleResolvers: true, description: 'OAuth 2 (RFC 6749).' })
class OAuth2AuthConfig extends OAuth2Parameters {
  @Field(() => SecretPresence, { description: 'What is told of the client secret.' })
  clientSecret!: SecretPresence;
}

@InputType({ description: 'How to obtain and use OAuth 2 tokens.' })
class OAuth2AuthConfigInput extends OAuth2Parameters {
  @Field(() => String, {
    nullable: true,
    description: `The client secret that the provider issued: ${keyRule} Left out: the one that is kept stays; null: it is removed. Needed for Ready except with PKCE.`,
  })
  @KeyOrSecret('The client secret')
  clientSecret?: string | null;
}

export const oauth2 = {
  name: 'OAUTH2',
  description: 'OAuth 2 (RFC 6749): people authorize at the provider, or the connector itself is authorized.',
  field: 'oauth2',
  Config: OAuth2AuthConfig,
  ConfigInput: OAuth2AuthConfigInput,
  secretFields: ['clientSecret'],
  rotatableSecret: 'clientSecret',
  urlFields: ['authorizationUrl', 'tokenUrl', 'refreshTokenUrl', 'revokeTokenUrl'],
  templates: templatesOf,
  redirects: (config) => !isClientCredentials(config),
  check,
  missing,
  warnings,
  form: () => [],
  maskedCredentials: () => ({ accessToken: MASK }),
  sign(request, { config }, { accessToken }) {
    return withHeader(request, 'Authorization', `${config.bearerName} ${accessToken}`);
  },
  signedHeaders: () => ['authorization'],
  flow: oauth2Flow,
} satisfies AuthType<OAuth2Parameters>;
