/** The authorization form of a connector: everything that people are asked for, as data. */
import { Field, ObjectType } from 'type-graphql';
import { authTypeNamed } from '../auth-types';
import { FormField, FormFieldKind } from '../auth-types/form';
import type { ConnectionField } from './connection-field';
import type { Connector } from './connector';

@ObjectType({ simpleResolvers: true, description: 'What a UI asks for when somebody connects an account.' })
export class AuthorizationForm {
  @Field(() => [FormField], {
    description:
      'The connection fields of the connector, then the credentials of its auth type; where people authorize at the provider there are no credentials to ask for.',
  })
  fields!: FormField[];
}

export function formOf({ authType, config, connectionFields }: Connector): AuthorizationForm {
  const credentials = authType === null ? [] : authTypeNamed(authType).form(config ?? {});
  return { fields: [...connectionFields.map(variableField), ...credentials] };
}

function variableField({ name, label, secret, required, pattern, help }: ConnectionField): FormField {
  return {
    key: name,
    label,
    kind: FormFieldKind.VARIABLE,
    secret,
    required,
    pattern: pattern ?? null,
    help: help ?? null,
    inputPath: ['variables'],
  };
}
