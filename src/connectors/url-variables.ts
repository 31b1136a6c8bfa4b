/** The `{variable}`s in a connector's configuration: where they stand, and which nobody declared. */
import { authTypeNamed } from '../auth-types';
import { expandUrl, textVariablesIn, UnfitHost, UnfitValue } from '../rules/template';
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

/** The variables that are not connection fields of the connector, with the places in its configuration where they stand. */
export function undeclaredVariables({
  connectionFields,
  ...configured
}: Configured & Pick<Connector, 'connectionFields'>): { path: readonly string[]; variable: string }[] {
  const declared = new Set(connectionFields.map(({ name }) => name));
  const used = [
    ...urlsOf(configured).map(({ field, url }) => ({ path: [field], variables: variablesIn(url) })),
    ...templatesOf(configured).map(({ path, text }) => ({ path, variables: textVariablesIn(text) })),
  ];
  return used.flatMap(({ path, variables }) =>
    variables.filter((variable) => !declared.has(variable)).map((variable) => ({ path, variable })),
  );
}

const templatesOf = ({ authType, config }: Configured) =>
  authType === null || config === null ? [] : (authTypeNamed(authType).templates?.(config) ?? []);

/** The connection fields whose values become parts of host names. */
export const hostVariables = (configured: Configured): string[] =>
  urlsOf(configured).flatMap(({ url }) => hostVariablesIn(url));

/** Why `value` cannot stand for `variable` in the URLs of a configuration, whatever the others stand for; `undefined`: it can. */
export function unfitness(configured: Configured, variable: string, value: string): string | undefined {
  for (const { url } of urlsOf(configured)) {
    const others = Object.fromEntries(variablesIn(url).map((name) => [name, 'x']));
    try {
      expandUrl(url, { ...others, [variable]: value });
    } catch (error) {
      // Whether the whole is a host is for all of them together to say.
      if (error instanceof UnfitHost && hostVariablesIn(url).length > 1) continue;
      if (error instanceof UnfitValue) return error.message;
      throw error;
    }
  }
  return undefined;
}
