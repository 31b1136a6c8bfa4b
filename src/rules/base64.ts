/** Base64 (RFC 4648 section 4), read strictly: what is not written the one right way is not base64. */

export const BASE64_RULE = 'given as base64 (RFC 4648 section 4), padded, without line breaks';

/** The bytes, or `undefined` when `text` is not padded base64 of the standard alphabet without anything else in it. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
