/** A folder of files made at build time, read once: the plain file, and beside it the same as brotli (`.br`) and gzip (`.gz`). */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';

/** One form a file is kept in. Each form has its own entity tag (RFC 9110 section 8.8.3.3). */
interface Form {
  readonly encoding: string | undefined;
  readonly etag: string;
  readonly bytes: Buffer;
}

export interface StaticFile {
  readonly mediaType: string;
  readonly cacheControl: string;
  readonly forms: { readonly plain: Form; readonly smaller: readonly Form[] };
}

const mediaTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** In the order of preference: brotli is the smaller one. */
const smallerForms = [
  { encoding: 'br', suffix: '.br' },
  { encoding: 'gzip', suffix: '.gz' },
];

/** The files of a folder by name; none when there is no such folder. Files of a kind not listed above are left out. */
export function readStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const names = new Set(namesIn(folder));
  const files = new Map<string, StaticFile>();
  for (const name of names) {
    const mediaType = mediaTypes[extname(name)];
    if (mediaType === undefined) continue;
    const path = join(folder, name);
    const smaller = smallerForms.filter(({ suffix }) => names.has(name + suffix));
    files.set(name, {
      mediaType,
      // A name with a hash never changes its contents; the others are asked for again, with their entity tag.
      cacheControl: /-[0-9A-Z]{8}\./.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      forms: {
        plain: readForm(path, undefined),
        smaller: smaller.map(({ encoding, suffix }) => readForm(path + suffix, encoding)),
      },
    });
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readForm(path: string, encoding: string | undefined): Form {
  const bytes = readFileSync(path);
  return { encoding, bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
}

/** Answers a GET or HEAD request: 200 with the smallest form the client takes, or 304 when it has that form already. */
export function sendStaticFile(request: IncomingMessage, response: ServerResponse, file: StaticFile): void {
  const accepted = acceptedEncodings(String(request.headers['accept-encoding'] ?? ''));
  const { plain, smaller } = file.forms;
  const form = smaller.find(({ encoding }) => encoding !== undefined && accepted.has(encoding)) ?? plain;
  response.setHeader('Cache-Control', file.cacheControl);
  response.setHeader('ETag', form.etag);
  response.setHeader('Vary', 'Accept-Encoding');
  if (matches(request.headers['if-none-match'] ?? '', form.etag)) {
    response.writeHead(304).end();
    return;
  }
  if (form.encoding !== undefined) response.setHeader('Content-Encoding', form.encoding);
  response.writeHead(200, { 'Content-Type': file.mediaType, 'Content-Length': form.bytes.length });
  response.end(request.method === 'HEAD' ? undefined : form.bytes);
}

/** The codings a client takes (RFC 9110 section 12.5.3); `q=0` means that it does not. */
function acceptedEncodings(header: string): ReadonlySet<string> {
  const codings = header.toLowerCase().split(',');
  const taken = codings.filter((coding) => !/;\s*q=0(\.0*)?\s*$/.test(coding));
  return new Set(taken.map((coding) => coding.replace(/;.*/, '').trim()));
}

/** If-None-Match compares weakly (RFC 9110 section 13.1.2). */
function matches(header: string, etag: string): boolean {
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
