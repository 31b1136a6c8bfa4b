/** Logo images that were damaged, spliced or blown up: each is decided, quickly, and nothing but a reason is said of it. */
import { createHash } from 'node:crypto';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { inspectImage } from '../../../src/connectors/image';
import {
  boundaries,
  chunk,
  GREY_2_BY_2,
  IEND,
  ihdr,
  PALETTE,
  png,
  sample,
  samples,
} from '../../connectors/image/image-parts';
import { type Ask, dataOf, startTestServer, type TestServer } from '../../support/server';
import { createConnector } from '../../support/story';
import { tell } from '../../support/trust';
import { CHAPTER, damaged, fraction, fuzz, growthOf, HANG_MS } from './fuzzing';

/** How long one image may take to decide, in milliseconds, on a machine that does other things besides. */
const SLOW_MS = 15_000;
let slowest = 0;

/** Throws unless the image is decided in time, by a size or by a sentence. */
function decide(bytes: Uint8Array): void {
  const started = performance.now();
  const inspection = inspectImage(bytes);
  const took = performance.now() - started;
  slowest = Math.max(slowest, took);
  if (took > SLOW_MS) throw new Error(`It took ${Math.round(took)} ms.`);
  if (inspection.ok) {
    const { width, height } = inspection;
    if (![width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= 4096))
      throw new Error(`It was accepted as ${width} × ${height}.`);
  } else if (!/^[A-Z].*\.$/s.test(inspection.reason) || inspection.reason.length > 300)
    throw new Error(`The reason is no short sentence: ${inspection.reason}`);
}

/** Samples of a pixel, by colour type (W3C PNG section 6.1). */
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

const valid = fc.constantFrom(...Object.keys(samples)).map(sample);
const allChunks = Object.keys(samples)
  .filter((name) => name.startsWith('PNG'))
  .flatMap((name) => {
    const image = sample(name);
    const ends = boundaries(image);
    return ends.slice(1).map((end, index) => image.subarray(ends[index], end));
  });

afterAll(() => tell(CHAPTER, 'longest time to decide about one image', `${Math.round(slowest)} ms`));

test(
  'real images with bytes turned over, cut off, left out, doubled and put in',
  () => fuzz('damaged logos that were not decided', [2_000, 30_000], damaged(valid), decide),
  600_000,
);

test('images put together of the parts of others', () => {
  const spliced = fc.oneof(
    fc.array(fc.constantFrom(...allChunks), { maxLength: 12 }).map((chunks) => png(...chunks)),
    fc
      .tuple(valid, valid, fraction)
      .map(([one, other, at]) => Buffer.concat([one.subarray(0, at * one.length), other.subarray(at * other.length)])),
  );
  return fuzz('spliced logos that were not decided', [1_000, 15_000], spliced, decide);
}, 600_000);

test('PNGs whose checksums are right and whose contents are not', () => {
  const data = fc.uint8Array({ maxLength: 200 });
  const type = fc.oneof(
    fc.constantFrom('IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'acTL', 'iCCP', 'zTXt', 'eXIf'),
    fc.stringMatching(/^[A-Za-z]{4}$/),
  );
  const side = fc.oneof(fc.constantFrom(0, 1, 2, 4096, 4097, 2 ** 31 - 1, 2 ** 32 - 1), fc.nat({ max: 5000 }));
  const sides = fc.oneof(fc.tuple(side, fc.nat({ max: 3 })), fc.tuple(fc.nat({ max: 3 }), side), fc.tuple(side, side));
  const field = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 6, 8, 16, 255), fc.nat({ max: 255 }));
  // Most have depth and colours that go together, so that what comes after the header is looked at.
  const fields = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom([8, 0], [1, 0], [8, 2], [8, 3], [16, 4], [8, 6], [8, 0, 0, 0, 1]) },
    { weight: 1, arbitrary: fc.array(field, { minLength: 5, maxLength: 5 }) },
  );
  const body = fc.oneof(
    fc.tuple(type, data).map(([name, bytes]) => chunk(name, bytes)),
    data.map((bytes) => chunk('IDAT', bytes)),
    data.map((bytes) => chunk('IDAT', deflateSync(bytes))),
    fc.constantFrom(GREY_2_BY_2, PALETTE),
  );
  const rest = fc.array(body, { maxLength: 6 });
  const image = fc.tuple(sides, fields, fc.boolean(), rest).map(([[width, height], given, isFilled, chunks]) => {
    const [bits = 0, colours = 0] = given;
    const bytes = height * (1 + Math.ceil((width * bits * (CHANNELS[colours] ?? 0)) / 8));
    // As many pixels as the header says: where nothing else is wrong, the size itself decides.
    const filled = isFilled && bytes <= 200_000 ? [chunk('IDAT', deflateSync(Buffer.alloc(bytes)))] : [];
    const palette = colours === 3 ? [PALETTE] : [];
    return png(ihdr(width, height, ...given), ...palette, ...filled, ...(isFilled ? [] : chunks), IEND);
  });
  return fuzz('PNGs with right checksums that were not decided', [1_000, 15_000], image, decide);
}, 600_000);

