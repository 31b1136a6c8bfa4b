/** The first step of a call: from the input to the final URL, headers and body; every broken rule is told at once. */
import {
  encodeBody,
  type NameValue,
  type SignableRequest,
  withContentType,
  withParameter,
} from '../auth-types/request';
import { type Problem, refuseAny, UserErrorCode } from '../errors';
import { parseUrl } from '../parse-url';
import { headerName, headerValue, isTransportHeader } from '../rules/header';
import { buildBody } from './body';
import type { InvokeUrlInput, NameValueInput } from './inputs';
import { LIMITS } from './limits';

/** `signedHeaders`: the headers (in lower case) that signing sets. Throws `Refused`. */
export function buildRequest(input: InvokeUrlInput, signedHeaders: readonly string[]): SignableRequest {
  // First of all: what UTF-8 cannot write cannot be encoded into a URL or a body either.
  refuseAny(unpairedSurrogates(input));
  const problems: Problem[] = [];
  const url = buildUrl(input, problems);
  const body = buildBody(input.body, problems);
  const encoded = encodeBody(body);
  if (encoded && encoded.bytes.length > LIMITS.bodyBytes)
    problems.push({
      code: UserErrorCode.TOO_LONG,
      path: ['body'],
      message: `A body has at most ${LIMITS.bodyBytes} bytes.`,
    });
  // The body says its own media type where its bytes depend on it (the boundary); elsewhere a header may say it better.
  const fixedType = body.kind === 'form' || body.kind === 'multipart' ? ['content-type'] : [];
  const headers = buildHeaders(input.headers, [...signedHeaders, ...fixedType], problems);
  checkRanges(input, problems);
  refuseAny(problems);
  return withContentType({ method: input.method, url: url as URL, headers, body });
}

function unpairedSurrogates({ url, parameters, body }: InvokeUrlInput): Problem[] {
  const search = (value: unknown, path: string[]): string[][] => {
    if (typeof value === 'string') return /\p{Cs}/u.test(value) ? [path] : [];
    return Object.entries(value ?? {}).flatMap(([name, inner]) => search(inner, [...path, name]));
  };
  // Not in JSON, which writes them as escapes.
  return search({ url, parameters, body: { ...body, json: undefined } }, []).map((path) => ({
    code: UserErrorCode.INVALID_CHARACTERS,
    path,
    message: 'A text has whole characters only: this one has half of a surrogate pair.',
  }));
}

function buildUrl({ url: text, parameters }: InvokeUrlInput, problems: Problem[]): URL | undefined {
  const refuse = (message: string) => void problems.push({ code: UserErrorCode.INVALID_URL, path: ['url'], message });
  if (parameters.length > LIMITS.parameters)
    problems.push({
      code: UserErrorCode.TOO_LONG,
      path: ['parameters'],
      message: `A call has at most ${LIMITS.parameters} parameters besides those in its URL.`,
    });
  if (text.length > LIMITS.url)
    problems.push({
      code: UserErrorCode.TOO_LONG,
      path: ['url'],
      message: `The URL has at most ${LIMITS.url} characters.`,
    });
  const url = /^https?:\/\//i.test(text) ? parseUrl(text) : undefined;
  if (!url) {
    refuse('The URL starts with http:// or https:// and names a host.');
    return undefined;
  }
  if (/[\\\s\p{Cc}]/u.test(text)) refuse('The URL has no white space, control characters or backslashes; encode them.');
  if (url.username || url.password || /^https?:\/\/[^/?#]*@/i.test(text))
    refuse('The URL has no user name or password.');
  if (text.includes('#')) refuse('The URL has no fragment (#).');
  return parameters.reduce((longer, { name, value }) => withParameter(longer, name, value), url);
}

function buildHeaders(
  headers: readonly NameValueInput[],
  reserved: readonly string[],
  problems: Problem[],
): NameValue[] {
  if (headers.length > LIMITS.headers)
    problems.push({
      code: UserErrorCode.TOO_LONG,
      path: ['headers'],
      message: `A call has at most ${LIMITS.headers} headers.`,
    });
  return headers.map(({ name, value }, index) => {
    const refuse = (code: UserErrorCode, part: string, message: string) =>
      problems.push({ code, path: ['headers', `${index}`, part], message });
    if (!headerName.test(name))
      refuse(
        UserErrorCode.INVALID_CHARACTERS,
        'name',
        "A header name takes letters, digits and ! # $ % & ' * + - . ^ _ ` | ~ only (RFC 9110 section 5.1).",
      );
    else if (isTransportHeader(name))
      refuse(UserErrorCode.RESERVED, 'name', `The header ${name} belongs to the transport and cannot be set.`);
    else if (reserved.includes(name.toLowerCase()))
      refuse(
        UserErrorCode.RESERVED,
        'name',
        `The header ${name} is set by the connector or by the body and cannot be overridden.`,
      );
    if (value.length > LIMITS.headerValue)
      refuse(UserErrorCode.TOO_LONG, 'value', `A header value has at most ${LIMITS.headerValue} characters.`);
    if (!headerValue.test(value))
      refuse(
        UserErrorCode.INVALID_CHARACTERS,
        'value',
        'A header value has visible ASCII characters, spaces and tabs inside only.',
      );
    return [name, value] as const;
  });
}

function checkRanges({ timeoutMs, maxResponseBytes }: InvokeUrlInput, problems: Problem[]): void {
  const check = (field: string, value: number, { least, most }: { least: number; most: number }) => {
    if (value >= least && value <= most) return;
    problems.push({ code: UserErrorCode.OUT_OF_RANGE, path: [field], message: `${field} is ${least} to ${most}.` });
  };
  check('timeoutMs', timeoutMs, LIMITS.timeoutMs);
  check('maxResponseBytes', maxResponseBytes, LIMITS.responseBytes);
}
