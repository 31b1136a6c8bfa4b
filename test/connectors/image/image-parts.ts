/** Logo images for the tests: those of real encoders, and the parts to build and break others with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { inspectImage } from '../../../src/connectors/image';

export interface Sample {
  encoder: string;
  mediaType: string;
  width: number;
  height: number;
  base64: string;
}
export const samples = JSON.parse(readFileSync(join(__dirname, '../../vectors/logo-images.json'), 'utf8')) as Record<
  string,
  Sample
>;
export const sample = (name: string): Buffer => Buffer.from(samples[name]!.base64, 'base64');

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
export const SIGNATURE = hex('89504E47 0D0A1A0A');

export function chunk(type: string, data: Uint8Array = Buffer.alloc(0)): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
export const png = (...chunks: Buffer[]): Buffer => Buffer.concat([SIGNATURE, ...chunks]);

/** Fields of IHDR: width, height, bit depth, colour type, compression, filter, interlace. */
export function ihdr(width = 2, height = 2, ...fields: number[]): Buffer {
  const [depth = 8, colour = 0, compression = 0, filter = 0, interlace = 0] = fields;
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, colour, compression, filter, interlace], 8);
  return chunk('IHDR', data);
}
export const idat = (unpacked: Uint8Array): Buffer => chunk('IDAT', deflateSync(unpacked));
/** Two rows of two grey pixels, each row behind its filter type. */
export const GREY_2_BY_2 = idat(Buffer.from([0, 10, 20, 0, 30, 40]));
export const IEND = chunk('IEND');
export const PALETTE = chunk('PLTE', Buffer.from([255, 0, 0, 0, 255, 0]));

/** Where the chunks of a PNG begin and where the last one ends. */
export function boundaries(image: Buffer): number[] {
  const found = [SIGNATURE.length];
  for (let at = SIGNATURE.length; at < image.length; found.push(at)) at += 12 + image.readUInt32BE(at);
  return found;
}

export const position = (image: Buffer, marker: string): number => {
  const at = image.indexOf(hex(marker));
  if (at < 0) throw new Error(`No ${marker} in this sample`);
  return at;
};
/** The whole segment that begins with `marker`. */
export const segment = (image: Buffer, marker: string): Buffer => {
  const at = position(image, marker);
  return image.subarray(at, at + 2 + image.readUInt16BE(at + 2));
};
export const insert = (image: Buffer, at: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([image.subarray(0, at), bytes, image.subarray(at)]);
export function without(image: Buffer, marker: string): Buffer {
  const at = position(image, marker);
  return Buffer.concat([image.subarray(0, at), image.subarray(at + segment(image, marker).length)]);
}
export function overwrite(image: Buffer, at: number, bytes: string): Buffer {
  const copy = Buffer.from(image);
  copy.set(hex(bytes), at);
  return copy;
}
export const EOI = hex('FFD9');
/** The first byte of the entropy-coded data. */
export const dataStart = (image: Buffer): number => position(image, 'FFDA') + segment(image, 'FFDA').length;

/** The same data in chunks of one byte, with an empty one first. */
export function inSingleBytes(image: Buffer): Buffer[] {
  const data = image.subarray(8, -4);
  return [chunk('IDAT'), ...Array.from(data, (byte) => chunk('IDAT', Buffer.from([byte])))];
}

/** A zip archive without entries. */
export const ZIP = hex('504B0506 00000000 00000000 00000000 00000000 0000');

export const reasonOf = (image: Uint8Array): string => {
  const inspection = inspectImage(image);
  return inspection.ok ? `accepted as ${inspection.mediaType}` : inspection.reason;
};
