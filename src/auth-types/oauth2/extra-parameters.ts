/** Parameters beside those of OAuth 2 that some providers want: any but the protocol's own. */
import { Field, InputType, ObjectType } from 'type-graphql';
import { type Problem, UserErrorCode } from '../../errors';
import { Items, NotEmpty, problemsOf } from '../../rules/rule';
import { AtMost, KEY_LIMIT, KeyOrSecret, keyRule, NoControlCharacters } from '../../rules/text';

/** What says who the client is (RFC 6749 section 2.3, RFC 7521 section 4.2): never in a URL that a browser sees, nor set twice. */
const clientParameters = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/** RFC 6749, RFC 7636, RFC 9101: what an authorization request says by itself. */
export const authorizationRequestParameters: readonly string[] = [
  ...clientParameters,
  'response_type',
  'response_mode',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
];

/** RFC 6749, RFC 7636: what a token request says by itself. */
export const tokenRequestParameters: readonly string[] = [
  ...clientParameters,
  'grant_type',
  'code',
  'redirect_uri',
  'code_verifier',
  'refresh_token',
  'scope',
];

@ObjectType('ExtraParameter', { simpleResolvers: true, description: 'A parameter beside those of the protocol.' })
@InputType('ExtraParameterInput', { description: 'A parameter beside those of the protocol.' })
export class ExtraParameter {
  @Field({ description: `Its name, none of the protocol's own: ${keyRule}` })
  @KeyOrSecret('The name of a parameter')
  name!: string;

  @Field({ description: `Its value: 1 to ${KEY_LIMIT} characters, no control characters.` })
  @NotEmpty('The value of a parameter')
  @AtMost('The value of a parameter', KEY_LIMIT)
  @NoControlCharacters('The value of a parameter')
  value!: string;
}

export const EXTRA_PARAMETERS_LIMIT = 20;

/** The rules for a list of extra parameters: how many, none of `own`, none twice (RFC 6749 section 3.1). */
export const ExtraParameters = (own: readonly string[]): PropertyDecorator =>
  Items<ExtraParameter>('extra parameters', EXTRA_PARAMETERS_LIMIT, (parameter, before) => [
    ...problemsOf(parameter),
    ...nameProblems(parameter, before, own),
  ]);

/** The values of extra parameters, which may hold variables, with their places in the configuration. */
export function templatesOf(config: {
  readonly authorizationParameters: readonly ExtraParameter[];
  readonly tokenParameters: readonly ExtraParameter[];
}): { path: string[]; text: string }[] {
  return (['authorizationParameters', 'tokenParameters'] as const).flatMap((field) =>
    config[field].map(({ value }, index) => ({ path: [field, `${index}`, 'value'], text: value })),
  );
}

/** Whether a name is one of the protocol's `own`, whatever its case: some providers do not tell `State` from `state`. */
export const isReserved = (name: string, own: readonly string[]): boolean => own.includes(name.toLowerCase());

export const reserved = (name: string): Omit<Problem, 'path'> => ({
  code: UserErrorCode.RESERVED,
  message: `${name} belongs to the protocol and cannot be set here.`,
});

function nameProblems({ name }: ExtraParameter, before: readonly ExtraParameter[], own: readonly string[]): Problem[] {
  const path = ['name'];
  if (isReserved(name, own)) return [{ ...reserved(name), path }];
  if (before.every((other) => other.name !== name)) return [];
  return [{ code: UserErrorCode.ALREADY_EXISTS, path, message: `Another parameter has the name ${name}.` }];
}
