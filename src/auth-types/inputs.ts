/** The GraphQL types that follow from the registry: the enum of auth types, the union of configurations, the `@oneOf` inputs. */
import { createUnionType, Field, InputType, registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';
import { OneOf } from '../graphql/one-of';
import { type AuthTypeName, authTypes } from '.';
import type { AuthType } from './auth-type';

/** The enum as type-graphql wants it: an object of names. */
export const AuthTypeEnum = Object.fromEntries(authTypes.map(({ name }) => [name, name])) as { [K in AuthTypeName]: K };

registerEnumType(AuthTypeEnum, {
  name: 'AuthType',
  description: 'How a third-party API wants to be authenticated.',
  valuesConfig: describeValues(
    Object.fromEntries(authTypes.map(({ name, description }) => [name, description])) as Record<AuthTypeName, string>,
  ),
});

/** An answered configuration, with the name of its type for the union to tell by. */
export interface AnsweredConfig {
  readonly authType: string;
}

export const AuthConfigUnion = createUnionType({
  name: 'AuthConfig',
  description: 'The authentication of a connector; secrets are only said to be there.',
  types: () => authTypes.map(({ Config }) => Config),
  resolveType: (value) => authTypes.find(({ name }) => name === (value as AnsweredConfig).authType)?.Config,
});

@OneOf()
@InputType({ description: 'The authentication of a connector: exactly one of the types.' })
export class AuthConfigInput {}

@OneOf()
@InputType({ description: 'The credentials of a connection: exactly the one of its connector.' })
export class CredentialsInput {}

function addField(
  target: typeof AuthConfigInput,
  { field, description }: AuthType,
  type: () => AuthType['Config'],
): void {
  Field(type, { nullable: true, description })(target.prototype, field);
}

for (const type of authTypes) {
  addField(AuthConfigInput, type, () => type.ConfigInput);
  const { CredentialsInput: Input } = type;
  if (Input) addField(CredentialsInput, type, () => Input);
}

/** The auth type and the value that a `@oneOf` input holds. */
export function chosen(input: AuthConfigInput | CredentialsInput): { type: AuthType; value: object } {
  const fields = input as Record<string, object | undefined>;
  const type = authTypes.find(({ field }) => fields[field] != null);
  if (!type) throw new Error('GraphQL lets no @oneOf input pass without a value.');
  return { type, value: fields[type.field] as object };
}
