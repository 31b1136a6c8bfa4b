/** What people are prompted for: the fields of an authorization form. */
import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { describeValues } from '../graphql/enums';

export enum FormFieldKind {
  CREDENTIAL = 'CREDENTIAL',
  VARIABLE = 'VARIABLE',
}

registerEnumType(FormFieldKind, {
  name: 'FormFieldKind',
  description: 'Where the value of a form field goes.',
  valuesConfig: describeValues<keyof typeof FormFieldKind>({
    CREDENTIAL: 'Into `credentials` of `connectionAuthorize`, at `inputPath`.',
    VARIABLE: 'Into `variables` of `connectionCreate` or `connectionUpdate`, under `key`.',
  }),
});

@ObjectType({ simpleResolvers: true, description: 'A field that a UI shows to the person who connects an account.' })
export class FormField {
  @Field({ description: 'What the API, or the connector, calls the value.' })
  key!: string;

  @Field({ description: 'What people call it.' })
  label!: string;

  @Field(() => FormFieldKind, { description: 'Where the value goes.' })
  kind!: FormFieldKind;

  @Field({ description: 'Whether it is to be hidden while it is typed.' })
  secret!: boolean;

  @Field({ description: 'Whether it must be given.' })
  required!: boolean;

  @Field(() => String, { nullable: true, description: 'A regular expression that the whole value matches; null: any.' })
  pattern!: string | null;

  @Field(() => String, { nullable: true, description: 'A hint for the person who fills it in.' })
  help!: string | null;

  @Field(() => [String], {
    description:
      'The path into `credentials` (for a value of `apiKey`: `["apiKey", "values"]`, a list of key and value) or into `variables`.',
  })
  inputPath!: string[];
}

/** A credential field of a form. */
export function credentialField(
  key: string,
  label: string,
  inputPath: string[],
  { secret = true, required = true, help = null as string | null } = {},
): FormField {
  return { key, label, kind: FormFieldKind.CREDENTIAL, secret, required, pattern: null, help, inputPath };
}
