/** Reads the body of an answer: undoes its content codings as it arrives and stops when it gets too large. */
import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';

type Chunks = AsyncIterable<Buffer>;

/** Opens a decoder, given the first byte it will get. */
type OpenDecoder = (firstByte: number) => Transform;

// Compression adds a few bytes to what does not shrink; so many more than the limit may arrive or stand between two codings.
const CODING_OVERHEAD_BYTES = 64 * 1024;
// Each decoder holds a window of its own; nobody sends more than two.
const MOST_CODINGS = 4;
// RFC 8878 section 3.1.1.1.2 and RFC 9659: the window a receiver must be able to hold, 8 MiB.
const ZSTD_WINDOW_LOG = 23;

const decoders = new Map<string, OpenDecoder>([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()], // RFC 9110 section 8.4.1.3
  ['deflate', (firstByte) => (isZlibHeader(firstByte) ? zlib.createInflate() : zlib.createInflateRaw())],
  ['br', () => zlib.createBrotliDecompress()],
]);
if ('createZstdDecompress' in zlib) {
  const { createZstdDecompress, constants } = zlib as unknown as {
    createZstdDecompress(options: object): Transform;
    constants: { ZSTD_d_windowLogMax: number };
  };
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG };
  decoders.set('zstd', () => createZstdDecompress({ params }));
}

/**
 * The codings to undo, the last applied first. Undefined when one of them is unknown: the bytes then stay as they are, as they do
 * for a part of a representation (206), which cannot be decoded alone (RFC 9110 section 14.1).
 */
export function decodersFor(
  status: number,
  headers: readonly (readonly [string, string])[],
): OpenDecoder[] | undefined {
  const names = headers
    .filter(([name]) => name === 'content-encoding')
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const found = names.map((name) => decoders.get(name)).filter((decoder) => decoder !== undefined);
  const usable = status !== 206 && found.length === names.length && found.length <= MOST_CODINGS;
  return usable ? found.reverse() : undefined;
}

/** All bytes of the decoded body, at most `maxBytes`; throws what `tooLarge` makes as soon as there are more. */
export async function readBody(wire: Chunks, codings: OpenDecoder[], maxBytes: number, tooLarge: () => Error) {
  let chunks = wire;
  for (const open of codings) chunks = decoded(upTo(chunks, maxBytes + CODING_OVERHEAD_BYTES, tooLarge), open);

  // Copied into one growing buffer: a list would keep an object, and the packet it came in, for each chunk of one byte. It has
  // the size of the first chunk, for most answers come in one.
  let bytes = Buffer.alloc(0);
  let length = 0;
  for await (const chunk of upTo(chunks, maxBytes, tooLarge)) {
    if (length + chunk.length > bytes.length) {
      const grown = Buffer.alloc(Math.min(maxBytes, Math.max(2 * bytes.length, length + chunk.length)));
      bytes.copy(grown, 0, 0, length);
      bytes = grown;
    }
    length += chunk.copy(bytes, length);
  }
  return bytes.subarray(0, length);
}

async function* upTo(chunks: Chunks, maxBytes: number, tooLarge: () => Error): Chunks {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    yield chunk;
  }
}

async function* decoded(source: Chunks, open: OpenDecoder): Chunks {
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) return; // an empty body is sent with a coding named, too
  const decoder = open(first.value[0]!);
  // An error of the source destroys the decoder with it, and so comes out of the loop below.
  pipeline(Readable.from(startingWith(first.value, iterator)), decoder, () => undefined);
  yield* decoder;
}

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): Chunks {
  yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

// "deflate" means the zlib format, but some send the bare one. A zlib stream begins with compression method 8 (RFC 1950
// section 2.2); a bare one never does: it would be a stored block (RFC 1951 section 3.2.3) with filled padding.
function isZlibHeader(firstByte: number): boolean {
  return (firstByte & 0x0f) === 8;
}
