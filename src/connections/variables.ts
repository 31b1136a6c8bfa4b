/** The values of connection fields: checked against the connector, the secret ones sealed. */
import { CONNECTION_FIELDS_LIMIT, type ConnectionField } from '../connectors/connection-field';
import type { Connector } from '../connectors/connector';
import { hostVariables, unfitness } from '../connectors/url-variables';
import { type Problem, UserErrorCode } from '../errors';
import { matchesWhole } from '../rules/pattern';
import { hostLabelPart } from '../rules/url';
import { placeIn } from '../storage/sealed-columns';
import type { Vault } from '../storage/vault';
import type { Connection } from './connection';
import type { VariableInput } from './inputs';
import type { Variable } from './payloads';

type Row = Pick<Connection, 'id' | 'workspaceId'>;
type Columns = Pick<Connection, 'plainVariables' | 'secretVariables' | 'secretVariableNames'>;

const place = (row: Row) => placeIn('connection', row);

/** What is wrong with `given`, as values for the fields of `connector`; `former`: the names that have values already. */
export function variableProblems(
  connector: Connector,
  given: readonly VariableInput[],
  former: readonly string[] = [],
): Problem[] {
  const { connectionFields } = connector;
  // A list that is too long is refused for that alone.
  if (given.length > CONNECTION_FIELDS_LIMIT) return [];
  const inHost = hostVariables(connector);
  const problems = given.flatMap(({ name, value }, index): Problem[] => {
    const problem = (code: UserErrorCode, part: string, message: string) => [
      { code, path: ['variables', `${index}`, part], message },
    ];
    const field = connectionFields.find((candidate) => candidate.name === name);
    if (!field)
      return problem(
        UserErrorCode.UNKNOWN_KEY,
        'name',
        `The connector has no connection field ${quoted(connectionFields)}.`,
      );
    if (given.slice(0, index).some((other) => other.name === name))
      return problem(UserErrorCode.ALREADY_EXISTS, 'name', `The value of ${name} was given already.`);
    if (value === '') return [];
    if (field.pattern != null && !matchesWhole(field.pattern, value))
      return problem(
        UserErrorCode.INVALID_FORMAT,
        'value',
        `The whole value of ${name} must match the regular expression ${field.pattern}`,
      );
    if (inHost.includes(name) && !hostLabelPart.test(value))
      return problem(
        UserErrorCode.INVALID_CHARACTERS,
        'value',
        `${name} becomes part of a host name: ASCII letters, digits and hyphens inside only.`,
      );
    const unfit = unfitness(connector, name, value);
    return unfit === undefined ? [] : problem(UserErrorCode.INVALID_FORMAT, 'value', unfit);
  });
  const absent = connectionFields.filter(
    ({ name, required }) => required && !former.includes(name) && !given.some((variable) => variable.name === name),
  );
  return [
    ...problems,
    ...absent.map(({ name, label }) => ({
      code: UserErrorCode.REQUIRED,
      path: ['variables'],
      message: `A value for ${name} (${label}) is required.`,
    })),
  ];
}

const quoted = (fields: readonly ConnectionField[]) =>
  fields.length === 0 ? 'at all' : `of this name; it has ${fields.map(({ name }) => name).join(', ')}`;

/** The names of the fields that have values. */
export const namesOf = ({ plainVariables, secretVariableNames }: Columns): string[] => [
  ...Object.keys(plainVariables),
  ...secretVariableNames,
];

/** The values of a connection with those of secret fields, for use in requests. */
export function openVariables(connection: Connection, vault: Vault): Record<string, string> {
  const { secretVariables, plainVariables } = connection;
  return {
    ...plainVariables,
    ...(secretVariables ? vault.open<Record<string, string>>(secretVariables, place(connection)) : {}),
  };
}

/** The columns that keep `values`. */
export function sealVariables(
  values: Readonly<Record<string, string>>,
  { connectionFields }: Connector,
  row: Row,
  vault: Vault,
): Columns {
  const isSecret = (name: string) => connectionFields.some((field) => field.name === name && field.secret);
  const part = (secret: boolean) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => isSecret(name) === secret));
  const secrets = part(true);
  const secretVariableNames = Object.keys(secrets);
  return {
    plainVariables: part(false),
    secretVariables: secretVariableNames.length > 0 ? vault.seal(secrets, place(row)) : null,
    secretVariableNames,
  };
}

/** What is told of the variables of a connection. */
export function answerVariables({ plainVariables, secretVariableNames }: Connection): Variable[] {
  return [
    ...Object.entries(plainVariables).map(([name, value]) => ({ name, value })),
    ...secretVariableNames.map((name) => ({ name, value: null })),
  ];
}
