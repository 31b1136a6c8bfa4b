/** Filling `{variable}`s in: simple string expansion, RFC 6570 section 3.2.2. */
import { parseUrl } from '../parse-url';
import { percentEncode } from './percent-encoding';
import { hostLabelPart } from './url';

const variable = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
/** What the parsers of browsers and of Node take for `.` or `..`, and resolve (https://url.spec.whatwg.org, "double-dot URL path segment"). */
const dotSegment = /^(?:\.|%2e){1,2}$/i;

export type Variables = Readonly<Record<string, string>>;

/** A value that would change more of a URL than the place where its variable stands. */
export class UnfitValue extends Error {}

/** Values that each fit, and that together make no host. */
export class UnfitHost extends UnfitValue {}

/**
 * A URL with its variables filled in, so that no value can leave the place where its variable stands. Throws `UnfitValue` where
 * no encoding can keep it there.
 */
export function expandUrl(url: string, variables: Variables): string {
  const [, scheme = '', authority = '', path = '', query = ''] =
    /^([^:/?#]+:\/\/)([^/?#]*)([^?]*)(.*)$/s.exec(url) ?? [];
  const origin = `${scheme}${expandHost(authority, variables)}`;
  // Numbers are addresses, and not every number is one (https://url.spec.whatwg.org, "ends-in-a-number checker").
  if (origin !== `${scheme}${authority}` && !parseUrl(origin))
    throw new UnfitHost(`The values of ${namesIn(authority)} make no host: neither a name nor an address.`);
  return `${origin}${expandPath(path, variables)}${encodedInto(query, variables)}`;
}

/** The names of the variables in a text, each once; other braces are just braces. */
export const textVariablesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(variable)].map(([, name]) => name ?? '')),
];

/** A text, such as the value of a parameter that is encoded later, with its variables filled in. */
export function expandText(text: string, variables: Variables): string {
  return text.replace(variable, (_, name: string) => filling(variables, name));
}

function expandHost(authority: string, variables: Variables): string {
  return authority.replace(variable, (_, name: string) => {
    const value = filling(variables, name);
    if (hostLabelPart.test(value)) return value;
    throw new UnfitValue(
      `The value of ${name} cannot be part of a host name: ASCII letters, digits and hyphens inside.`,
    );
  });
}

function expandPath(path: string, variables: Variables): string {
  const segments = path.split('/').map((segment) => {
    const expanded = encodedInto(segment, variables);
    if (expanded === segment || !dotSegment.test(expanded)) return expanded;
    throw new UnfitValue(`The values of ${namesIn(segment)} would make a path segment of dots, which leads elsewhere.`);
  });
  return segments.join('/');
}

/** RFC 6570 section 3.2.1: everything but unreserved characters is encoded. */
const encodedInto = (part: string, variables: Variables) =>
  part.replace(variable, (_, name: string) => percentEncode(filling(variables, name)));

/** RFC 6570 section 3.2.1: a variable without value becomes nothing. */
const filling = (variables: Variables, name: string) => (Object.hasOwn(variables, name) ? (variables[name] ?? '') : '');

const namesIn = (segment: string) => [...segment.matchAll(variable)].map(([, name]) => name).join(', ');
