/** The rules for URLs of providers, `{variable}`s included (RFC 6570 level 1), and how the variables are filled in. */
import { UserErrorCode } from '../errors';
import { allOf, NotEmpty, Rule } from './rule';

export const URL_LIMIT = 2048;

const variable = /\{([^{}]*)\}/g;
/** RFC 6570 section 2.3, without dots and percent-encoding: what a connection field may be called. */
export const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** RFC 3986 section 2: unreserved, reserved and percent-encoded characters, so that nothing has to be altered to be sent. */
const uriCharacters = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;

/** The text of a URL split into its parts as RFC 3986 appendix B does. */
function parts(text: string) {
  const [, scheme = '', authority = '', path = '', query = '', fragment] =
    /^([^:/?#]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  return { scheme: scheme.toLowerCase(), authority, path, query, fragment };
}

const withoutVariables = (text: string) => text.replace(variable, 'v');

function parses(text: string): boolean {
  return URL.canParse(withoutVariables(text)) && new URL(withoutVariables(text)).hostname !== '';
}

/** Host labels, path and values of the query: the places where a variable may stand. */
function variablesStandWell(text: string): boolean {
  const { scheme, authority, query } = parts(text);
  const names = [...text.matchAll(variable)].map(([, name]) => name ?? '');
  const inQueryName = query.split('&').some((pair) => /[{}]/.test(pair.split('=', 1)[0] ?? ''));
  const inPort = /:[^\]]*[{}]/.test(authority.slice(authority.lastIndexOf(']') + 1));
  const unpaired = /[{}]/.test(withoutVariables(text));
  return names.every((name) => variableName.test(name)) && !unpaired && !inQueryName && !inPort && !/[{}]/.test(scheme);
}

const check = (message: string, holds: (text: string) => boolean) =>
  Rule(UserErrorCode.INVALID_URL, message, (text) => text === '' || holds(text));

/** A URL of a provider. `what` names it at the start of each message. */
export const ProviderUrl = (what: string): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    Rule(UserErrorCode.TOO_LONG, `${what} has at most ${URL_LIMIT} characters.`, (text) => text.length <= URL_LIMIT),
    check(`${what} starts with http:// or https:// and names a host.`, (text) => {
      const { scheme, authority } = parts(text);
      return (
        /^https?$/.test(scheme) &&
        authority.replace(/^.*@/, '') !== '' &&
        (parses(text) || !uriCharacters.test(withoutVariables(text)))
      );
    }),
    check(`${what} has at least one path segment that is not empty.`, (text) => /[^/]/.test(parts(text).path)),
    check(`${what} has no fragment (#).`, (text) => parts(text).fragment === undefined),
    check(`${what} has no user name or password before the host.`, (text) => !parts(text).authority.includes('@')),
    check(`${what} is written in the characters of RFC 3986; others are percent-encoded.`, (text) =>
      uriCharacters.test(withoutVariables(text).replace(/[{}]/g, '')),
    ),
    check(
      `${what} has {variables} only in host labels, the path and values of the query, named as connection fields are.`,
      variablesStandWell,
    ),
  );

/** The names of the variables in a URL, each once. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(variable)].map(([, name]) => name ?? ''))];
}

/** Those of `variablesIn` that stand in the host, whose values must be parts of host labels. */
export function hostVariablesIn(text: string): string[] {
  return variablesIn(parts(text).authority);
}

/** What a variable in a host label may be filled in with: no dot, so that a value cannot lead to another domain. */
export const hostLabelPart = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/;