test('JPEGs whose segments are as long as they say, and say something else', () => {
  const jpegs = fc.constantFrom(...Object.keys(samples).filter((name) => name.startsWith('JPEG'))).map(sample);
  const contents = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 400 }));
  const image = fc.tuple(jpegs, fraction, contents).map(([jpeg, which, content]) => {
    const segments = segmentsOf(jpeg);
    const { at, end } = segments[Math.floor(which * (segments.length - 1))]!;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(content.length + 2);
    return Buffer.concat([jpeg.subarray(0, at + 2), length, content, jpeg.subarray(end)]);
  });
  return fuzz('JPEGs of false segments that were not decided', [1_000, 15_000], image, decide);
}, 600_000);

/** The segments of a JPEG, each from its marker on, up to that which the scanned data follows. */
function segmentsOf(jpeg: Buffer): { at: number; end: number }[] {
  const found: { at: number; end: number }[] = [];
  for (let at = 2, marker = 0; marker !== 0xda; at = found.at(-1)!.end) {
    marker = jpeg[at + 1]!;
    found.push({ at, end: at + 2 + jpeg.readUInt16BE(at + 2) });
  }
  return found;
}

test('bombs: pixels by the gigabyte, chunks and segments by the hundred thousand', async () => {
  // One stream of zeros without end: it is written in parts that each stand for themselves, without a gigabyte being there.
  const part = deflateRawSync(Buffer.alloc(64 * 2 ** 20), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const gigabyte = Buffer.concat([Buffer.from('789C', 'hex'), ...Array(15).fill(part)]);
  expect(gigabyte.length).toBeLessThan(1_048_000);
  const blank = deflateSync(Buffer.alloc(4096 * 4096 * 4 + 4096), { level: 9 });
  const deep = deflateSync(Buffer.alloc(4096 * (1 + 4096 * 8)), { level: 9 });
  const jpegStart = sample('JPEG, grey, baseline').subarray(0, 2);
  const bombs: Record<string, Buffer> = {
    'more pixels than the header says': png(ihdr(2, 2), chunk('IDAT', gigabyte), IEND),
    'as many pixels as there may be': png(ihdr(4096, 4096, 8, 6), chunk('IDAT', blank), IEND),
    'as many pixels, of sixteen bits': png(ihdr(4096, 4096, 16, 6), chunk('IDAT', deep), IEND),
    'sides of four thousand million': png(ihdr(2 ** 32 - 1, 2 ** 32 - 1, 16, 6), chunk('IDAT', blank), IEND),
    'eighty thousand empty chunks': png(ihdr(), ...Array.from({ length: 80_000 }, () => chunk('IDAT')), IEND),
    'a hundred and fifty thousand text segments': Buffer.concat([
      jpegStart,
      ...Array.from({ length: 150_000 }, () => Buffer.from('FFFE0002', 'hex')),
    ]),
    'nothing but fill bytes': Buffer.concat([jpegStart, Buffer.alloc(1_040_000, 0xff)]),
    'a chunk that says it has four gigabytes': png(ihdr(), Buffer.from('FFFFFFFF49444154', 'hex')),
  };
  const growth = await growthOf('deciding about image bombs', async () => {
    for (const bomb of Object.values(bombs)) decide(bomb);
  });
  const accepted = Object.keys(bombs).filter((name) => inspectImage(bombs[name]!).ok);
  expect(accepted).toEqual(['as many pixels as there may be']);
  expect(growth).toBeLessThan(400);
}, 60_000);

describe('given to the server', () => {
  let server: TestServer;
  let ask: Ask;
  let id: string;
  beforeAll(async () => {
    server = await startTestServer({ env: { LOG_LEVEL: 'error' } });
    ask = server.ask;
    id = await createConnector(ask, { name: 'With a logo' });
  });
  afterAll(() => server.remove());

  test('a damaged image is kept byte for byte or refused with a reason', async () => {
    const query = `mutation ($id: ID!, $imageBase64: String!) {
      connectorSetLogo(id: $id, imageBase64: $imageBase64) { connector { logo { url } } userErrors { code path } }
    }`;
    const image = fc.oneof(damaged(valid), fc.uint8Array({ maxLength: 64 }));
    await fuzz(
      'damaged logos kept otherwise than they were given, or not answered',
      [100, 3_000],
      image,
      async (bytes) => {
        const imageBase64 = Buffer.from(bytes).toString('base64');
        const { connectorSetLogo } = await dataOf(ask(query, { id, imageBase64 }));
        const { connector, userErrors } = connectorSetLogo;
        if (!connector) {
          expect(userErrors).toEqual([{ code: 'INVALID_FORMAT', path: ['imageBase64'] }]);
          return;
        }
        const served = await fetch(connector.logo.url, { signal: AbortSignal.timeout(HANG_MS) });
        const digest = (given: Uint8Array) => createHash('sha256').update(given).digest('hex');
        expect(digest(new Uint8Array(await served.arrayBuffer()))).toBe(digest(bytes));
      },
    );
    expect(server.logLines).toEqual([]);
  }, 600_000);
});
