/** Checks that a PNG's image data unpacks to exactly the pixels that its header announces. */
import { inflateSync } from 'node:zlib';
import { ImageFault, type ImageSize, MAX_SIDE } from './fault';

export interface PngHeader extends ImageSize {
  readonly bitDepth: number;
  readonly colourType: number;
  readonly interlaced: boolean;
}

/** Enough for the largest logo with 4 bytes a pixel and, interlaced, less than two filter bytes a row: what one upload may
 * cost in memory has a limit. */
const MOST_UNPACKED_BYTES = MAX_SIDE * (2 + MAX_SIDE * 4);

/** Samples of a pixel, by colour type. */
const SAMPLES = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** Adam7 (W3C PNG section 8.2): where each pass starts, and its steps, across and down. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const FILTER_TYPES = 5;

/** `packed` is the data of all IDAT chunks. Throws `ImageFault`. */
export function checkPixels(packed: Buffer, header: PngHeader): void {
  const bitsPerPixel = header.bitDepth * (SAMPLES.get(header.colourType) ?? 0);
  const rows = passes(header).map(({ width, height }) => ({
    count: height,
    bytes: 1 + Math.ceil((width * bitsPerPixel) / 8),
  }));
  const expected = rows.reduce((sum, { count, bytes }) => sum + count * bytes, 0);
  if (expected > MOST_UNPACKED_BYTES) {
    throw new ImageFault(
      `The PNG unpacks to ${expected} bytes; a logo to ${MOST_UNPACKED_BYTES} at most. Save it with 8 bits a colour, or smaller.`,
    );
  }
  const unpacked = unpack(packed, expected);
  let at = 0;
  for (const { count, bytes } of rows) {
    for (const end = at + count * bytes; at < end; at += bytes) {
      if ((unpacked[at] ?? FILTER_TYPES) >= FILTER_TYPES)
        throw new ImageFault('The PNG is damaged: a row has an unknown filter.');
    }
  }
}

/** The sub-images whose rows follow one another in the data; those without pixels have no rows. */
function passes({ width, height, interlaced }: PngHeader): ImageSize[] {
  if (!interlaced) return [{ width, height }];
  return ADAM7.map(([left, top, across, down]) => ({
    width: Math.ceil((width - left) / across),
    height: Math.ceil((height - top) / down),
  })).filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Stops as soon as there is more than expected, so that a small file cannot unpack to a large one. */
function unpack(packed: Buffer, expected: number): Buffer {
  try {
    // With `info`, which the types do not know, the answer tells how many bytes were read: zlib passes over those after its stream.
    const answer: unknown = inflateSync(packed, { maxOutputLength: expected, chunkSize: 65_536, info: true });
    const { buffer, engine } = answer as { buffer: Buffer; engine: { bytesWritten: number } };
    if (buffer.length < expected) throw new ImageFault('The PNG has less image data than its width and height need.');
    if (engine.bytesWritten < packed.length)
      throw new ImageFault('The PNG has other data after its image data (in IDAT).');
    return buffer;
  } catch (error) {
    if (error instanceof ImageFault) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ImageFault('The PNG has more image data than its width and height need.');
    }
    throw new ImageFault('The PNG is damaged: its image data (IDAT) cannot be unpacked.');
  }
}
