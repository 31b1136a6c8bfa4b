/** PNG: each rule of the format that a logo must keep, broken by one mutation. */
import { inspectImage } from '../../../src/connectors/image';
import {
  boundaries,
  chunk,
  GREY_2_BY_2,
  IEND,
  idat,
  ihdr,
  inSingleBytes,
  overwrite,
  PALETTE,
  png,
  reasonOf,
  SIGNATURE,
  sample,
  ZIP,
} from './image-parts';

const grey = png(ihdr(), GREY_2_BY_2, IEND);

test.each<[string, Buffer, number, number]>([
  ['one pixel', png(ihdr(1, 1), idat(Buffer.alloc(2)), IEND), 1, 1],
  ['4096 by 4096 pixels of 1 bit', png(ihdr(4096, 4096, 1), idat(Buffer.alloc(4096 * 513)), IEND), 4096, 4096],
  ['4096 by 4096 pixels of 4 bytes', png(ihdr(4096, 4096, 8, 6), idat(Buffer.alloc(4096 * 16385)), IEND), 4096, 4096],
  [
    'the same interlaced',
    png(ihdr(4096, 4096, 8, 6, 0, 0, 1), idat(Buffer.alloc(4 * 4096 ** 2 + 7680)), IEND),
    4096,
    4096,
  ],
  ['a palette of one colour', png(ihdr(1, 1, 1, 3), chunk('PLTE', Buffer.alloc(3)), idat(Buffer.alloc(2)), IEND), 1, 1],
  ['image data in several chunks', png(ihdr(), ...inSingleBytes(GREY_2_BY_2), IEND), 2, 2],
  ['a suggested palette', png(ihdr(1, 1, 8, 2), PALETTE, idat(Buffer.alloc(4)), IEND), 1, 1],
  ['an ancillary chunk that nobody knows', png(ihdr(), chunk('loGo'), GREY_2_BY_2, IEND), 2, 2],
])('accepts a PNG with %s', (_, image, width, height) => {
  expect(inspectImage(image)).toEqual({ ok: true, mediaType: 'image/png', width, height });
});

