/** Generated hostile input: one seed for all, so that every run tries the same, and what every server has to survive. */
import fc from 'fast-check';
import { amount, expectNone, tell } from '../../support/trust';

export const CHAPTER = 'Hostile providers and bodies';

/** Another one by `TRUST_SEED`. */
export const SEED = Number(process.env.TRUST_SEED ?? 20_260_417);

/** Longer than anything may take, in milliseconds: a limit, nothing waits for it to pass. */
export const HANG_MS = 20_000;

/**
 * Gives generated values to `survives`, which throws for what must not happen; records how many were tried and the smallest
 * value that did it.
 */
export async function fuzz<T>(
  what: string,
  [short, full]: readonly [short: number, full: number],
  values: fc.Arbitrary<T>,
  survives: (value: T) => unknown,
): Promise<void> {
  const property = fc.asyncProperty(values, async (value) => {
    await survives(value);
  });
  const details = await fc.check(property, { seed: SEED, numRuns: amount(short, full) });
  const hits = details.failed ? [`${details.errorInstance}`, fc.defaultReportMessage(details)] : [];
  expectNone(CHAPTER, `${what} (seed ${SEED})`, hits, details.numRuns, full);
}

/** Looks at the memory of this process while `work` is under way; tells and gives the most that it grew, in MiB. */
export async function growthOf(what: string, work: () => Promise<unknown>): Promise<number> {
  const taken = () => process.memoryUsage().rss;
  /** The most it ever took, which tells what was taken and given back in one go, while nobody could look. */
  const peak = () => process.resourceUsage().maxRSS * 1024;
  const [before, formerPeak] = [taken(), peak()];
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, taken());
  }, 10);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  const newPeak = peak() > formerPeak ? peak() : 0;
  const growth = Math.round((Math.max(most, taken(), newPeak) - before) / 2 ** 20);
  tell(CHAPTER, `memory that ${what} took at most (resident, server and attacker together)`, `${growth} MiB`);
  return growth;
}

/** Pieces of text that have broken programs before. */
export const nasty: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '\0',
      'a\0b',
      '\ud800',
      'a\udfff',
      '\ufeff',
      '\u202e',
      '\r\n',
      '\t',
      '%00',
      '%',
      '%zz',
      '{',
      '{a}',
      '{{',
    ],
    ...[
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      '../../etc/passwd',
      '..%2f..%2f',
      '//',
      '\\',
      "'",
      '"',
      '`',
    ],
    ...["' OR 1=1 --", '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', 'NaN', 'null', '1e999'],
    ...[
      'https://user:pass@host/',
      'http://[::1',
      'javascript:alert(1)',
      'data:,',
      'file:///',
      'http:///x',
      '*.*',
      '(a+)+$',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc.nat({ max: 5000 }).map((length) => 'a'.repeat(length)),
);

/** Any JSON value, nested or flat, with names that mean something to JavaScript. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1e308, 2 ** 31, 2 ** 53, 0.1),
    fc.double(),
    nasty,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(
        fc.tuple(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'id', 'input', 'length'), nasty), tie('value')),
        {
          maxLength: 4,
        },
      )
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** A part of a whole, from 0 to 1, each as likely. Of `fc.double`, whose bits are as likely, nearly all are next to nothing. */
export const fraction: fc.Arbitrary<number> = fc.integer({ min: 0, max: 2 ** 24 }).map((number) => number / 2 ** 24);

/** `bytes` after some changes: bytes turned over, cut off, left out, doubled, put in. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> {
  const change = fc.record({
    how: fc.constantFrom('turn', 'cut', 'leave', 'double', 'put', 'word'),
    at: fraction,
    length: fc.integer({ min: 1, max: 64 }),
    byte: fc.nat({ max: 255 }),
  });
  return fc.tuple(bytes, fc.array(change, { maxLength: 6 })).map(([whole, changes]) => {
    let image = Buffer.from(whole);
    for (const { how, at, length, byte } of changes) {
      const place = Math.floor(at * image.length);
      const [before, after] = [image.subarray(0, place), image.subarray(place)];
      if (how === 'turn' && place < image.length) image[place] = image[place]! ^ (byte || 1);
      if (how === 'word' && place + 4 <= image.length) image.writeUInt32BE((byte * 0x01010101) >>> 0, place);
      if (how === 'cut') image = Buffer.from(before);
      if (how === 'leave') image = Buffer.concat([before, after.subarray(length)]);
      if (how === 'double') image = Buffer.concat([before, after.subarray(0, length), after]);
      if (how === 'put') image = Buffer.concat([before, Buffer.alloc(length, byte), after]);
    }
    return image;
  });
}
