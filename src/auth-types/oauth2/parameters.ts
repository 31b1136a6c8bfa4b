/** What a connector can say about OAuth 2 (RFC 6749): the fields of its configuration, with the rule of each. */

import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { UserErrorCode } from '../../errors';
import { describeValues } from '../../graphql/enums';
import { parseUrl } from '../../parse-url';
import { NotEmpty, Rule } from '../../rules/rule';
import { AtMost, KeyOrSecret, keyRule, Without } from '../../rules/text';
import { ProviderUrl, urlRule } from '../../rules/url';
import {
  authorizationRequestParameters,
  EXTRA_PARAMETERS_LIMIT,
  ExtraParameter,
  ExtraParameters,
  tokenRequestParameters,
} from './extra-parameters';

export enum OAuth2GrantType {
  AUTHORIZATION_CODE = 'AUTHORIZATION_CODE',
  AUTHORIZATION_CODE_WITH_PKCE = 'AUTHORIZATION_CODE_WITH_PKCE',
  CLIENT_CREDENTIALS = 'CLIENT_CREDENTIALS',
}

registerEnumType(OAuth2GrantType, {
  name: 'OAuth2GrantType',
  description: 'How OAuth 2 tokens are obtained.',
  valuesConfig: describeValues<keyof typeof OAuth2GrantType>({
    AUTHORIZATION_CODE: 'A person consents at the provider (RFC 6749 section 4.1).',
    AUTHORIZATION_CODE_WITH_PKCE: 'The same, bound to one attempt by PKCE (RFC 7636); a client secret is optional.',
    CLIENT_CREDENTIALS: 'The connector itself is authorized, nobody is asked (RFC 6749 section 4.4).',
  }),
});

export enum ClientAuthentication {
  CLIENT_SECRET_POST = 'CLIENT_SECRET_POST',
  CLIENT_SECRET_BASIC = 'CLIENT_SECRET_BASIC',
}

registerEnumType(ClientAuthentication, {
  name: 'ClientAuthentication',
  description: 'How the client secret is sent (RFC 6749 section 2.3.1).',
  valuesConfig: describeValues<keyof typeof ClientAuthentication>({
    CLIENT_SECRET_POST: 'In the form data of the request.',
    CLIENT_SECRET_BASIC: 'In the Authorization header.',
  }),
});

export enum TokenRequestFormat {
  FORM = 'FORM',
  JSON = 'JSON',
}

registerEnumType(TokenRequestFormat, {
  name: 'TokenRequestFormat',
  description: 'How the body of token requests is written.',
  valuesConfig: describeValues<keyof typeof TokenRequestFormat>({
    FORM: 'As a form, as RFC 6749 has it.',
    JSON: 'As a JSON object, as some providers want it.',
  }),
});

export const EXPIRY_MINIMUM = 900;
export const EXPIRY_MAXIMUM = 86_400;
export const EXPIRY_DEFAULT = 3600;
const BEARER_NAME_LIMIT = 50;
const DELIMITER_LIMIT = 3;

@ObjectType()
@InputType()
export abstract class OAuth2Parameters {
  @Field(() => OAuth2GrantType, { description: 'How tokens are obtained.' })
  grantType!: OAuth2GrantType;

  @Field(() => String, {
    nullable: true,
    description: `The client ID that the provider issued: ${keyRule} Needed for Ready.`,
  })
  @KeyOrSecret('The client ID')
  clientId?: string | null;

  @Field(() => ClientAuthentication, {
    defaultValue: ClientAuthentication.CLIENT_SECRET_POST,
    description: 'How the client secret is sent.',
  })
  clientAuthentication!: ClientAuthentication;

  @Field(() => String, {
    nullable: true,
    description: `Where people consent; some call it the request token URL. Refused for CLIENT_CREDENTIALS, else needed for Ready: ${urlRule}`,
  })
  @ProviderUrl('The authorization URL')
  authorizationUrl?: string | null;

