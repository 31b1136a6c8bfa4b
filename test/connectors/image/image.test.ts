/** Logo images: what real encoders write is accepted with its size; other kinds of file, cut files and large ones are not. */
import { inspectImage, LOGO_MAX_BYTES } from '../../../src/connectors/image';
import { chunk, GREY_2_BY_2, IEND, ihdr, png, reasonOf, sample, samples } from './image-parts';

const REFUSED_KINDS = ['PNG, animated', 'JPEG, arithmetic', 'GIF', 'WebP'];
const grey = png(ihdr(), GREY_2_BY_2, IEND);

describe('accepts', () => {
  const accepted = Object.entries(samples).filter(([name]) => !REFUSED_KINDS.includes(name));
  test.each(accepted)('%s', (_, { mediaType, width, height, base64 }) => {
    expect(inspectImage(Buffer.from(base64, 'base64'))).toEqual({ ok: true, mediaType, width, height });
  });

  test('a view into a larger buffer', () => {
    const image = sample('PNG, grey');
    const larger = Buffer.concat([Buffer.from('before'), image, Buffer.from('after')]);
    const view = new Uint8Array(larger.buffer, larger.byteOffset + 6, image.length);
    expect(inspectImage(view)).toEqual({ ok: true, mediaType: 'image/png', width: 23, height: 17 });
  });
});

describe('refuses', () => {
  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /is empty/],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /neither a PNG nor a JPEG/],
    ['GIF', sample('GIF'), /neither a PNG nor a JPEG/],
    ['WebP', sample('WebP'), /neither a PNG nor a JPEG/],
    ['HTML', Buffer.from('<!doctype html>'), /neither a PNG nor a JPEG/],
    ['text in UTF-16', Buffer.from('\ufeff<svg/>', 'utf16le'), /neither a PNG nor a JPEG/],
    ['a byte before the PNG', Buffer.concat([Buffer.from(' '), grey]), /neither a PNG nor a JPEG/],
  ])('%s', (_, image, reason) => expect(reasonOf(image)).toMatch(reason));

  test.each(['PNG, grey', 'PNG, palette', 'JPEG, grey, baseline', 'JPEG, grey, progressive, restart markers'])(
    'every beginning of %s',
    (name) => {
      const image = sample(name);
      const accepted = Array.from(image, (_, length) => length).filter(
        (length) => inspectImage(image.subarray(0, length)).ok,
      );
      expect(accepted).toEqual([]);
    },
  );
});

describe('size', () => {
  const padded = (size: number): Buffer => {
    const bare = png(ihdr(), GREY_2_BY_2, IEND).length + chunk('teXt').length;
    return png(ihdr(), chunk('teXt', Buffer.alloc(size - bare)), GREY_2_BY_2, IEND);
  };

  test('is less than 1 MiB', () => {
    expect(LOGO_MAX_BYTES).toBe(1024 * 1024);
    expect(padded(1_048_575)).toHaveLength(1_048_575);
    expect(inspectImage(padded(1_048_575))).toEqual({ ok: true, mediaType: 'image/png', width: 2, height: 2 });
    expect(inspectImage(padded(1_048_576))).toEqual({
      ok: false,
      reason: 'The file has 1048576 bytes; a logo has fewer than 1048576 (1 MiB).',
    });
  });
});