describe('refuses', () => {
  test.each<[string, Buffer, RegExp]>([
    ['its signature only', SIGNATURE, /cut off: it has no end/],
    [
      'its signature before a JPEG',
      Buffer.concat([SIGNATURE, sample('JPEG, grey, baseline')]),
      /cut off in the middle/,
    ],
    ['a byte after its end', Buffer.concat([grey, Buffer.alloc(1)]), /There is 1 byte after the PNG ends \(IEND\);/],
    ['HTML after its end', Buffer.concat([grey, Buffer.from('<script>1</script>')]), /There are 18 bytes after/],
    ['a zip archive after its end', Buffer.concat([grey, ZIP]), /There are 22 bytes after/],
    ['a second end', Buffer.concat([grey, IEND]), /There are 12 bytes after/],
    ['data in its end', png(ihdr(), GREY_2_BY_2, chunk('IEND', Buffer.from('x'))), /end \(IEND\) is not empty/],
    ['a wrong checksum', overwrite(grey, grey.length - 4, 'FF'), /checksum of a chunk is wrong \(IEND\)/],
    ['a chunk longer than the file', overwrite(grey, 8, '7FFFFFFF'), /cut off in the middle of a chunk/],
    ['a type that is no letters', png(ihdr(), chunk('tE1t'), GREY_2_BY_2, IEND), /not four letters/],
    ['a critical chunk that nobody knows', png(ihdr(), chunk('LOGO'), GREY_2_BY_2, IEND), /not known.*\(LOGO\)/],
    ['two headers', png(ihdr(), ihdr(), GREY_2_BY_2, IEND), /there twice \(IHDR\)/],
    ['text before its header', png(chunk('tEXt'), ihdr(), GREY_2_BY_2, IEND), /does not begin with its header/],
    ['a short header', png(chunk('IHDR', Buffer.alloc(12)), GREY_2_BY_2, IEND), /13 bytes/],
    ['no width', png(ihdr(0, 2), GREY_2_BY_2, IEND), /0 × 2 pixels/],
    ['no height', png(ihdr(2, 0), GREY_2_BY_2, IEND), /2 × 0 pixels/],
    ['4097 pixels across', png(ihdr(4097, 1), idat(Buffer.alloc(4098)), IEND), /4097 × 1 pixels.*1 to 4096/],
    ['5000 pixels down', png(ihdr(1, 5000), idat(Buffer.alloc(10000)), IEND), /1 × 5000 pixels.*1 to 4096/],
    ['3 bits a sample', png(ihdr(2, 2, 3), GREY_2_BY_2, IEND), /colour type 0 with 3 bits/],
    ['colour of 4 bits', png(ihdr(2, 2, 4, 2), GREY_2_BY_2, IEND), /colour type 2 with 4 bits/],
    ['a palette of 16 bits', png(ihdr(2, 2, 16, 3), PALETTE, GREY_2_BY_2, IEND), /colour type 3 with 16 bits/],
    ['colour type 1', png(ihdr(2, 2, 8, 1), GREY_2_BY_2, IEND), /colour type 1/],
    ['another compression', png(ihdr(2, 2, 8, 0, 1), GREY_2_BY_2, IEND), /compression or filter method/],
    ['another filter method', png(ihdr(2, 2, 8, 0, 0, 1), GREY_2_BY_2, IEND), /compression or filter method/],
    ['another interlacing', png(ihdr(2, 2, 8, 0, 0, 0, 2), GREY_2_BY_2, IEND), /interlace method/],
    ['no palette', png(ihdr(2, 2, 8, 3), GREY_2_BY_2, IEND), /has none \(PLTE\)/],
    ['a palette though it is grey', png(ihdr(), PALETTE, GREY_2_BY_2, IEND), /grey and has a palette/],
    ['a palette though it is grey with alpha', png(ihdr(1, 1, 8, 4), PALETTE, IEND), /grey and has a palette/],
    ['two palettes', png(ihdr(2, 2, 8, 3), PALETTE, PALETTE, GREY_2_BY_2, IEND), /more than one palette/],
    ['a palette after its data', png(ihdr(2, 2, 8, 3), GREY_2_BY_2, PALETTE, IEND), /after its image data/],
    ['an empty palette', png(ihdr(2, 2, 8, 3), chunk('PLTE'), GREY_2_BY_2, IEND), /1 to 256 colours/],
    ['a palette of 4 bytes', png(ihdr(2, 2, 8, 3), chunk('PLTE', Buffer.alloc(4)), GREY_2_BY_2, IEND), /of 3 bytes/],
    ['3 colours for 1 bit', png(ihdr(2, 2, 1, 3), chunk('PLTE', Buffer.alloc(9)), GREY_2_BY_2, IEND), /1 to 2 colours/],
    ['no image data', png(ihdr(), IEND), /no image data/],
    [
      'text amid its data',
      png(ihdr(), GREY_2_BY_2, chunk('tEXt'), GREY_2_BY_2, IEND),
      /between those of its image data/,
    ],
    ['data that is not packed', png(ihdr(), chunk('IDAT', Buffer.from('not zlib')), IEND), /cannot be unpacked/],
    ['a row too few', png(ihdr(2, 3), GREY_2_BY_2, IEND), /less image data/],
    ['a byte too many', png(ihdr(), idat(Buffer.alloc(7)), IEND), /more image data/],
    ['a filter that is none', png(ihdr(), idat(Buffer.from([0, 1, 2, 5, 3, 4])), IEND), /unknown filter/],
    [
      'data behind its packed data',
      png(ihdr(), GREY_2_BY_2, chunk('IDAT', ZIP), IEND),
      /other data after its image data/,
    ],
    ['one pixel that unpacks to 64 MiB', png(ihdr(1, 1), idat(Buffer.alloc(2 ** 26)), IEND), /more image data/],
    ['pixels of 128 MiB', png(ihdr(4096, 4096, 16, 6), GREY_2_BY_2, IEND), /unpacks to 134221824 bytes.*67117056/],
    ['the size of its passes wrong', png(ihdr(2, 2, 8, 0, 0, 0, 1), GREY_2_BY_2, IEND), /less image data/],
    ['an animation', sample('PNG, animated'), /animated \(acTL\)/],
  ])('a PNG with %s', (_, image, reason) => expect(reasonOf(image)).toMatch(reason));

  test('a PNG that is cut off after any of its chunks', () => {
    const image = sample('PNG, with text, gamma and resolution');
    const [end, ...cuts] = boundaries(image).reverse();
    expect(end).toBe(image.length);
    expect(cuts.map((cut) => reasonOf(image.subarray(0, cut)))).toEqual(
      cuts.map(() => 'The PNG is cut off: it has no end (IEND).'),
    );
  });

  test('a PNG with any one byte changed', () => {
    const image = sample('PNG, colour with alpha');
    const accepted = Array.from(image, (_, at) => at).filter((at) => {
      const copy = Buffer.from(image);
      copy[at] = image[at]! ^ (1 << (at % 8));
      return inspectImage(copy).ok;
    });
    expect(accepted).toEqual([]);
  });
});
