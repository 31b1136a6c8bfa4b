/** The last step of a call: what the API answered, as data. */
import { isUtf8 } from 'node:buffer';
import type { OutboundResponse } from '../outbound';
import type { InvokeResponse } from './inputs';

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
    json: text !== null && isJson(mediaType) ? parse(text) : null,
    byteSize: body.length,
    durationMs,
  };
}

/** RFC 6839 section 3.1: +json is JSON too. */
const isJson = (mediaType: string | null) => mediaType !== null && /[/+]json$/.test(mediaType);

/** The charset that was named decides; without one, what is UTF-8 is text. */
function textOf(body: Buffer, contentType: string): string | null {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  if (/^utf-?8$/i.test(charset))
    return isUtf8(body) && !body.includes(0) ? body.toString('utf8').replace(/^\uFEFF/, '') : null;
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    return null;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
