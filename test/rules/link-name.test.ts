/** Link names: how they are written, and how one is derived from a name. */
import { deriveLinkName, LinkName } from '../../src/rules/link-name';
import { ascii, codesOf, isLetterOrDigit } from './codes-of';

const rule = LinkName();

test('has 1 to 50 characters', () => {
  expect(codesOf(rule, 'a')).toEqual([]);
  expect(codesOf(rule, 'a'.repeat(50))).toEqual([]);
  expect(codesOf(rule, 'a'.repeat(51))).toEqual(['TOO_LONG']);
  expect(codesOf(rule, '')).toEqual(['REQUIRED']);
});

test('takes ASCII letters, digits and _', () => {
  const taken = ascii.filter((character) => codesOf(rule, `a${character}`).length === 0);
  expect(taken).toEqual(ascii.filter((character) => isLetterOrDigit(character) || character === '_'));
  expect(codesOf(rule, 'aé')).toEqual(['INVALID_CHARACTERS']);
});

test('starts with a letter', () => {
  const starts = ascii.filter((character) => codesOf(rule, `${character}a`).length === 0);
  expect(starts).toEqual(ascii.filter((character) => /[A-Za-z]/.test(character)));
  expect(codesOf(rule, '1a')).toEqual(['INVALID_START']);
  expect(codesOf(rule, '_a')).toEqual(['INVALID_START']);
});

describe('is derived from the name', () => {
  const derived = (name: string, ...taken: string[]) => deriveLinkName(name, async (key) => taken.includes(key));

  test.each([
    ['Weather', 'Weather'],
    ['Open Weather', 'Open_Weather'],
    ['a*b-c@d/e!f:g|h&i~j\\k+l', 'a_b_c_d_e_f_g_h_i_j_k_l'],
    ['Füße', 'F__e'],
    ['e\u0301', 'e_'],
    ['a\u{1D49C}b', 'a_b'],
    ['2nd', 'c_2nd'],
    ['_x', 'c__x'],
    ['Ünder', 'c__nder'],
    ['日本語', 'c____'],
    ['a'.repeat(50), 'a'.repeat(50)],
    [`1${'a'.repeat(49)}`, `c_1${'a'.repeat(47)}`],
  ])('%s → %s', async (name, linkName) => expect(await derived(name)).toBe(linkName));

  test.each([
    [['weather'], 'Weather_2'],
    [['weather', 'weather_2'], 'Weather_3'],
    [['weather', 'weather_3'], 'Weather_2'],
    [['weather', ...Array.from({ length: 8 }, (_, index) => `weather_${index + 2}`)], 'Weather_10'],
  ])('beside %j, without regard to case: %s', async (taken, linkName) =>
    expect(await derived('Weather', ...taken)).toBe(linkName),
  );

  test('is cut so that the number fits into 50', async () => {
    const name = 'a'.repeat(50);
    expect(await derived(name, name)).toBe(`${'a'.repeat(48)}_2`);
    const taken = Array.from({ length: 8 }, (_, index) => `${'a'.repeat(48)}_${index + 2}`);
    expect(await derived(name, name, ...taken)).toBe(`${'a'.repeat(47)}_10`);
    expect(await derived('a'.repeat(49), 'a'.repeat(49))).toBe(`${'a'.repeat(48)}_2`);
    expect(await derived('a'.repeat(48), 'a'.repeat(48))).toBe(`${'a'.repeat(48)}_2`);
    expect(await derived('a'.repeat(47), 'a'.repeat(47))).toBe(`${'a'.repeat(47)}_2`);
  });
});
