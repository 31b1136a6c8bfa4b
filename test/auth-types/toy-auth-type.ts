/** A seventh auth type, as somebody would write it: one file with everything there is to know about it. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { type AuthType, MASK } from '../../src/auth-types/auth-type';
import { credentialField } from '../../src/auth-types/form';
import { missingFields } from '../../src/auth-types/missing';
import { withHeader } from '../../src/auth-types/request';
import { SecretPresence } from '../../src/graphql/secret-presence';
import { NotEmpty } from '../../src/rules/rule';
import { AtMost, KeyOrSecret } from '../../src/rules/text';
import { ProviderUrl } from '../../src/rules/url';

@ObjectType()
@InputType()
abstract class ToyParameters {
  @Field(() => String, { nullable: true })
  @AtMost('The flavour', 5)
  flavour?: string | null;

  @Field(() => String, { nullable: true })
  @ProviderUrl('The toy URL')
  toyUrl?: string | null;
}

@ObjectType({ simpleResolvers: true })
class ToyAuthConfig extends ToyParameters {
  @Field(() => SecretPresence)
  toySecret!: SecretPresence;
}

@InputType()
class ToyAuthConfigInput extends ToyParameters {
  @Field(() => String, { nullable: true })
  @KeyOrSecret('The toy secret')
  toySecret?: string | null;
}

@InputType()
class ToyCredentialsInput {
  @Field()
  @NotEmpty('The word')
  word!: string;
}

export const toy = {
  name: 'TOY',
  description: 'A word and a secret in a header.',
  field: 'toy',
  Config: ToyAuthConfig,
  ConfigInput: ToyAuthConfigInput,
  CredentialsInput: ToyCredentialsInput,
  secretFields: ['toySecret'],
  rotatableSecret: 'toySecret',
  urlFields: ['toyUrl'],
  missing: ({ config, secrets }) =>
    missingFields({ ...config, ...secrets }, { flavour: 'The flavour', toySecret: 'The toy secret' }),
  form: ({ flavour }) => [credentialField('word', `${flavour} word`, ['toy', 'word'])],
  credentials: ({ word }) => ({ word }),
  maskedCredentials: () => ({ word: MASK }),
  sign: (request, { config, secrets }, { word }) =>
    withHeader(request, 'X-Toy', `${config.flavour} ${word} ${secrets.toySecret?.value}`),
  signedHeaders: () => ['x-toy'],
} satisfies AuthType<ToyParameters, ToyCredentialsInput>;
