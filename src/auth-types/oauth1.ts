/** OAuth 1.0a (RFC 5849): its configuration and what it needs. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { type Problem, refuseAny, UserErrorCode } from '../errors';
import { SecretPresence } from '../graphql/secret-presence';
import type { EncodedPair } from '../rules/percent-encoding';
import { KeyOrSecret, keyRule } from '../rules/text';
import { type AuthType, MASK } from './auth-type';
import { missingFields } from './missing';
import { oauth1Flow } from './oauth1-flow';
import { OAuth1Parameters } from './oauth1-parameters';
import {
  formParameters,
  OAuth1SignatureMethod,
  protocolParameters,
  queryParameters,
  type SignedParts,
  signOAuth1,
} from './oauth1-signature';
import { encodeBody, type SignableRequest, withHeader } from './request';

@ObjectType({ simpleResolvers: true, description: 'OAuth 1.0a (RFC 5849).' })
class OAuth1AuthConfig extends OAuth1Parameters {
  @Field(() => SecretPresence, { description: 'What is told of the consumer secret.' })
  consumerSecret!: SecretPresence;
}

@InputType({ description: 'How to obtain and use OAuth 1 credentials.' })
class OAuth1AuthConfigInput extends OAuth1Parameters {
  @Field(() => String, {
    nullable: true,
    description: `The consumer secret that the provider issued: ${keyRule} Left out: the one that is kept stays; null: it is removed. Needed for Ready.`,
  })
  @KeyOrSecret('The consumer secret')
  consumerSecret?: string | null;
}

const urlFields = ['requestTokenUrl', 'authorizationUrl', 'tokenUrl', 'revokeTokenUrl'] as const;

/** RFC 5849 section 3.4.4: PLAINTEXT is for TLS only. People bring no secrets to the authorization URL. */
function inClear(field: (typeof urlFields)[number], config: OAuth1Parameters): Problem[] {
  if (field === 'authorizationUrl' || !/^http:/i.test(config[field] ?? '')) return [];
  const message = 'PLAINTEXT sends the secrets themselves, and http lets anybody on the way read them: use https.';
  return [{ code: UserErrorCode.INVALID_URL, path: [field], message }];
}

/** RFC 5849 section 3.4.1.3.1: of bodies only forms are signed, whoever wrote them. */
function formOf({ headers, body }: SignableRequest): Uint8Array | undefined {
  const encoded = encodeBody(body);
  const [, mediaType = encoded?.mediaType ?? ''] =
    headers.find(([name]) => name.toLowerCase() === 'content-type') ?? [];
  return /^application\/x-www-form-urlencoded *(;|$)/i.test(mediaType) ? encoded?.bytes : undefined;
}

/** Throws `Refused` for parameters that would then stand in the request twice (RFC 5849 section 3.1). */
function refuseProtocolParameters(parts: SignedParts): void {
  const refused = (what: string, pairs: readonly EncodedPair[]) =>
    pairs
      .filter(([name]) => protocolParameters.includes(name))
      .map(([name]) => ({
        code: UserErrorCode.RESERVED,
        path: [what],
        message: `${name} belongs to the signature and cannot stand in the ${what} as well.`,
      }));
  refuseAny([...refused('url', queryParameters(parts)), ...refused('body', formParameters(parts))]);
}

export const oauth1 = {
  name: 'OAUTH1',
  description: 'OAuth 1.0a (RFC 5849): people authorize at the provider.',
  field: 'oauth1',
  Config: OAuth1AuthConfig,
  ConfigInput: OAuth1AuthConfigInput,
  secretFields: ['consumerSecret'],
  rotatableSecret: 'consumerSecret',
  urlFields,
  redirects: () => true,
  missing: ({ config, secrets }) =>
    missingFields(
      { ...config, ...secrets },
      {
        consumerKey: 'The consumer key',
        consumerSecret: 'The consumer secret',
        requestTokenUrl: 'The request token URL',
        authorizationUrl: 'The authorization URL',
        tokenUrl: 'The token URL',
      },
    ),
  form: () => [],
  maskedCredentials: () => ({ token: MASK, tokenSecret: MASK }),
  warnings: ({ config }) =>
    config.signatureMethod === OAuth1SignatureMethod.PLAINTEXT
      ? urlFields.flatMap((field) => inClear(field, config))
      : [],
  sign(request, { config, secrets }, { token, tokenSecret }, moment) {
    const parts = { method: request.method, url: request.url, form: formOf(request) };
    refuseProtocolParameters(parts);
    const authorization = signOAuth1({
      ...parts,
      consumerKey: config.consumerKey ?? '',
      consumerSecret: secrets.consumerSecret?.value ?? '',
      token,
      tokenSecret,
      signatureMethod: config.signatureMethod,
      moment,
    });
    return withHeader(request, 'Authorization', authorization);
  },
  signedHeaders: () => ['authorization'],
  flow: oauth1Flow,
} satisfies AuthType<OAuth1Parameters>;
