/** Reads a PNG chunk by chunk (W3C PNG, ISO/IEC 15948) and refuses whatever is not one complete, still image. */
import { crc32 } from 'node:zlib';
import { checkNothingAfter, checkSides, ImageFault, type ImageSize } from './fault';
import { checkPixels, type PngHeader } from './png-pixels';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Length, type and CRC around a chunk's data. */
const CHUNK_OVERHEAD = 12;

/** Section 11.2.1: the bit depths that each colour type may have. */
const BIT_DEPTHS = new Map([
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
]);
const PALETTE_COLOURS = 3;
const WITHOUT_PALETTE = [0, 4];
/** The chunks of an animation. Ancillary, so that only a reader who knows them sees that there is more than one image. */
const ANIMATION = ['acTL', 'fcTL', 'fdAT'];

export const isPng = (image: Buffer): boolean => image.subarray(0, SIGNATURE.length).equals(SIGNATURE);

/** `png` starts with the signature. Throws `ImageFault`. */
export function readPng(png: Buffer): ImageSize {
  const [first, ...others] = chunks(png);
  if (first?.type !== 'IHDR') throw new ImageFault('The PNG does not begin with its header (IHDR).');
  const header = readHeader(first.data);
  const pixels: Buffer[] = [];
  let palettes = 0;
  let previous = 'IHDR';
  for (const { type, data } of others) {
    if (type === 'IDAT') {
      if (pixels.length > 0 && previous !== 'IDAT') {
        throw new ImageFault('The PNG has other chunks between those of its image data (IDAT).');
      }
      pixels.push(data);
    } else if (type === 'PLTE') {
      if (palettes++ > 0 || pixels.length > 0) {
        throw new ImageFault('The PNG has more than one palette (PLTE), or one after its image data.');
      }
      checkPalette(data, header);
    } else if (type === 'IEND') {
      if (data.length > 0) throw new ImageFault("The PNG's end (IEND) is not empty.");
    } else if (ANIMATION.includes(type)) {
      throw new ImageFault(`The PNG is animated (${type}); a logo is a still image.`);
    } else if (isCritical(type)) {
      throw new ImageFault(
        `The PNG has a chunk that must be understood and is not known, or is there twice (${type}).`,
      );
    }
    previous = type;
  }
  if (palettes === 0 && header.colourType === PALETTE_COLOURS) {
    throw new ImageFault('The PNG says that it has a palette, and has none (PLTE).');
  }
  if (pixels.length === 0) throw new ImageFault('The PNG has no image data (IDAT).');
  checkPixels(Buffer.concat(pixels), header);
  return { width: header.width, height: header.height };
}

/** Every chunk with its length and CRC checked, up to IEND, after which nothing may come. */
function* chunks(png: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = SIGNATURE.length, type = ''; type !== 'IEND'; ) {
    if (at === png.length) throw new ImageFault('The PNG is cut off: it has no end (IEND).');
    const left = png.length - at - CHUNK_OVERHEAD;
    const length = left < 0 ? 0 : png.readUInt32BE(at);
    if (left < length) throw new ImageFault('The PNG is cut off in the middle of a chunk.');
    type = png.toString('latin1', at + 4, at + 8);
    if (!/^[A-Za-z]{4}$/.test(type)) throw new ImageFault('The PNG has a chunk whose type is not four letters.');
    const end = at + CHUNK_OVERHEAD + length;
    if (crc32(png.subarray(at + 4, end - 4)) !== png.readUInt32BE(end - 4)) {
      throw new ImageFault(`The PNG is damaged: the checksum of a chunk is wrong (${type}).`);
    }
    yield { type, data: png.subarray(at + 8, end - 4) };
    at = end;
    if (type === 'IEND') checkNothingAfter('PNG ends (IEND)', png.length - at);
  }
}

/** Section 5.4: a capital first letter says that the image cannot be shown without understanding the chunk. */
const isCritical = (type: string): boolean => /^[A-Z]/.test(type);

function readHeader(data: Buffer): PngHeader {
  if (data.length !== 13) throw new ImageFault("The PNG's header (IHDR) does not have 13 bytes.");
  const [bitDepth = 0, colourType = 0, compression, filter, interlace] = data.subarray(8);
  if (!BIT_DEPTHS.get(colourType)?.includes(bitDepth)) {
    throw new ImageFault(`The PNG has colour type ${colourType} with ${bitDepth} bits, which do not go together.`);
  }
  if (compression !== 0 || filter !== 0) throw new ImageFault('The PNG has an unknown compression or filter method.');
  if (interlace !== 0 && interlace !== 1) throw new ImageFault('The PNG has an unknown interlace method.');
  const header = { width: data.readUInt32BE(0), height: data.readUInt32BE(4), bitDepth, colourType };
  checkSides('PNG', header);
  return { ...header, interlaced: interlace === 1 };
}

function checkPalette(data: Buffer, { colourType, bitDepth }: PngHeader): void {
  if (WITHOUT_PALETTE.includes(colourType))
    throw new ImageFault('The PNG is grey and has a palette (PLTE) all the same.');
  const most = colourType === PALETTE_COLOURS ? 2 ** bitDepth : 256;
  const entries = data.length / 3;
  if (!Number.isInteger(entries) || entries < 1 || entries > most) {
    throw new ImageFault(`The PNG's palette (PLTE) does not have 1 to ${most} colours of 3 bytes.`);
  }
}
