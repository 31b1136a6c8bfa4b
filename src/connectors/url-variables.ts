/** The `{variable}`s in URLs of a connector's configuration: which fields they stand in, and which nobody declared. */
import { authTypeNamed } from '../auth-types';
import { hostVariablesIn, URL_LIMIT, variablesIn } from '../rules/url';
import type { Connector } from './connector';

type Configured = Pick<Connector, 'authType' | 'config'>;

/** The URLs of a configuration, by field. One that is too long is refused anyway, and not looked into. */
export function urlsOf({ authType, config }: Configured): { field: string; url: string }[] {
  if (authType === null || config === null) return [];
  const values = config as Record<string, unknown>;
  return authTypeNamed(authType).urlFields.flatMap((field: string) => {
    const url = values[field];
    return typeof url === 'string' && url.length <= URL_LIMIT ? [{ field, url }] : [];
  });
}

/** The variables that are not connection fields of the connector, with the fields whose URLs have them. */
export function undeclaredVariables({
  connectionFields,
  ...configured
}: Configured & Pick<Connector, 'connectionFields'>): { field: string; variable: string }[] {
  const declared = new Set(connectionFields.map(({ name }) => name));
  return urlsOf(configured).flatMap(({ field, url }) =>
    variablesIn(url)
      .filter((variable) => !declared.has(variable))
      .map((variable) => ({ field, variable })),
  );
}

/** The connection fields whose values become parts of host names. */
export const hostVariables = (configured: Configured): string[] =>
  urlsOf(configured).flatMap(({ url }) => hostVariablesIn(url));
