/** JPEG: each rule of the format that a logo must keep, broken by one mutation. */
import { inspectImage } from '../../../src/connectors/image';
import {
  dataStart,
  EOI,
  hex,
  insert,
  overwrite,
  position,
  reasonOf,
  sample,
  segment,
  without,
  ZIP,
} from './image-parts';

const greyJpeg = sample('JPEG, grey, baseline');
const colourJpeg = sample('JPEG, colour, one scan a component');
const restartJpeg = sample('JPEG, colour, 4:4:4, restart markers');
const progressiveJpeg = sample('JPEG, colour, progressive');
const sof = position(greyJpeg, 'FFC0');
const scan = position(greyJpeg, 'FFDA');
/** The frame header with room for a second component. */
const twoComponents = overwrite(insert(greyJpeg, sof + 13, hex('021100')), sof + 2, '000E');

function secondScan(image: Buffer): number {
  return image.indexOf(hex('FFDA'), position(image, 'FFDA') + 2);
}

test('accepts fill bytes before the markers of a JPEG', () => {
  const filled = ['FFDB', 'FFC0', 'FFC4', 'FFDA', 'FFD9'].reduce(
    (image, marker) => insert(image, position(image, marker), hex('FFFF')),
    greyJpeg,
  );
  expect(inspectImage(filled)).toEqual({ ok: true, mediaType: 'image/jpeg', width: 23, height: 17 });
});

test.each(['FFE0', 'FFEF', 'FFFE'])('accepts text in a segment %s', (marker) => {
  const annotated = insert(greyJpeg, sof, Buffer.concat([hex(marker), hex('0006'), Buffer.from('text')]));
  expect(inspectImage(annotated)).toEqual({ ok: true, mediaType: 'image/jpeg', width: 23, height: 17 });
});

