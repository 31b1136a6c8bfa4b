/** Reading what a provider says, in whatever form it says it: the fields of an answer, and its words for an error. */
import { percentEncode } from '../../rules/percent-encoding';
import type { ProviderAnswer } from '../flow';
import { words } from '../provider-failure';

export type Fields = Readonly<Record<string, unknown>>;

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (body: Uint8Array) =>
  Buffer.from(body)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();

/** The fields of a JSON object, or else of a form, whatever the content type; of anything else none. */
export function fieldsOf(body: Uint8Array): Fields {
  const text = textOf(body);
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : {};
  } catch {
    return /^[^\s=&<{]+=/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : {};
  }
}

/** RFC 6749 section 5.2 first, then what others write in its place. */
const codeNames = ['error', 'error_code', 'errorCode', 'errcode', 'type', 'code'];
const sentenceNames = [
  'error_description',
  'error_message',
  'errmsg',
  'message',
  'msg',
  'detail',
  'faultstring',
  'title',
];

/** The provider's word and sentence for an error, without `secrets`. */
export function said({ status, body }: ProviderAnswer, fields: Fields, secrets: readonly (string | undefined)[]) {
  const hidden = secrets.flatMap((secret) => (secret === undefined ? [] : spellings(secret)));
  // Some wrap it once more: {"error":{"code":…,"message":…}}, {"errors":[{…}]}.
  const inner = [fields.error, fields.fault, fields.errors].flat().find(isObject);
  const find = (names: readonly string[]) =>
    [inner, fields]
      .flatMap((place) => names.map((name) => place?.[name]))
      .find((value) => isText(value) || isCode(value));
  return {
    providerError: words(toText(find(codeNames)), hidden),
    providerErrorDescription: words(toText(find(sentenceNames)) ?? proseOf(body, status), hidden),
  };
}

/** Zero means that all is well where numbers stand for errors. */
const isCode = (value: unknown) => typeof value === 'number' && value !== 0;

const toText = (value: unknown) => (typeof value === 'number' ? `${value}` : value);

/** Where a page has its title, in characters. Looked for in a mebibyte of titles that do not end, it would take minutes. */
const PAGE_HEAD = 16_384;

/** What a body without fields says: a page its title, a text itself, unless it may be a token in a form of the provider's own. */
function proseOf(body: Uint8Array, status: number): string | undefined {
  const text = textOf(body);
  if (text.startsWith('<')) return /<title[^>]*>([^<]*)/i.exec(text.slice(0, PAGE_HEAD))?.[1];
  return status >= 400 && !/^[{["]|^\S+=/.test(text) ? text : undefined;
}

/** A secret as it is, and as it stands in URLs and in forms, should a provider quote the request. */
function spellings(secret: string): string[] {
  return [secret, percentEncode(secret), new URLSearchParams([['', secret]]).toString().slice(1)];
}
