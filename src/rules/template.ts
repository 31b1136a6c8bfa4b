/** Filling `{variable}`s in: simple string expansion, RFC 6570 section 3.2.2. */

const variable = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export type Variables = Readonly<Record<string, string>>;

/** RFC 6570 section 3.2.1: everything but unreserved characters is encoded; a variable without value becomes nothing. */
const encoded = (value: string) =>
  encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** A URL with its variables filled in, so that no value can leave the place where its variable stands. */
export function expandUrl(url: string, variables: Variables): string {
  return url.replace(variable, (_, name: string) => encoded(variables[name] ?? ''));
}

/** A text, such as the value of a parameter that is encoded later, with its variables filled in. */
export function expandText(text: string, variables: Variables): string {
  return text.replace(variable, (_, name: string) => variables[name] ?? '');
}
