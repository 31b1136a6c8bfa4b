/** What a connector can say about OAuth 1 (RFC 5849): the fields of its configuration, with the rule of each. */
import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';
import { KeyOrSecret, keyRule } from '../rules/text';
import { ProviderUrl, urlRule } from '../rules/url';
import { OAuth1SignatureMethod } from './oauth1-signature';

registerEnumType(OAuth1SignatureMethod, {
  name: 'OAuth1SignatureMethod',
  description: 'How OAuth 1 requests are signed (RFC 5849 section 3.4).',
  valuesConfig: describeValues<keyof typeof OAuth1SignatureMethod>({
    HMAC_SHA1: 'HMAC-SHA1, the default.',
    HMAC_SHA256: 'HMAC-SHA256.',
    PLAINTEXT: 'No signature: both secrets travel in each request, so that only https is safe.',
  }),
});

@ObjectType()
@InputType()
export abstract class OAuth1Parameters {
  @Field(() => String, {
    nullable: true,
    description: `The consumer key that the provider issued: ${keyRule} Needed for Ready.`,
  })
  @KeyOrSecret('The consumer key')
  consumerKey?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Where temporary credentials are obtained (RFC 5849 section 2.1): ${urlRule} Needed for Ready.`,
  })
  @ProviderUrl('The request token URL')
  requestTokenUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Where people consent (RFC 5849 section 2.2): ${urlRule} Needed for Ready.`,
  })
  @ProviderUrl('The authorization URL')
  authorizationUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Where token credentials are obtained (RFC 5849 section 2.3): ${urlRule} Needed for Ready.`,
  })
  @ProviderUrl('The token URL')
  tokenUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Where a token is revoked; null when the provider has no such place: ${urlRule}`,
  })
  @ProviderUrl('The revoke URL')
  revokeTokenUrl?: string | null;

  @Field(() => OAuth1SignatureMethod, {
    defaultValue: OAuth1SignatureMethod.HMAC_SHA1,
    description: 'How requests are signed.',
  })
  signatureMethod!: OAuth1SignatureMethod;
}
