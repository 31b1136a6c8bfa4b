/** The request that an auth type signs, and the bytes of its body. */
import { randomBytes } from 'node:crypto';

export type NameValue = readonly [name: string, value: string];

export interface FormBody {
  readonly kind: 'form';
  readonly fields: readonly NameValue[];
}

export interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mediaType?: string;
  readonly fileName?: string;
}

export interface MultipartBody {
  readonly kind: 'multipart';
  readonly parts: readonly Part[];
  readonly boundary: string;
}

/** A body whose bytes stand already. `of` is what the caller gave. */
export interface BytesBody {
  readonly kind: 'bytes';
  readonly of: 'JSON' | 'text' | 'binary';
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export type Body = { readonly kind: 'none' } | FormBody | MultipartBody | BytesBody;

/** A request without credentials or, from an auth type's `sign`, with them. */
export interface SignableRequest {
  readonly method: string;
  readonly url: URL;
  /** In order; a name may stand more than once. */
  readonly headers: readonly NameValue[];
  readonly body: Body;
}

/** Lengths first: they differ mostly, and nothing is written in lower case only to be compared. */
const isNamed = (header: NameValue, name: string) =>
  header[0].length === name.length && header[0].toLowerCase() === name.toLowerCase();

/** `request` with a header, in place of those of the same name. */
export function withHeader(
  { method, url, headers, body }: SignableRequest,
  name: string,
  value: string,
): SignableRequest {
  const sent: NameValue[] = [];
  for (const header of headers) if (!isNamed(header, name)) sent.push(header);
  sent.push([name, value]);
  return { method, url, headers: sent, body };
}

/** `url` with a parameter at the end of its query; the rest of the query stays as it was written. */
export function withParameter(url: URL, name: string, value: string): URL {
  const longer = new URL(url);
  longer.search += `${url.search ? '&' : '?'}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  return longer;
}

/** `request` with the media type of its body, unless a header says it already. */
export function withContentType(request: SignableRequest): SignableRequest {
  const encoded = encodeBody(request.body);
  if (!encoded || indexOfContentType(request) !== -1) return request;
  return { ...request, headers: [...request.headers, ['Content-Type', encoded.mediaType]] };
}

/** Where among the headers the Content-Type stands; -1: nowhere. */
export const indexOfContentType = ({ headers }: Pick<SignableRequest, 'headers'>): number =>
  headers.findIndex((header) => isNamed(header, 'content-type'));

export const newBoundary = (): string => `grapnel-${randomBytes(16).toString('hex')}`;

/** The media type and the bytes of a body; the same bytes each time. */
export function encodeBody(body: Body): { mediaType: string; bytes: Uint8Array } | undefined {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'bytes':
      return body;
    case 'form':
      return {
        mediaType: 'application/x-www-form-urlencoded',
        bytes: Buffer.from(new URLSearchParams(body.fields as [string, string][]).toString()),
      };
    case 'multipart':
      return { mediaType: `multipart/form-data; boundary=${body.boundary}`, bytes: multipart(body) };
  }
}

/** RFC 7578; names are escaped as the HTML standard's form submission does. */
function multipart({ parts, boundary }: MultipartBody): Uint8Array {
  const escaped = (text: string) => text.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');
  const chunks = parts.flatMap(({ name, bytes, mediaType, fileName }) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`),
    Buffer.from(fileName === undefined ? '' : `; filename="${escaped(fileName)}"`),
    Buffer.from(mediaType === undefined ? '' : `\r\nContent-Type: ${mediaType}`),
    Buffer.from('\r\n\r\n'),
    bytes,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}
