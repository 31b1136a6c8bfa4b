/** Serves the logos of connectors: images that were checked byte by byte, and still nothing but images to a browser. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logos } from '../connectors/logos';

/** A year: another logo has another URL. */
const CACHE_SECONDS = 31_536_000;

const headers = {
  'x-content-type-options': 'nosniff',
  // Should a browser ever take the bytes for a page, nothing in it can run or load.
  'content-security-policy': "default-src 'none'; sandbox",
  // UIs of other origins show logos too.
  'cross-origin-resource-policy': 'cross-origin',
};

/** Answers with the image, 304 when the browser has it, 404 when there is none. */
export async function serveLogo(
  connectorId: string,
  request: IncomingMessage,
  response: ServerResponse,
  logos: Logos,
): Promise<void> {
  const image = await logos.image(connectorId);
  if (!image) {
    response
      .writeHead(404, { ...headers, 'content-type': 'text/plain; charset=utf-8' })
      .end('There is no such logo.\n');
    return;
  }
  const etag = `"${image.version}"`;
  const common = { ...headers, etag, 'cache-control': `public, max-age=${CACHE_SECONDS}, immutable` };
  if (request.headers['if-none-match']?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
    response.writeHead(304, common).end();
    return;
  }
  response.writeHead(200, { ...common, 'content-type': image.mediaType, 'content-length': image.bytes.length });
  response.end(request.method === 'HEAD' ? undefined : image.bytes);
}