  @Field(() => String, { nullable: true, description: `Where tokens are obtained. Needed for Ready: ${urlRule}` })
  @ProviderUrl('The token URL')
  tokenUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Where tokens are refreshed; null: at the token URL. ${urlRule}`,
  })
  @ProviderUrl('The refresh URL')
  refreshTokenUrl?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `Where tokens are revoked; refused for CLIENT_CREDENTIALS. ${urlRule}`,
  })
  @ProviderUrl('The revoke URL')
  revokeTokenUrl?: string | null;

  @Field({
    defaultValue: 'Bearer',
    description: `What stands before the token in the Authorization header: 1 to ${BEARER_NAME_LIMIT} ASCII letters and digits.`,
  })
  @NotEmpty('The bearer name')
  @AtMost('The bearer name', BEARER_NAME_LIMIT)
  @Without(/[^A-Za-z0-9]/, 'The bearer name takes ASCII letters and digits only.')
  bearerName!: string;

  @Field(() => Int, {
    defaultValue: EXPIRY_DEFAULT,
    description: `Seconds that a token lives when the provider does not say: ${EXPIRY_MINIMUM} to ${EXPIRY_MAXIMUM}.`,
  })
  @Rule<number>(
    UserErrorCode.OUT_OF_RANGE,
    `The expiry time is ${EXPIRY_MINIMUM} to ${EXPIRY_MAXIMUM} seconds.`,
    (seconds) => seconds >= EXPIRY_MINIMUM && seconds <= EXPIRY_MAXIMUM,
  )
  expiryTime!: number;

  @Field({
    defaultValue: ',',
    description: `What separates scopes when they are sent: 1 to ${DELIMITER_LIMIT} printable ASCII characters.`,
  })
  @NotEmpty('The scope delimiter')
  @AtMost('The scope delimiter', DELIMITER_LIMIT)
  @Without(/[^ -~]/, 'The scope delimiter takes printable ASCII characters only.')
  scopeDelimiter!: string;

  @Field(() => [ExtraParameter], {
    defaultValue: [],
    description: `Parameters added to the authorization URL, such as access_type: at most ${EXTRA_PARAMETERS_LIMIT}; refused for CLIENT_CREDENTIALS.`,
  })
  @ExtraParameters(authorizationRequestParameters)
  authorizationParameters!: ExtraParameter[];

  @Field(() => [ExtraParameter], {
    defaultValue: [],
    description: `Parameters added to token requests, such as audience: at most ${EXTRA_PARAMETERS_LIMIT}.`,
  })
  @ExtraParameters(tokenRequestParameters)
  tokenParameters!: ExtraParameter[];

  @Field(() => TokenRequestFormat, {
    defaultValue: TokenRequestFormat.FORM,
    description: 'How the body of token requests is written.',
  })
  tokenRequestFormat!: TokenRequestFormat;

  @Field({
    defaultValue: true,
    description:
      'Whether AUTHORIZATION_CODE sends PKCE (RFC 7636) too, as RFC 9700 recommends; false for a provider that refuses it.',
  })
  sendPkce!: boolean;

  @Field(() => String, {
    nullable: true,
    description: `The issuer identifier of the provider (RFC 8414): an http or https URL without query and fragment. An \`iss\` that comes back (RFC 9207) must be exactly this.`,
  })
  @Rule(
    UserErrorCode.INVALID_URL,
    'The issuer is an http or https URL without query, fragment and user name (RFC 8414 section 2), at most 2048 characters.',
    (text) => text.length <= 2048 && /^https?:\/\/[^\s/?#@\\]+[^\s?#\\]*$/.test(text) && parseUrl(text) !== undefined,
  )
  issuer?: string | null;

  @Field({
    defaultValue: false,
    description:
      'Whether the provider promises to send `iss` (RFC 9207), so that an answer without it is refused. Needs `issuer`.',
  })
  issuerPromised!: boolean;
}
