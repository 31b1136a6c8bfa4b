/** Bodies: from the `@oneOf` input to what is signed and sent. */
import { type Body, newBoundary, type Part } from '../auth-types/request';
import { type Problem, UserErrorCode } from '../errors';
import { BASE64_RULE, fromBase64 } from '../rules/base64';
import { headerValue } from '../rules/header';
import type { InvokeBodyInput, PartInput } from './inputs';
import { isDeeperThan } from './json';
import { LIMITS } from './limits';

/** RFC 9110 section 8.3.1, in short: type/subtype and parameters, as a header value. */
const isMediaType = (text: string) =>
  /^[A-Za-z0-9!#$&^_.+-]+\/[A-Za-z0-9!#$&^_.+-]+ *(;.*)?$/.test(text) && headerValue.test(text);

/** The body that `input` says; what is wrong with it is added to `problems`. */
export function buildBody(input: InvokeBodyInput | null | undefined, problems: Problem[]): Body {
  if (!input) return { kind: 'none' };
  const { json, form, text, binary, multipart } = input;
  if (form) return { kind: 'form', fields: form.map(({ name, value }) => [name, value]) };
  if (text)
    return {
      kind: 'bytes',
      of: 'text',
      bytes: Buffer.from(text.content),
      mediaType: checkMediaType(text.mediaType, ['body', 'text', 'mediaType'], problems),
    };
  if (binary)
    return {
      kind: 'bytes',
      of: 'binary',
      bytes: decodeBase64(binary.contentBase64, ['body', 'binary', 'contentBase64'], problems),
      mediaType: checkMediaType(binary.mediaType, ['body', 'binary', 'mediaType'], problems),
    };
  if (multipart)
    return {
      kind: 'multipart',
      boundary: newBoundary(),
      parts: multipart.map((part, index) => buildPart(part, `${index}`, problems)),
    };
  return { kind: 'bytes', of: 'JSON', bytes: jsonBytes(json, problems), mediaType: 'application/json' };
}

function jsonBytes(json: unknown, problems: Problem[]): Buffer {
  if (!isDeeperThan(LIMITS.jsonDepth, json)) return Buffer.from(JSON.stringify(json));
  problems.push({
    code: UserErrorCode.OUT_OF_RANGE,
    path: ['body', 'json'],
    message: `JSON has at most ${LIMITS.jsonDepth} levels of lists and objects inside each other.`,
  });
  return Buffer.alloc(0);
}

function buildPart(
  { name, value, contentBase64, mediaType, fileName }: PartInput,
  index: string,
  problems: Problem[],
): Part {
  const path = ['body', 'multipart', index];
  if ((value == null) === (contentBase64 == null))
    problems.push({
      code: UserErrorCode.REQUIRED,
      path,
      message: 'A part has a value or a contentBase64: one of them, and not both.',
    });
  return {
    name,
    bytes:
      contentBase64 != null
        ? decodeBase64(contentBase64, [...path, 'contentBase64'], problems)
        : Buffer.from(value ?? ''),
    ...(mediaType != null && { mediaType: checkMediaType(mediaType, [...path, 'mediaType'], problems) }),
    ...(fileName != null && { fileName }),
  };
}

function checkMediaType(mediaType: string, path: string[], problems: Problem[]): string {
  if (!isMediaType(mediaType))
    problems.push({
      code: UserErrorCode.INVALID_FORMAT,
      path,
      message: 'A media type is written type/subtype, such as application/xml.',
    });
  return mediaType;
}

function decodeBase64(text: string, path: string[], problems: Problem[]): Buffer {
  const bytes = fromBase64(text);
  if (!bytes) problems.push({ code: UserErrorCode.INVALID_FORMAT, path, message: `Bytes are ${BASE64_RULE}.` });
  return bytes ?? Buffer.alloc(0);
}