describe('refuses', () => {
  test.each<[string, Buffer, RegExp]>([
    ['its first two bytes only', hex('FFD8'), /cut off: it has no end/],
    ['no image', hex('FFD8 FFD9'), /ends before all of its image data/],
    ['no end', greyJpeg.subarray(0, -2), /cut off: its image data does not end/],
    [
      'a byte after its end',
      Buffer.concat([greyJpeg, Buffer.alloc(1)]),
      /There is 1 byte after the JPEG ends \(EOI\);/,
    ],
    ['HTML after its end', Buffer.concat([greyJpeg, Buffer.from('<b>x</b>')]), /There are 8 bytes after/],
    ['a zip archive after its end', Buffer.concat([greyJpeg, ZIP]), /There are 22 bytes after/],
    ['a PNG after its end', Buffer.concat([greyJpeg, sample('PNG, grey')]), /bytes after the JPEG ends/],
    ['itself again', Buffer.concat([greyJpeg, greyJpeg]), /There are 207 bytes after/],
    ['bytes between segments', insert(greyJpeg, sof, Buffer.from('<b>')), /bytes between its segments/],
    ['a segment past the end', overwrite(greyJpeg, 4, 'FFFF'), /cut off in the middle of a segment/],
    ['a segment of length 1', overwrite(greyJpeg, 4, '0001'), /shorter than its own length field/],
    ['two frame headers', insert(greyJpeg, sof, segment(greyJpeg, 'FFC0')), /two frame headers/],
    ['no frame header', without(greyJpeg, 'FFC0'), /before its frame header/],
    ['two components', overwrite(twoComponents, sof + 9, '02'), /2 colour components; a logo has 1, 3 or 4/],
    ['more components than its frame header holds', overwrite(greyJpeg, sof + 9, '03'), /frame header \(SOF\)/],
    ['an empty frame header', insert(greyJpeg, sof, hex('FFC00002')), /frame header \(SOF\)/],
    ['12 bits a sample', overwrite(greyJpeg, sof + 4, '0C'), /12 bits a sample/],
    ['no width', overwrite(greyJpeg, sof + 7, '0000'), /0 × 17 pixels/],
    ['a height told later', overwrite(greyJpeg, sof + 5, '0000'), /23 × 0 pixels/],
    ['5000 pixels down', overwrite(greyJpeg, sof + 5, '1388'), /23 × 5000 pixels.*1 to 4096/],
    ['a sampling factor of 5', overwrite(greyJpeg, sof + 11, '51'), /frame header \(SOF\)/],
    ['quantization table 4', overwrite(greyJpeg, sof + 12, '04'), /frame header \(SOF\)/],
    ['one component twice', overwrite(colourJpeg, position(colourJpeg, 'FFC0') + 13, '01'), /frame header \(SOF\)/],
    ['a lossless frame', overwrite(greyJpeg, sof + 1, 'C3'), /lossless, hierarchical or arithmetically coded/],
    [
      'a lossless, arithmetically coded, hierarchical frame',
      overwrite(greyJpeg, sof + 1, 'CF'),
      /lossless, hierarchical or/,
    ],
    ['hierarchical frames', overwrite(greyJpeg, sof + 1, 'DE'), /lossless, hierarchical or arithmetically coded/],
    ['arithmetic coding', sample('JPEG, arithmetic'), /lossless, hierarchical or arithmetically coded/],
    ['a second beginning', insert(greyJpeg, sof, hex('FFD8')), /does not belong there \(FFD8\)/],
    ['a restart outside a scan', insert(greyJpeg, sof, hex('FFD0')), /does not belong there \(FFD0\)/],
    ['a reserved marker', insert(greyJpeg, sof, hex('FF020002')), /does not belong there \(FF02\)/],
    ['a stuffed byte outside a scan', insert(greyJpeg, sof, hex('FF00')), /does not belong there \(FF00\)/],
    ['a restart without an interval', insert(greyJpeg, dataStart(greyJpeg) + 1, hex('FFD0')), /restart marker/],
    ['restarts out of order', overwrite(restartJpeg, position(restartJpeg, 'FFD0') + 1, 'D1'), /restart marker/],
    ['restarts and no interval', without(restartJpeg, 'FFDD'), /restart marker/],
    ['a restart interval of 3 bytes', insert(greyJpeg, sof, hex('FFDD0005000001')), /restart interval/],
    ['no quantization table', without(greyJpeg, 'FFDB'), /a table \(DQT or DHT\) that it does not define/],
    ['no Huffman table', without(greyJpeg, 'FFC4'), /a table \(DQT or DHT\) that it does not define/],
    ['a quantization table cut short', insert(greyJpeg, sof, hex('FFDB00040000')), /quantization table/],
    ['a Huffman table of no codes cut short', insert(greyJpeg, sof, hex('FFC400040000')), /Huffman table/],
    [
      'too many codes of one bit',
      insert(greyJpeg, sof, hex(`FFC40016 00 03${'00'.repeat(15)}000102`)),
      /Huffman table/,
    ],
    [
      'a scan without data',
      Buffer.concat([greyJpeg.subarray(0, dataStart(greyJpeg)), EOI]),
      /scan \(SOS\) without image data/,
    ],
    ['a scan of an unknown component', overwrite(greyJpeg, scan + 5, '07'), /scan header \(SOS\)/],
    ['a scan of no component', overwrite(greyJpeg, scan + 4, '00'), /scan header \(SOS\)/],
    [
      'one scan of three',
      Buffer.concat([colourJpeg.subarray(0, secondScan(colourJpeg)), EOI]),
      /before all of its image data/,
    ],
    [
      'a progressive scan of impossible coefficients',
      overwrite(progressiveJpeg, dataStart(progressiveJpeg) - 2, '40'),
      /scan header \(SOS\)/,
    ],
  ])('a JPEG with %s', (_, image, reason) => expect(reasonOf(image)).toMatch(reason));
});

test('answers whatever byte of a JPEG is changed, and never with another size than its frame header says', () => {
  for (const [at, byte] of greyJpeg.entries()) {
    const changed = Buffer.from(greyJpeg);
    changed[at] = byte ^ 0xff;
    const inspection = inspectImage(changed);
    if (inspection.ok) {
      const { width, height } = inspection;
      expect([height, width]).toEqual([changed.readUInt16BE(sof + 5), changed.readUInt16BE(sof + 7)]);
    }
  }
});
