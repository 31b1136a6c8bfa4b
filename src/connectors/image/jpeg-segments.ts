/** The segments of a JPEG that say how its image is coded (ITU-T T.81 annex B), each checked against its own rules. */
import { checkSides, ImageFault, type ImageSize } from './fault';

interface Component {
  readonly id: number;
  /** Blocks of one minimum coded unit: horizontal times vertical sampling factor. */
  readonly blocks: number;
  readonly quantizationTable: number;
}

export interface Frame extends ImageSize {
  readonly progressive: boolean;
  readonly components: readonly Component[];
}

/** Which tables are defined so far, and after how many units a restart marker comes (0: never). */
export interface Tables {
  readonly quantization: Set<number>;
  readonly dc: Set<number>;
  readonly ac: Set<number>;
  restartInterval: number;
}

export const newTables = (): Tables => ({ quantization: new Set(), dc: new Set(), ac: new Set(), restartInterval: 0 });

/** Grey, colour, and the four inks of print. */
const COMPONENT_COUNTS = [1, 3, 4];
/** Section B.2.3: the blocks that the components of an interleaved scan may have together. */
const MOST_BLOCKS = 10;

function check(fact: boolean, segment: string): asserts fact {
  if (!fact) throw new ImageFault(`The JPEG is damaged: its ${segment} is not what it should be.`);
}

/** Section B.2.2. Twelve bits a sample, a height that is told later (DNL) and two-component images are not shown by browsers. */
export function readFrame(segment: Buffer, progressive: boolean): Frame {
  const [precision, , , , , count = 0] = segment;
  check(segment.length >= 6 && segment.length === 6 + 3 * count, 'frame header (SOF)');
  if (precision !== 8) throw new ImageFault(`The JPEG has ${precision} bits a sample; browsers show 8.`);
  if (!COMPONENT_COUNTS.includes(count))
    throw new ImageFault(`The JPEG has ${count} colour components; a logo has 1, 3 or 4.`);
  const size = { height: segment.readUInt16BE(1), width: segment.readUInt16BE(3) };
  checkSides('JPEG', size);
  const components = Array.from({ length: count }, (_, index): Component => {
    const [id = 0, sampling = 0, quantizationTable = 0] = segment.subarray(6 + 3 * index);
    const [across, down] = [sampling >> 4, sampling & 15];
    check(Math.min(across, down) >= 1 && Math.max(across, down) <= 4 && quantizationTable <= 3, 'frame header (SOF)');
    return { id, blocks: across * down, quantizationTable };
  });
  check(new Set(components.map(({ id }) => id)).size === count, 'frame header (SOF)');
  return { ...size, progressive, components };
}

/** Section B.2.3. Answers the components whose data begins with this scan; throws when a table they need is not defined. */
export function readScan(segment: Buffer, frame: Frame, tables: Tables): number[] {
  const count = segment[0] ?? 0;
  check(count >= 1 && count <= 4 && segment.length === 4 + 2 * count, 'scan header (SOS)');
  const [first = 0, last = 0, approximation = 0] = segment.subarray(1 + 2 * count);
  const needsDc = !frame.progressive || (first === 0 && approximation >> 4 === 0);
  const needsAc = !frame.progressive || first > 0;
  if (frame.progressive) {
    check(first === 0 ? last === 0 : count === 1 && first <= last && last <= 63, 'scan header (SOS)');
  }
  const scanned = Array.from({ length: count }, (_, index) => {
    const [id = 0, selectors = 0] = segment.subarray(1 + 2 * index);
    const component = frame.components.find((candidate) => candidate.id === id);
    check(component !== undefined, 'scan header (SOS)');
    if (
      !tables.quantization.has(component.quantizationTable) ||
      (needsDc && !tables.dc.has(selectors >> 4)) ||
      (needsAc && !tables.ac.has(selectors & 15))
    ) {
      throw new ImageFault('The JPEG uses a table (DQT or DHT) that it does not define before.');
    }
    return component;
  });
  check(new Set(scanned).size === count, 'scan header (SOS)');
  check(count === 1 || scanned.reduce((sum, { blocks }) => sum + blocks, 0) <= MOST_BLOCKS, 'scan header (SOS)');
  return needsDc ? scanned.map(({ id }) => id) : [];
}

/** Section B.2.4.1: one or more tables of 64 elements of 8 or 16 bits. */
export function readQuantizationTables(segment: Buffer, tables: Tables): void {
  let at = 0;
  do {
    const head = segment[at] ?? 0xff;
    check(head >> 4 <= 1 && (head & 15) <= 3, 'quantization table (DQT)');
    tables.quantization.add(head & 15);
    at += 1 + 64 * (1 + (head >> 4));
  } while (at < segment.length);
  check(at === segment.length, 'quantization table (DQT)');
}

/** Section B.2.4.2: one or more tables, each the number of codes of 1 to 16 bits, then their values. */
export function readHuffmanTables(segment: Buffer, tables: Tables): void {
  let at = 0;
  do {
    const head = segment[at] ?? 0xff;
    check(head >> 4 <= 1 && (head & 15) <= 3, 'Huffman table (DHT)');
    const counts = [...segment.subarray(at + 1, at + 17)];
    const values = counts.reduce((sum, count) => sum + count, 0);
    const codeSpace = counts.reduce((sum, count, index) => sum + count * 2 ** (15 - index), 0);
    check(counts.length === 16 && values <= 256 && codeSpace <= 2 ** 16, 'Huffman table (DHT)');
    (head >> 4 === 0 ? tables.dc : tables.ac).add(head & 15);
    at += 17 + values;
  } while (at < segment.length);
  check(at === segment.length, 'Huffman table (DHT)');
}

/** Section B.2.4.4. */
export function readRestartInterval(segment: Buffer, tables: Tables): void {
  check(segment.length === 2, 'restart interval (DRI)');
  tables.restartInterval = segment.readUInt16BE(0);
}
