/** Walks a JPEG marker by marker (ITU-T T.81) and refuses whatever is not one complete image of a kind that browsers show. */
import { checkNothingAfter, ImageFault, type ImageSize } from './fault';
import {
  type Frame,
  newTables,
  readFrame,
  readHuffmanTables,
  readQuantizationTables,
  readRestartInterval,
  readScan,
} from './jpeg-segments';

const SOI = 0xd8;
const EOI = 0xd9;
const DHT = 0xc4;
const SOS = 0xda;
const DQT = 0xdb;
const DRI = 0xdd;
const COM = 0xfe;

/** T.81 table B.1: the Huffman-coded processes that are neither lossless nor hierarchical. */
const PROGRESSIVE = 0xc2;
const SHOWN_FRAMES = [0xc0, 0xc1, PROGRESSIVE];
const SHOWN_TABLES = [DHT, DQT, DRI];
/** SOF3 to SOF15 (lossless, hierarchical), arithmetic coding (DAC), and hierarchical progression (DHP, EXP). */
const isOtherProcess = (code: number): boolean => (code >= 0xc3 && code <= 0xcf) || code === 0xde || code === 0xdf;
/** APP0 to APP15 and comments: text and metadata that do not change what is shown. */
const isAnnotation = (code: number): boolean => (code >= 0xe0 && code <= 0xef) || code === COM;
const isRestart = (byte: number): boolean => byte >= 0xd0 && byte <= 0xd7;

export const isJpeg = (image: Buffer): boolean => image[0] === 0xff && image[1] === SOI;

/** `jpeg` starts with SOI. Throws `ImageFault`. */
export function readJpeg(jpeg: Buffer): ImageSize {
  const tables = newTables();
  const scanned = new Set<number>();
  let frame: Frame | undefined;
  for (let at = 2; ; ) {
    const marker = markerAt(jpeg, at);
    at = marker.end;
    if (marker.code === EOI) {
      checkNothingAfter('JPEG ends (EOI)', jpeg.length - at);
      if (!frame || frame.components.some(({ id }) => !scanned.has(id))) {
        throw new ImageFault('The JPEG ends before all of its image data.');
      }
      return { width: frame.width, height: frame.height };
    }
    refuseOthers(marker.code);
    const segment = segmentAt(jpeg, at);
    at += 2 + segment.length;
    if (SHOWN_FRAMES.includes(marker.code)) {
      if (frame) throw new ImageFault('The JPEG has two frame headers (SOF).');
      frame = readFrame(segment, marker.code === PROGRESSIVE);
    } else if (marker.code === SOS) {
      if (!frame) throw new ImageFault('The JPEG has image data (SOS) before its frame header (SOF).');
      for (const id of readScan(segment, frame, tables)) scanned.add(id);
      at = endOfScan(jpeg, at, tables.restartInterval > 0);
    } else if (marker.code === DHT) readHuffmanTables(segment, tables);
    else if (marker.code === DQT) readQuantizationTables(segment, tables);
    else if (marker.code === DRI) readRestartInterval(segment, tables);
  }
}

/** Passes frames, scans, tables and annotations: the markers that have a segment and a place in an image that is shown. */
function refuseOthers(code: number): void {
  if (SHOWN_FRAMES.includes(code) || SHOWN_TABLES.includes(code) || code === SOS || isAnnotation(code)) return;
  if (isOtherProcess(code)) {
    throw new ImageFault('The JPEG is lossless, hierarchical or arithmetically coded, which browsers do not show.');
  }
  const marker = `FF${code.toString(16).toUpperCase().padStart(2, '0')}`;
  throw new ImageFault(`The JPEG has a marker that does not belong there (${marker}).`);
}

/** Section B.1.1.2: any number of fill bytes FF may stand before the code. */
function markerAt(jpeg: Buffer, start: number): { code: number; end: number } {
  if (start < jpeg.length && jpeg[start] !== 0xff) throw new ImageFault('The JPEG has bytes between its segments.');
  let at = start;
  while (jpeg[at] === 0xff) at++;
  const code = jpeg[at];
  if (code === undefined) throw new ImageFault('The JPEG is cut off: it has no end (EOI).');
  return { code, end: at + 1 };
}

/** The content of the segment whose length stands at `at`. */
function segmentAt(jpeg: Buffer, at: number): Buffer {
  const length = at + 2 <= jpeg.length ? jpeg.readUInt16BE(at) : 2;
  if (at + Math.max(length, 2) > jpeg.length) throw new ImageFault('The JPEG is cut off in the middle of a segment.');
  if (length < 2) throw new ImageFault('The JPEG has a segment that says it is shorter than its own length field.');
  return jpeg.subarray(at + 2, at + length);
}

/** Where the entropy-coded data that starts at `start` ends: at an FF that is neither data (FF00) nor a restart marker. */
function endOfScan(jpeg: Buffer, start: number, restarts: boolean): number {
  let nextRestart = 0xd0;
  for (let at = start; ; at += 2) {
    at = jpeg.indexOf(0xff, at);
    const byte = jpeg[at + 1];
    if (at === -1 || byte === undefined) throw new ImageFault('The JPEG is cut off: its image data does not end.');
    if (byte === 0) continue;
    if (!isRestart(byte)) {
      if (at === start) throw new ImageFault('The JPEG has a scan (SOS) without image data.');
      return at;
    }
    if (!restarts || byte !== nextRestart)
      throw new ImageFault('The JPEG has a restart marker (RST) where none belongs.');
    nextRestart = nextRestart === 0xd7 ? 0xd0 : nextRestart + 1;
  }
}
