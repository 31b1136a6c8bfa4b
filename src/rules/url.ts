/** The rules for URLs of providers, `{variable}`s included (RFC 6570 level 1), and which variables a URL has. */
import { UserErrorCode } from '../errors';
import { isPort, readHost } from './host';
import { allOf, Constraint, NotEmpty } from './rule';
import { AtMost } from './text';

export const URL_LIMIT = 2048;
export const urlRule = `http or https, a host, a path segment, no fragment, no user name; at most ${URL_LIMIT} characters; {variables} of connection fields allowed in host labels, path and values of the query.`;

/** RFC 6570 section 2.3, without dots and percent-encoding: what a connection field may be called. */
const NAME = '[A-Za-z_][A-Za-z0-9_]*';
export const variableName = new RegExp(`^${NAME}$`);
const variable = new RegExp(`\\{(${NAME})\\}`, 'g');
const withoutVariables = (text: string) => text.replace(variable, 'v');

/** Anything but the unreserved, reserved and percent-encoded characters of RFC 3986 section 2: nothing has to be altered to be sent. */
const noUriCharacter = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})/;

/** The text of a URL split into its parts as RFC 3986 appendix B does. */
function parts(text: string) {
  const [, scheme, authority, path = '', query = '', fragment] =
    /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? [];
  const [, userInfo, host = '', port] = /^(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority ?? '') ?? [];
  return { scheme, authority, userInfo, host, port, path, query, fragment };
}

/** What is wrong with the URL `text`, in words that stand after its name. */
function faults(text: string): string[] {
  if (noUriCharacter.test(text.replace(/[{}]/g, '')))
    return ['is written in the characters of RFC 3986; others are percent-encoded.'];
  if (!variablesStandWell(text))
    return ['has {variables} only in host labels, the path and values of the query, named as connection fields are.'];
  const { authority, userInfo, host, port, path, fragment } = parts(withoutVariables(text));
  return [
    ...(/^https?:\/\//i.test(text) ? [] : ['starts with http:// or https://.']),
    ...(authority === undefined || (readHost(host) && (!port || isPort(port)))
      ? []
      : ['names a host after ://, which is a host name or an IP address, with or without a port of 1 to 65535.']),
    ...(hasSegment(path) ? [] : ['has at least one path segment that is not empty (nor . or ..).']),
    ...(fragment === undefined ? [] : ['has no fragment (#).']),
    ...(userInfo === undefined ? [] : ['has no user name or password before the host.']),
  ];
}

function variablesStandWell(text: string): boolean {
  const { scheme, userInfo, host, port, query, fragment } = parts(text);
  const queryNames = query.split('&').map((pair) => pair.split('=', 1)[0]);
  const address = host.startsWith('[') ? host : '';
  const places = [scheme, userInfo, port, address, fragment, ...queryNames];
  return !/[{}]/.test(withoutVariables(text)) && places.every((place) => !place || !/[{}]/.test(place));
}

/** Whether a segment is left when dots are followed, as every client does before it sends. */
const hasSegment = (path: string): boolean => /[^/]/.test(new URL(path.replace(/^\/*/, '/'), 'http://host').pathname);

/** A URL of a provider. `what` names it at the start of each message. */
export const ProviderUrl = (what: string): PropertyDecorator =>
  allOf(
    NotEmpty(what),
    AtMost(what, URL_LIMIT),
    Constraint<string>(`url ${what}`, (text) =>
      // What is too long is looked at no further: its length has no bound.
      text === '' || text.length > URL_LIMIT
        ? []
        : faults(text).map((fault) => ({ code: UserErrorCode.INVALID_URL, message: `${what} ${fault}`, path: [] })),
    ),
  );

/** The names of the variables in a URL, each once. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(variable)].map(([, name]) => name ?? ''))];
}

/** Those of `variablesIn` that stand in the host, whose values must be parts of host labels. */
export function hostVariablesIn(text: string): string[] {
  return variablesIn(parts(text).host);
}

/** What a variable in a host label may be filled in with: no dot, so that a value cannot lead to another domain. */
export const hostLabelPart = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/;
