/** The last step of a call: what the API answered, as data. */
import { isUtf8 } from 'node:buffer';
import type { OutboundResponse } from '../outbound';
import { parseJson } from './json';
import type { InvokeResponse } from './payloads';

/** The answer with its body as text where it is text, as JSON where it is JSON, as base64 where it is neither. */
export function answerOf({ status, headers, body, durationMs }: OutboundResponse): InvokeResponse {
  const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() || null;
  const text = textOf(body, contentType);
  return {
    status,
    headers: headers.map(([name, value]) => ({ name, value })),
    mediaType,
    body: text,
    bodyBase64: text === null ? body.toString('base64') : null,
    json: text !== null && isJson(mediaType) ? parseJson(text) : null,
    byteSize: body.length,
    durationMs,
  };
}

/** RFC 6839 section 3.1: +json is JSON too. */
const isJson = (mediaType: string | null) => mediaType !== null && /[/+]json$/.test(mediaType);

/** The text that `bytes` are in UTF-8; `null` when they are not, or hold a NUL, which no text does. */
export function utf8Text(bytes: Uint8Array): string | null {
  return isUtf8(bytes) && !bytes.includes(0) ? Buffer.from(bytes).toString('utf8') : null;
}

/** The charset that was named decides; without one, what is UTF-8 is text. */
function textOf(body: Buffer, contentType: string): string | null {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  if (/^utf-?8$/i.test(charset)) return utf8Text(body)?.replace(/^\uFEFF/, '') ?? null;
  try {
    const decoder = new TextDecoder(charset, { fatal: true });
    // In two steps: given all at once, Node 20 leaves 0x80 to 0x9f of windows-1252, which the label iso-8859-1 means too, undecoded.
    return decoder.decode(body, { stream: true }) + decoder.decode();
  } catch {
    return null;
  }
}
